"""WhatsApp: sending one part to one person.

https://developers.facebook.com/docs/whatsapp/cloud-api/reference/messages
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
from typing import Any

from channels.adapters.base import (
    Adapter,
    ChannelKind,
    ChannelSpec,
    Credentials,
    Event,
    Idempotency,
    MediaRule,
    Outcome,
    OutcomeKind,
    Outgoing,
    OutgoingPart,
    OutgoingTemplate,
    Pacing,
    PartKind,
    ProviderRequest,
    ProviderResponse,
    Unsupported,
    WebhookRequest,
)
from channels.adapters.meta.graph import request, verify_signature
from channels.adapters.meta.whatsapp.addresses import BSUID, PHONE
from channels.adapters.meta.whatsapp.codes import ERRORS
from channels.adapters.meta.whatsapp.events import read_events
from channels.adapters.parsing import Malformed, body_object, required

MB = 1000 * 1000  # Meta says MB: the smaller reading is safe
LONGEST_OPAQUE_ID = 512

SPEC = ChannelSpec(
    label="WhatsApp",
    max_text=4096,
    text_unit="codepoints",
    max_caption=1024,
    media={
        PartKind.IMAGE: MediaRule(frozenset({"image/jpeg", "image/png"}), 5 * MB),
        PartKind.VIDEO: MediaRule(
            frozenset({"video/mp4", "video/3gpp"}),
            16 * MB,
            video_codecs=frozenset({"h264"}),
            audio_codecs=frozenset({"aac"}),
        ),
        PartKind.AUDIO: MediaRule(
            frozenset({"audio/aac", "audio/amr", "audio/mpeg", "audio/mp4", "audio/ogg"}), 16 * MB
        ),
        PartKind.FILE: MediaRule(
            frozenset(
                {
                    "text/plain",
                    "application/pdf",
                    "application/msword",
                    "application/vnd.ms-excel",
                    "application/vnd.ms-powerpoint",
                    "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
                    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
                    "application/vnd.openxmlformats-officedocument.presentationml.presentation",
                }
            ),
            100 * MB,
        ),
    },
    window_hours=24,
    max_people=1,
    max_parts=1,
    idempotency=Idempotency.OPAQUE_ID,
    # Of a number with standard throughput; one of high throughput has 1,000, one shared with the phone app 20.
    pacing={"messages": Pacing(rate=80, burst=80, pair_seconds=6)},
    reports_delivery=True,
)

MESSAGE_TYPES = {
    PartKind.IMAGE: "image",
    PartKind.VIDEO: "video",
    PartKind.AUDIO: "audio",
    PartKind.FILE: "document",
}
CAPTIONED = frozenset({PartKind.IMAGE, PartKind.VIDEO, PartKind.FILE})


class WhatsAppAdapter(Adapter):
    """One part for one person, by phone number or business-scoped user id (BSUID)."""

    kind = ChannelKind.WHATSAPP
    tells_health = True
    spec = SPEC
    webhook_object = "whatsapp_business_account"

    def text_length(self, text: str) -> int:
        return len(text)

    def build(self, outgoing: Outgoing, credentials: Credentials) -> ProviderRequest:
        if len(outgoing.parts) != 1 or len(outgoing.to) != 1:
            raise Unsupported("WhatsApp takes one part for one person in a call")
        if len(outgoing.opaque_id) > LONGEST_OPAQUE_ID:
            raise Unsupported(f"our own id must stay within {LONGEST_OPAQUE_ID} characters")
        (part,), (person,) = outgoing.parts, outgoing.to
        body: dict[str, object] = {"messaging_product": "whatsapp", "recipient_type": "individual"}
        if PHONE.fullmatch(person):
            # Without the + the sending number's country code may be put in front.
            body["to"] = person
        elif BSUID.fullmatch(person):
            body["recipient"] = person
        else:
            raise Unsupported("neither +E.164 nor a business-scoped user id")
        body |= _content(part)
        if outgoing.quote_provider_id:
            body["context"] = {"message_id": outgoing.quote_provider_id}
        if outgoing.opaque_id:
            body["biz_opaque_callback_data"] = outgoing.opaque_id
        path = f"/{credentials.account_id}/messages"
        return request("POST", path, credentials, body, endpoint="messages")

    def read(self, response: ProviderResponse) -> Outcome:
        if response.status == 200:
            with suppress(Malformed):
                match body_object(response.body):
                    case {"messages": [{"id": _} as message]}:
                        return Outcome(OutcomeKind.ACCEPTED, provider_ids=(required(message, "id"),))
        return ERRORS.outcome(response)

    def verify(self, request: WebhookRequest, credentials: Credentials) -> None:
        verify_signature(request, credentials)

    def events(self, payload: Mapping[str, Any]) -> Iterator[Event]:
        return read_events(payload)


def _content(part: OutgoingPart) -> dict[str, object]:
    if part.kind is PartKind.TEXT:
        if not 1 <= len(part.text) <= SPEC.max_text or not part.text.strip():
            raise Unsupported(f"WhatsApp takes texts of 1 to {SPEC.max_text} characters")
        return {"type": "text", "text": {"body": part.text, "preview_url": True}}
    if part.kind is PartKind.TEMPLATE:
        return _template(part.template)
    media, rule = part.media, SPEC.media[part.kind]
    if media is None or media.mime not in rule.mimes:
        raise Unsupported(f"WhatsApp does not take {media.mime if media else 'nothing'} as {part.kind}")
    content = {"id": media.provider_media_id} if media.provider_media_id else {"link": media.url}
    if part.text:
        if part.kind not in CAPTIONED or len(part.text) > SPEC.max_caption:
            raise Unsupported(f"no caption of {len(part.text)} characters beside an {part.kind}")
        content["caption"] = part.text
    if part.kind is PartKind.FILE and media.filename:
        content["filename"] = media.filename
    kind = MESSAGE_TYPES[part.kind]
    return {"type": kind, kind: content}


def _template(template: OutgoingTemplate | None) -> dict[str, object]:
    """https://developers.facebook.com/docs/whatsapp/cloud-api/guides/send-message-templates"""
    if template is None or not template.name or not template.language:
        raise Unsupported("a template is sent by its name and language")
    content: dict[str, object] = {"name": template.name, "language": {"code": template.language}}
    if template.components:
        content["components"] = list(template.components)
    return {"type": "template", "template": content}
