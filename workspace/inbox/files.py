"""Files in a conversation: how one looks in the thread and in the reply box, and which may be chosen."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from channels.adapters import ADAPTERS
from channels.adapters.base import ChannelKind, PartKind
from channels.media import outgoing_media
from channels.models import Media
from workspace.broadcasts.files import about, path_of

WIDEST, HIGHEST = 360, 288  # pixels of a picture in the thread
_CHOOSABLE = {PartKind.IMAGE: "image/*", PartKind.VIDEO: "video/*", PartKind.AUDIO: "audio/*"}


def preview_of(media: Media) -> str:
    """A smaller picture of it, else itself."""
    return urlsplit(outgoing_media(media).preview_url).path or path_of(media)


def box_of(media: Media) -> tuple[int, int]:
    """Width and height, in pixels, in which a picture or film stands in the thread, so that its place is kept while
    it travels; (0, 0) where its size is not known."""
    width, height = media.width or 0, media.height or 0
    if not width or not height:
        return 0, 0
    scale = min(WIDEST / width, HIGHEST / height, 1)
    return max(round(width * scale), 1), max(round(height * scale), 1)


def attached(media: Media) -> dict[str, Any]:
    """A file in the reply box; `media` is the key it is sent by."""
    return {
        "media": media.key,
        "kind": media.kind,
        "name": media.name,
        "about": about(media),
        "preview": preview_of(media) if media.kind == PartKind.IMAGE else "",
    }


def choosable(kind: str) -> str:
    """What the reply box of a channel of `kind` offers to choose, as `accept` has it; "" where any file may go."""
    adapter = ADAPTERS.get(ChannelKind(kind))
    taken = set(adapter.spec.media) if adapter else set()
    return "" if PartKind.FILE in taken else ",".join(_CHOOSABLE[one] for one in PartKind if one in taken)
