"""What a customer did in the thread: wrote, tapped a button, reacted, took a message back."""

from __future__ import annotations

from collections.abc import Iterable

from channels.adapters.base import Event, InboundMessage, MessageWithdrawn
from channels.adapters.meta.threads.contents import contents
from channels.adapters.meta.threads.items import Item
from channels.adapters.parsing import Json, digest, item, required, text


def read_message(thing: Item) -> Iterable[Event]:
    """A customer's message: an event for each attachment, for they are shown one by one."""
    message, sender = item(thing.raw, "message"), thing.person
    mid = required(message, "mid")
    if message.get("is_deleted") is True:
        yield MessageWithdrawn(*thing.common(f"unsent:{mid}"), sender=sender, provider_id=mid)
        return
    tapped = item(message, "quick_reply") if message.get("quick_reply") else {}
    for number, content in enumerate(contents(message)):
        name = f"{mid}:{number}" if number else mid
        yield InboundMessage(
            *thing.common(f"message:{name}"),
            sender=sender,
            provider_id=name,
            kind="postback" if tapped else content.kind,
            text=content.text,
            media=content.media,
            quoted_provider_id=_quoted(message),
            payload=text(tapped, "payload"),
        )
        if content.unknown:
            yield thing.unknown("attachment", content.unknown, name)


def read_postback(thing: Item) -> Iterable[Event]:
    """A tap on a button, the menu or Get Started."""
    postback = item(thing.raw, "postback")
    name = text(postback, "mid") or digest("postback", thing.raw)
    yield InboundMessage(
        *thing.common(f"postback:{name}"),
        sender=thing.person,
        provider_id=name,
        kind="postback",
        text=text(postback, "title"),
        payload=text(postback, "payload"),
    )


def read_reaction(thing: Item, *, opens_window: bool = False) -> Iterable[Event]:
    """A reaction to a message, or one taken back: then without text. It has no id of its own."""
    reaction = item(thing.raw, "reaction")
    given = text(reaction, "action") != "unreact"
    name = digest("reaction", thing.raw)
    yield InboundMessage(
        *thing.common(f"reaction:{name}"),
        sender=thing.person,
        provider_id=f"reaction:{name}",
        kind="reaction",
        text=(text(reaction, "emoji") or text(reaction, "reaction")) if given else "",
        quoted_provider_id=required(reaction, "mid"),
        opens_window=opens_window and given,
    )


def _quoted(message: Json) -> str:
    """The message being answered; a story has no message id."""
    return text(item(message, "reply_to"), "mid") if message.get("reply_to") else ""
