"""What a message is made of: text, attachments, both, in our words.

https://developers.facebook.com/docs/messenger-platform/reference/webhook-events/messages
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from channels.adapters.base import IncomingMedia
from channels.adapters.parsing import Json, as_object, item, items, text

MEDIA = frozenset({"image", "video", "audio", "file", "sticker"})
# Known, and nothing we could show: posts, reels, stories, and pictures that may be looked at once.
SHARED = frozenset(
    {
        "appointment_booking",
        "ephemeral",
        "ig_post",
        "ig_reel",
        "ig_story",
        "media",
        "post",
        "reel",
        "share",
        "story",
        "story_mention",
        "template",
    }
)


@dataclass(frozen=True)
class Content:
    """One thing to show. `unknown` is an attachment's type this adapter does not know, else ""."""

    kind: str
    text: str = ""
    media: IncomingMedia | None = None
    unknown: str = ""


def contents(message: Json) -> list[Content]:
    """At least one: the attachments, the text beside the first of them."""
    words = text(message, "text")
    found = list(_attachments(message))
    if not found:
        kind = "unsupported" if message.get("is_unsupported") is True else "text"
        return [Content(kind, words)]
    first = found[0]
    if words and first.kind == "text":
        return [Content("text", words), *found[1:]]  # a link is written out in the text as well
    return [Content(first.kind, words or first.text, first.media, first.unknown), *found[1:]]


def _attachments(message: Json) -> Iterator[Content]:
    for raw in map(as_object, items(message, "attachments")):
        kind = text(raw, "type")
        payload = item(raw, "payload") if raw.get("payload") else {}
        title, url = text(payload, "title") or text(raw, "title"), text(payload, "url") or text(raw, "url")
        if kind in MEDIA and url:
            shown = "sticker" if payload.get("sticker_id") else kind
            yield Content(shown, media=IncomingMedia(url=url))
        elif kind == "fallback":
            yield Content("text", "\n".join(filter(None, [title, url])))
        else:
            yield Content("unsupported", title, unknown="" if kind in SHARED | MEDIA else kind or "none")
