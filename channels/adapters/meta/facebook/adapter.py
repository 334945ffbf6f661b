"""Messenger: sending one part to one person. https://developers.facebook.com/docs/messenger-platform/reference/send-api"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial
from typing import Any

from channels.adapters.base import (
    ChannelKind,
    ChannelSpec,
    Event,
    Idempotency,
    MediaRule,
    Pacing,
    PartKind,
    Unsupported,
)
from channels.adapters.meta.facebook.codes import ERRORS
from channels.adapters.meta.threads.adapter import MB, ThreadAdapter
from channels.adapters.meta.threads.events import METADATA, READERS, Reader, read_events
from channels.adapters.meta.threads.inbound import read_reaction

LONGEST_METADATA = 999
EVENTS: Mapping[str, Reader] = {
    **READERS,
    "reaction": partial(read_reaction, opens_window=True),
}  # one of the acts that open the window

SPEC = ChannelSpec(
    label="Facebook Messenger",
    max_text=1999,  # "less than 2000 characters"; an emoji is counted as two, which is the smaller reading
    text_unit="utf16",
    media={
        PartKind.IMAGE: MediaRule(frozenset({"image/jpeg", "image/png", "image/gif"}), 8 * MB),
        PartKind.VIDEO: MediaRule(
            frozenset({"video/mp4", "video/ogg", "video/quicktime", "video/webm", "video/x-msvideo"}), 25 * MB
        ),
        PartKind.AUDIO: MediaRule(
            frozenset({"audio/mpeg", "audio/aac", "audio/mp4", "audio/x-m4a", "audio/wav"}), 25 * MB
        ),
        PartKind.FILE: MediaRule(
            frozenset(
                {
                    "text/plain",
                    "application/pdf",
                    "application/zip",
                    "application/msword",
                    "application/vnd.ms-excel",
                    "application/vnd.ms-powerpoint",
                    "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
                    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
                    "application/vnd.openxmlformats-officedocument.presentationml.presentation",
                }
            ),
            25 * MB,
        ),
    },
    window_hours=24,
    human_hours=7 * 24,
    max_people=1,
    max_parts=1,
    idempotency=Idempotency.OPAQUE_ID,
    # The API takes 300 texts a second, but a Page that sends more than 40 messages a second stops being able to send
    # and to be read; both endpoints together stay below that.
    pacing={"messages": Pacing(rate=30, burst=30), "media": Pacing(rate=10, burst=10)},
    reports_delivery=True,
)


class FacebookAdapter(ThreadAdapter):
    """By page-scoped id (PSID). Our own id travels as `metadata` and comes back in the message's echo."""

    kind = ChannelKind.FACEBOOK
    tells_health = True
    spec = SPEC
    webhook_object = "page"
    host = "graph"
    errors = ERRORS
    profile_fields = "name,first_name,last_name"
    free_form = {"messaging_type": "RESPONSE"}

    def text_length(self, text: str) -> int:
        return len(text.encode("utf-16-le", "surrogatepass")) // 2

    def events(self, payload: Mapping[str, Any]) -> Iterator[Event]:
        return read_events(payload, EVENTS)

    def _correlation(self, opaque_id: str) -> dict[str, object]:
        if len(METADATA + opaque_id) > LONGEST_METADATA:
            raise Unsupported(f"our own id must stay within {LONGEST_METADATA} characters")
        return {"metadata": METADATA + opaque_id} if opaque_id else {}
