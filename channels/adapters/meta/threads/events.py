"""What a webhook of a Page or an Instagram account tells.

https://developers.facebook.com/docs/messenger-platform/reference/webhook-events

A delivery is a list of accounts, each with a list of items, each of one kind named by its key. What another app holds
comes under `standby`: copies to be read, which have no effect here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial

from channels.adapters.base import (
    AccountChange,
    AccountState,
    ContactChange,
    Delivery,
    Echo,
    Event,
    ReadUpTo,
    StatusChange,
)
from channels.adapters.meta.threads.contents import contents
from channels.adapters.meta.threads.inbound import read_message, read_postback, read_reaction
from channels.adapters.meta.threads.items import Item, is_echo, read_item
from channels.adapters.parsing import (
    Json,
    Malformed,
    clean,
    digest,
    each,
    instant,
    item,
    items,
    malformed,
    required,
    text,
)

METADATA = "broadcaster:"  # before our own id, so that another app's metadata is not taken for it
WISHES = {"STOP_NOTIFICATIONS": "marketing_stopped", "RESUME_NOTIFICATIONS": "marketing_resumed"}
STATES = {"block": AccountState.RESTRICTED, "unblock": AccountState.CONNECTED}
NAMES = frozenset({"sender", "recipient", "timestamp", "prior_message", "hop_context"})  # no kind of item

Reader = Callable[[Item], Iterable[Event]]


def read_events(payload: Json, readers: Mapping[str, Reader]) -> Iterator[Event]:
    """The events of one delivery; `readers` are by the key that names an item's kind."""
    try:
        entries = items(payload, "entry")
    except Malformed:
        yield malformed("", payload)
        return
    yield from each("", entries, partial(_entry, readers))


def _entry(readers: Mapping[str, Reader], entry: Json) -> Iterator[Event]:
    account_id = required(entry, "id")
    yield from each(account_id, items(entry, "messaging"), partial(_item, readers, entry))
    for place, key in (("standby", None), ("changes", "field")):
        yield from each(account_id, items(entry, place), partial(_aside, entry, place, key))


def _item(readers: Mapping[str, Reader], entry: Json, raw: Json) -> Iterable[Event]:
    thing = read_item(entry, raw)
    if is_echo(raw):
        return _echo(thing)
    kind = next((key for key in readers if raw.get(key) is not None), None)
    if kind is None:
        return [thing.unknown("item", next((key for key in raw if key not in NAMES), "none"))]
    return readers[kind](thing)


def _aside(entry: Json, place: str, key: str | None, raw: Json) -> Iterable[Event]:
    """Copies of another app's thread, and changes of fields beside messages: seen, counted, left alone."""
    name = text(raw, key) if key else next((name for name in raw if name not in NAMES), "none")
    return [read_item(entry, raw).unknown(place, name)]


def _echo(thing: Item) -> Iterable[Event]:
    message = item(thing.raw, "message")
    mid, first = required(message, "mid"), contents(message)[0]
    if message.get("is_deleted") is True:
        return [thing.unknown("echo", "is_deleted")]
    given = message.get("metadata")  # Meta's own agent puts an object here
    ours = clean(given) if isinstance(given, str) and given.startswith(METADATA) else ""
    return [
        Echo(
            *thing.common(f"echo:{mid}"),
            recipient=thing.person,
            provider_id=mid,
            kind=first.kind,
            text=first.text,
            opaque_id=ours.removeprefix(METADATA),
        )
    ]


def _delivery(thing: Item) -> Iterable[Event]:
    """The watermark is always there, the message ids and the time are not."""
    delivery = item(thing.raw, "delivery")
    for mid in items(delivery, "mids"):
        if not isinstance(mid, str):
            raise Malformed("a message id that is no text")
        yield _status(thing, clean(mid), Delivery.DELIVERED)
    yield _watermark(thing, delivery, Delivery.DELIVERED)


def _read(thing: Item) -> Iterable[Event]:
    """Messenger tells up to when was read, Instagram which message."""
    read = item(thing.raw, "read")
    if read.get("mid"):
        yield _status(thing, required(read, "mid"), Delivery.READ)
    else:
        yield _watermark(thing, read, Delivery.READ)


def _status(thing: Item, mid: str, status: Delivery) -> StatusChange:
    common = thing.common(f"{status}:{mid}")
    return StatusChange(*common, provider_id=mid, status=status, recipient=thing.person)


def _watermark(thing: Item, raw: Json, status: Delivery) -> ReadUpTo:
    up_to = instant(raw.get("watermark"))
    common = thing.common(f"{status}-up-to:{thing.person}:{up_to.timestamp()}", max(thing.at, up_to))
    return ReadUpTo(*common, sender=thing.person, status=status, up_to=up_to)


def _optin(thing: Item) -> Iterable[Event]:
    """Who stops or resumes notifications; other opt-ins name no thread we could write in."""
    optin = item(thing.raw, "optin")
    wish = WISHES.get(text(optin, "notification_messages_status"))
    if wish is None or not thing.customer:
        return [thing.unknown("optin", text(optin, "type") or "ref")]
    return [ContactChange(*thing.common(digest("optin", thing.raw)), sender=thing.person, change=wish)]


def _policy(thing: Item) -> Iterable[Event]:
    enforcement = item(thing.raw, "policy_enforcement")
    common = thing.common(digest("policy", thing.account_id, thing.raw))
    state = STATES.get(text(enforcement, "action"))
    return [AccountChange(*common, change="policy_enforcement", values=enforcement, state=state)]


READERS: Mapping[str, Reader] = {
    "message": read_message,
    "postback": read_postback,
    "delivery": _delivery,
    "read": _read,
    "reaction": read_reaction,
    "optin": _optin,
    "policy_enforcement": _policy,
}
