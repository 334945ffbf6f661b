"""LINE: what a webhook tells. https://developers.line.biz/en/reference/messaging-api/#webhook-event-objects"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import Any, TypedDict

from channels.adapters.base import (
    AccountChange,
    AccountState,
    ContactChange,
    Event,
    InboundMessage,
    IncomingMedia,
    MessageWithdrawn,
    UnknownEvent,
)
from channels.adapters.parsing import (
    Json,
    Malformed,
    digest,
    each,
    instant,
    item,
    items,
    malformed,
    number,
    required,
    sighting,
    text,
)

KINDS = frozenset({"text", "image", "video", "audio", "file", "location", "sticker"})
MEDIA = frozenset({"image", "video", "audio", "file"})
STATES = {"botSuspended": AccountState.RESTRICTED, "botResumed": AccountState.CONNECTED}
ACCOUNT = frozenset({"module", "activated", "deactivated", "botSuspended", "botResumed"})


class Common(TypedDict):
    """What every event has."""

    account_id: str
    event_id: str
    at: Any
    raw: Json


def read_events(payload: Json) -> Iterator[Event]:
    """The events of one delivery. An empty list is LINE's connectivity check."""
    try:
        account_id, raws = required(payload, "destination"), items(payload, "events")
    except Malformed:
        yield malformed("", payload)
        return
    yield from each(account_id, raws, partial(_event, account_id))


def _event(account_id: str, raw: Json) -> Iterable[Event]:
    kind = required(raw, "type")
    common = Common(
        account_id=account_id,
        event_id=text(raw, "webhookEventId") or digest("line", raw),
        at=instant(raw.get("timestamp")),
        raw=raw,
    )
    if kind in ACCOUNT:
        return [AccountChange(**common, change=kind, values=raw, state=STATES.get(kind))]
    reader = READERS.get(kind)
    if reader is None:
        return [UnknownEvent(**common, name=sighting("event", kind))]
    source = item(raw, "source")
    if required(source, "type") != "user":
        # Groups and rooms are no customers: seen, counted, left alone.
        return [UnknownEvent(**common, name=sighting("source", text(source, "type")))]
    return reader(common, required(source, "userId"), raw)


def _message(common: Common, sender: str, raw: Json) -> Iterable[Event]:
    message = item(raw, "message")
    kind = required(message, "type")
    known = kind in KINDS
    yield InboundMessage(
        **common,
        sender=sender,
        provider_id=required(message, "id"),
        kind=kind if known else "unsupported",
        text=_words(kind, message),
        media=_media(message) if kind in MEDIA else None,
        reply_token=text(raw, "replyToken"),
        quoted_provider_id=text(message, "quotedMessageId"),
    )
    if not known:
        unknown = common | {"event_id": f"{common['event_id']}:kind"}
        yield UnknownEvent(**unknown, name=sighting("message", kind))


def _words(kind: str, message: Json) -> str:
    if kind == "location":
        place = [text(message, "title"), text(message, "address")]
        return "\n".join([*filter(None, place), f"{message.get('latitude')}, {message.get('longitude')}"])
    if kind == "sticker":
        keywords = [word for word in items(message, "keywords") if isinstance(word, str)]
        return text(message, "text") or ", ".join(keywords[:3])
    return text(message, "text")


def _media(message: Json) -> IncomingMedia:
    """LINE tells no MIME type: it comes with the bytes. Content of another provider is at its own address."""
    provider = item(message, "contentProvider") if "contentProvider" in message else {}
    if text(provider, "type") == "external":
        return IncomingMedia(url=required(provider, "originalContentUrl"))
    return IncomingMedia(
        provider_media_id=required(message, "id"),
        filename=text(message, "fileName"),
        bytes=number(message, "fileSize"),
    )


def _postback(common: Common, sender: str, raw: Json) -> Iterable[Event]:
    yield InboundMessage(
        **common,
        sender=sender,
        provider_id=common["event_id"],
        kind="postback",
        payload=text(item(raw, "postback"), "data"),
        reply_token=text(raw, "replyToken"),
    )


def _contact(change: str, common: Common, sender: str, raw: Json) -> Iterable[Event]:
    yield ContactChange(**common, sender=sender, change=change)


def _unsend(common: Common, sender: str, raw: Json) -> Iterable[Event]:
    yield MessageWithdrawn(**common, sender=sender, provider_id=required(item(raw, "unsend"), "messageId"))


READERS: dict[str, Callable[[Common, str, Json], Iterable[Event]]] = {
    "message": _message,
    "postback": _postback,
    "follow": partial(_contact, "followed"),
    "unfollow": partial(_contact, "blocked"),
    "unsend": _unsend,
}
