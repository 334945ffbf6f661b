"""Sending one part to one person in their thread.

https://developers.facebook.com/docs/messenger-platform/reference/send-api
"""

from __future__ import annotations

import re
from typing import ClassVar

from channels.adapters.base import (
    Adapter,
    Answer,
    Credentials,
    Outcome,
    OutcomeKind,
    Outgoing,
    OutgoingPart,
    PartKind,
    Profile,
    ProviderRequest,
    ProviderResponse,
    Unsupported,
    WebhookRequest,
)
from channels.adapters.meta.graph import GraphErrors, request, verify_signature
from channels.adapters.meta.threads.profiles import read_profile
from channels.adapters.parsing import Malformed, body_object, required

MB = 1000 * 1000  # Meta says MB: the smaller reading is safe
PERSON = re.compile(r"[0-9]{1,40}")  # scoped to our account: of no use on another one
SLOW = frozenset({PartKind.AUDIO, PartKind.VIDEO})  # Meta paces these apart


class ThreadAdapter(Adapter):
    """One part for one person. The pacing names two endpoints: "messages", and "media" for sound and video."""

    host: ClassVar[str]
    errors: ClassVar[GraphErrors]
    profile_fields: ClassVar[str]
    names_writers = False
    media_hosts = frozenset({"fbcdn.net", "fbsbx.com", "cdninstagram.com"})
    free_form: ClassVar[dict[str, str]] = {}  # says that a message needs the reply window

    def endpoint(self, people: int, kind: PartKind) -> str:
        return "media" if kind in SLOW else "messages"

    def build(self, outgoing: Outgoing, credentials: Credentials) -> ProviderRequest:
        if len(outgoing.parts) != 1 or len(outgoing.to) != 1:
            raise Unsupported(f"{self.spec.label} takes one part for one person in a call")
        (part,), (person,) = outgoing.parts, outgoing.to
        if not PERSON.fullmatch(person):
            raise Unsupported("not an id of a person scoped to our account")
        human = {"messaging_type": "MESSAGE_TAG", "tag": "HUMAN_AGENT"}
        body: dict[str, object] = {"recipient": {"id": person}}
        body |= human if outgoing.human_agent else self.free_form
        body["message"] = self._content(part) | self._correlation(outgoing.opaque_id)
        if outgoing.quote_provider_id:
            body["reply_to"] = {"mid": outgoing.quote_provider_id}
        return request(
            "POST",
            f"/{credentials.account_id}/messages",
            credentials,
            body,
            endpoint=self.endpoint(1, part.kind),
            host=self.host,
        )

    def read(self, response: ProviderResponse) -> Outcome:
        if response.status != 200:
            return self.errors.outcome(response)
        try:
            sent = required(body_object(response.body), "message_id")
        except Malformed:
            return self.errors.outcome(response)
        return Outcome(OutcomeKind.ACCEPTED, provider_ids=(sent,))

    def verify(self, request: WebhookRequest, credentials: Credentials) -> None:
        verify_signature(request, credentials)

    def profile(self, person: str, credentials: Credentials) -> ProviderRequest:
        if not PERSON.fullmatch(person):
            raise Unsupported("not an id of a person scoped to our account")
        return request("GET", f"/{person}?fields={self.profile_fields}", credentials, host=self.host)

    def read_profile(self, answer: Answer) -> Profile:
        return read_profile(answer, self.errors)

    def _correlation(self, opaque_id: str) -> dict[str, object]:
        """What carries our own id to the message's echo; nothing where the provider returns none."""
        return {}

    def _content(self, part: OutgoingPart) -> dict[str, object]:
        label, most = self.spec.label, self.spec.max_text
        if part.kind is PartKind.TEXT:
            if not part.text.strip() or self.text_length(part.text) > most:
                raise Unsupported(f"{label} takes texts of 1 to {most}, counted as {self.spec.text_unit}")
            return {"text": part.text}
        media, rule = part.media, self.spec.media.get(part.kind)
        if media is None or rule is None or media.mime not in rule.mimes:
            raise Unsupported(f"{label} does not take {media.mime if media else 'nothing'} as {part.kind}")
        if part.text:
            raise Unsupported(f"{label} has no captions: text and media are two messages")
        uploaded = media.provider_media_id
        payload = {"attachment_id": uploaded} if uploaded else {"url": media.url}
        return {"attachment": {"type": part.kind.value, "payload": payload}}
