"""WhatsApp: what a customer wrote. https://developers.facebook.com/docs/whatsapp/cloud-api/webhooks/reference/messages

Whatever its type, a message from a customer opens the reply window; so one of a type we do not know is an
`unsupported` message as well as an UnknownEvent.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from channels.adapters.base import (
    ContactChange,
    Event,
    InboundMessage,
    IncomingMedia,
    MessageWithdrawn,
    UnknownEvent,
)
from channels.adapters.meta.whatsapp.addresses import person
from channels.adapters.parsing import Json, as_object, instant, item, items, number, required, sighting, text

MEDIA_KINDS = {"image": "image", "video": "video", "audio": "audio", "document": "file", "sticker": "sticker"}
OTHER_KINDS = {
    "text": "text",
    "location": "location",
    "contacts": "contact",
    "button": "postback",
    "interactive": "postback",
    "reaction": "reaction",
    "order": "unsupported",
    "unsupported": "unsupported",
}
KINDS = MEDIA_KINDS | OTHER_KINDS


def read_message(account_id: str, value: Json, raw: Json) -> Iterable[Event]:
    """The events of one element of `messages`; `value` is what it stands in."""
    kind, provider_id = required(raw, "type"), required(raw, "id")
    at = instant(raw.get("timestamp"))
    if kind == "system":
        yield _moved(account_id, provider_id, raw)
        return
    sender = person(raw, "from", "from_user_id")
    if kind == "revoke":
        yield MessageWithdrawn(
            account_id=account_id,
            event_id=f"message:{provider_id}",
            at=at,
            raw=raw,
            sender=sender.address,
            provider_id=required(item(raw, "revoke"), "original_message_id"),
        )
        return
    contact = _contact(value, sender.phone, sender.user_id)
    context = item(raw, "context") if raw.get("context") else {}
    yield InboundMessage(
        account_id=account_id,
        event_id=f"message:{provider_id}",
        at=at,
        raw=raw,
        sender=sender.address,
        provider_id=provider_id,
        kind=KINDS.get(kind, "unsupported"),
        text=words(kind, raw),
        media=_media(kind, raw),
        profile_name=text(item(contact, "profile"), "name") if contact.get("profile") else "",
        phone=sender.phone,
        user_id=sender.user_id,
        quoted_provider_id=text(item(raw, kind), "message_id") if kind == "reaction" else text(context, "id"),
        payload=_payload(kind, raw),
    )
    if kind not in KINDS:
        yield UnknownEvent(account_id, f"message:{provider_id}:kind", at, raw, name=sighting("message", kind))


def message_kind(kind: str) -> str:
    """WhatsApp's message type in our words."""
    return KINDS.get(kind, "unsupported")


def words(kind: str, raw: Json) -> str:
    """The text of a message, of whatever type; "" where it has none."""
    find = WORDS.get(kind)
    if find is not None:
        return find(raw)
    return text(item(raw, kind), "caption") if kind in MEDIA_KINDS else ""


def _interactive(raw: Json) -> Json:
    interactive = item(raw, "interactive")
    kind = required(interactive, "type")
    return item(interactive, kind) if kind in interactive else {}


def _place(raw: Json) -> str:
    location = item(raw, "location")
    named = [text(location, "name"), text(location, "address")]
    return "\n".join([*filter(None, named), f"{location.get('latitude')}, {location.get('longitude')}"])


def _cards(raw: Json) -> str:
    lines = []
    for card in map(as_object, items(raw, "contacts")):
        phones = [text(as_object(phone), "phone") for phone in items(card, "phones")]
        name = text(item(card, "name"), "formatted_name") if card.get("name") else ""
        lines.append(" ".join(filter(None, [name, *phones])))
    return "\n".join(lines)


WORDS: dict[str, Callable[[Json], str]] = {
    "text": lambda raw: text(item(raw, "text"), "body"),
    "location": _place,
    "contacts": _cards,
    "button": lambda raw: text(item(raw, "button"), "text"),
    "interactive": lambda raw: text(_interactive(raw), "title") or text(_interactive(raw), "body"),
    "reaction": lambda raw: text(item(raw, "reaction"), "emoji"),
    "order": lambda raw: text(item(raw, "order"), "text"),
}


def _payload(kind: str, raw: Json) -> str:
    if kind == "button":
        return text(item(raw, "button"), "payload")
    if kind == "interactive":
        return text(_interactive(raw), "id") or text(_interactive(raw), "response_json")
    return ""


def _media(kind: str, raw: Json) -> IncomingMedia | None:
    if kind not in MEDIA_KINDS:
        return None
    media = item(raw, kind)
    return IncomingMedia(
        mime=text(media, "mime_type"),
        provider_media_id=required(media, "id"),
        url=text(media, "url"),
        filename=text(media, "filename"),
        bytes=number(media, "file_size"),
    )


def _contact(value: Json, phone: str, user_id: str) -> Json:
    """The contact card of the sender among those beside the messages; an empty one where there is none."""
    for card in map(as_object, items(value, "contacts")):
        if (user_id and text(card, "user_id") == user_id) or (phone and "+" + text(card, "wa_id") == phone):
            return card
    return {}


def _moved(account_id: str, provider_id: str, raw: Json) -> Event:
    """A person changed number or user id: the old address is the sender."""
    system = item(raw, "system")
    common = (account_id, f"message:{provider_id}", instant(raw.get("timestamp")), raw)
    change = text(system, "type")
    if change not in ("user_changed_number", "user_changed_user_id"):
        return UnknownEvent(*common, name=sighting("system", change))
    new = person(system, "wa_id", "user_id").address
    return ContactChange(
        *common, sender=person(raw, "from", "from_user_id").address, change="address_changed", new_address=new
    )
