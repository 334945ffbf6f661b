"""Instagram: sending one part to one person.

https://developers.facebook.com/docs/instagram-platform/instagram-api-with-instagram-login/messaging-api
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from channels.adapters.base import (
    ChannelKind,
    ChannelSpec,
    Event,
    Idempotency,
    MediaRule,
    Pacing,
    PartKind,
)
from channels.adapters.meta.instagram.codes import ERRORS
from channels.adapters.meta.threads.adapter import MB, ThreadAdapter
from channels.adapters.meta.threads.events import READERS, read_events

SPEC = ChannelSpec(
    label="Instagram",
    max_text=1000,
    text_unit="utf8",
    media={
        PartKind.IMAGE: MediaRule(frozenset({"image/jpeg", "image/png", "image/gif"}), 8 * MB),
        PartKind.VIDEO: MediaRule(
            frozenset({"video/mp4", "video/ogg", "video/quicktime", "video/webm", "video/x-msvideo"}), 25 * MB
        ),
        PartKind.AUDIO: MediaRule(frozenset({"audio/aac", "audio/mp4", "audio/x-m4a", "audio/wav"}), 25 * MB),
        PartKind.FILE: MediaRule(frozenset({"application/pdf"}), 25 * MB),
    },
    window_hours=24,
    human_hours=7 * 24,
    max_people=1,
    max_parts=1,
    idempotency=Idempotency.NONE,
    pacing={"messages": Pacing(rate=100, burst=100), "media": Pacing(rate=10, burst=10)},
    reports_delivery=True,  # reads only: nobody is ever told that a message was delivered
)


class InstagramAdapter(ThreadAdapter):
    """By Instagram-scoped id (IGSID). No id of ours comes back: an echo is known by its message id alone."""

    kind = ChannelKind.INSTAGRAM
    spec = SPEC
    webhook_object = "instagram"
    host = "instagram"
    errors = ERRORS
    profile_fields = "name,username"

    def text_length(self, text: str) -> int:
        return len(text.encode("utf-8", "surrogatepass"))

    def events(self, payload: Mapping[str, Any]) -> Iterator[Event]:
        return read_events(payload, READERS)
