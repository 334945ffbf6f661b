"""LINE: sending messages. https://developers.line.biz/en/reference/messaging-api/"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Iterator, Mapping
from typing import Any

import orjson

from channels.adapters.base import (
    Adapter,
    Answer,
    ChannelKind,
    ChannelSpec,
    Credentials,
    Event,
    Idempotency,
    MediaRule,
    Outcome,
    Outgoing,
    OutgoingMedia,
    OutgoingPart,
    Pacing,
    PartKind,
    Profile,
    ProviderRequest,
    ProviderResponse,
    Unsupported,
    WebhookRejected,
    WebhookRequest,
)
from channels.adapters.line import calls
from channels.adapters.line.answers import read_answer
from channels.adapters.line.events import read_events

MB = 1000 * 1000  # LINE says MB: the smaller reading is safe

SPEC = ChannelSpec(
    label="LINE",
    max_text=5000,
    text_unit="utf16",
    media={
        PartKind.IMAGE: MediaRule(
            frozenset({"image/jpeg", "image/png"}), 10 * MB, needs_preview=True, preview_max_bytes=MB
        ),
        PartKind.VIDEO: MediaRule(
            frozenset({"video/mp4"}), 200 * MB, needs_preview=True, preview_max_bytes=MB
        ),
        PartKind.AUDIO: MediaRule(frozenset({"audio/mpeg", "audio/mp4", "audio/x-m4a"}), 200 * MB),
    },
    window_hours=None,
    max_people=500,
    max_parts=5,
    idempotency=Idempotency.RETRY_KEY,
    pacing={
        "push": Pacing(rate=2000, burst=2000),
        "multicast": Pacing(rate=200, burst=200),
        "reply": Pacing(rate=2000, burst=2000),
    },
    reports_delivery=False,
    monthly_quota=True,
)


class LineAdapter(Adapter):
    """Push for one person, multicast for many, reply while a reply token lives; always all parts in one call."""

    kind = ChannelKind.LINE
    tells_health = True
    spec = SPEC
    names_writers = False

    def text_length(self, text: str) -> int:
        return len(text.encode("utf-16-le", "surrogatepass")) // 2

    def profile(self, person: str, credentials: Credentials) -> ProviderRequest:
        return calls.profile(person, credentials)

    def read_profile(self, answer: Answer) -> Profile:
        found = calls.read_profile(answer)
        return Profile(found.display_name, found.language)

    def endpoint(self, people: int, kind: PartKind) -> str:
        return "multicast" if people > 1 else "push"

    def build(self, outgoing: Outgoing, credentials: Credentials) -> ProviderRequest:
        if not 1 <= len(outgoing.parts) <= SPEC.max_parts:
            raise Unsupported(f"LINE takes 1 to {SPEC.max_parts} parts in one call")
        messages = [self._message(part) for part in outgoing.parts]
        headers = [credentials.bearer, ("Content-Type", "application/json")]
        body: dict[str, object]
        if outgoing.reply_token:
            # A retry key on a reply is answered with 400.
            endpoint, body = "reply", {"replyToken": outgoing.reply_token}
        else:
            if not 1 <= len(outgoing.to) <= SPEC.max_people:
                raise Unsupported(f"LINE takes 1 to {SPEC.max_people} people in one call")
            if not outgoing.retry_key:
                raise Unsupported("a push without a retry key could never be repeated safely")
            headers.append(("X-Line-Retry-Key", outgoing.retry_key))
            many = len(outgoing.to) > 1
            endpoint = self.endpoint(len(outgoing.to), outgoing.parts[0].kind)
            body = {"to": list(outgoing.to) if many else outgoing.to[0]}
        body["messages"] = messages
        return ProviderRequest(
            method="POST",
            host="line",
            path=f"/v2/bot/message/{endpoint}",
            headers=tuple(headers),
            body=orjson.dumps(body),
            endpoint=endpoint,
        )

    def read(self, response: ProviderResponse) -> Outcome:
        return read_answer(response)

    def verify(self, request: WebhookRequest, credentials: Credentials) -> None:
        expected = base64.b64encode(hmac.digest(credentials.secret.encode(), request.body, hashlib.sha256))
        given = request.headers.get("x-line-signature", "").encode("utf-8", "replace")
        if not credentials.secret or not hmac.compare_digest(expected, given):
            raise WebhookRejected

    def events(self, payload: Mapping[str, Any]) -> Iterator[Event]:
        return read_events(payload)

    def _message(self, part: OutgoingPart) -> dict[str, object]:
        if part.kind is PartKind.TEXT:
            if not 1 <= self.text_length(part.text) <= SPEC.max_text:
                raise Unsupported(f"LINE takes texts of 1 to {SPEC.max_text} UTF-16 units")
            return {"type": "text", "text": part.text}
        media = part.media
        if part.kind not in SPEC.media or media is None:
            raise Unsupported(f"LINE has no message for {part.kind}")
        if part.text:
            raise Unsupported("LINE has no captions")
        if media.mime not in SPEC.media[part.kind].mimes:
            raise Unsupported(f"LINE does not take {media.mime} as {part.kind}")
        return _media_message(part.kind, media)


def _media_message(kind: PartKind, media: OutgoingMedia) -> dict[str, object]:
    message: dict[str, object] = {"type": kind.value, "originalContentUrl": media.url}
    if kind is PartKind.AUDIO:
        if media.duration_ms <= 0:
            raise Unsupported("LINE needs the duration of a sound")
        return message | {"duration": media.duration_ms}
    if not media.preview_url:
        raise Unsupported(f"LINE needs a preview picture of an {kind}")
    return message | {"previewImageUrl": media.preview_url}
