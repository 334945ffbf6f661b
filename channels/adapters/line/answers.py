"""LINE: what an answer proves. https://developers.line.biz/en/reference/messaging-api/#error-responses

LINE has no error codes: the status and the beginning of `message` decide. An error status means that nothing was
sent to anyone; 409 means that this retry key was accepted before; 5xx proves nothing.
"""

from __future__ import annotations

import re

from channels.adapters.base import Blame, Outcome, OutcomeKind, ProviderResponse, Reason, Verdict
from channels.adapters.parsing import (
    Json,
    Malformed,
    as_object,
    body_object,
    items,
    public_detail,
    required,
    sighting,
    text,
)

CHANNEL, CONTENT, PROVIDER, RECIPIENT = Blame.CHANNEL, Blame.CONTENT, Blame.PROVIDER, Blame.RECIPIENT
REJECTED = Verdict(Reason.MESSAGE_REJECTED, True, CONTENT)

# Status, beginning of the message (any if empty), verdict. The first match counts.
REFUSALS: tuple[tuple[int, str, Verdict], ...] = (
    (400, "Failed to send messages", Verdict(Reason.RECIPIENT_INVALID, True, RECIPIENT)),
    (403, "Failed to send messages", Verdict(Reason.RECIPIENT_INVALID, True, RECIPIENT)),
    (400, "Invalid reply token", Verdict(Reason.REPLY_EXPIRED, True, CONTENT)),
    (400, "The request body ", REJECTED),
    (400, "The property, ", REJECTED),
    (401, "", Verdict(Reason.CHANNEL_DISCONNECTED, False, CHANNEL)),
    (403, "", Verdict(Reason.CHANNEL_RESTRICTED, False, CHANNEL)),
    (413, "", REJECTED),
    (415, "", REJECTED),
    (429, "You have reached your monthly limit", Verdict(Reason.QUOTA_EXCEEDED, False, CHANNEL)),
    (429, "", Verdict(Reason.RATE_LIMITED, False, PROVIDER)),
)
INVALID_PERSON = Verdict(Reason.RECIPIENT_INVALID, True, RECIPIENT)
INVALID_MEDIA = Verdict(Reason.MEDIA_REJECTED, True, CONTENT)
BODILESS = frozenset({413, 415, 429})  # refused by the front door: proven without LINE's envelope

# A person named by a refusal: "The property, to[1], in the request body is invalid", or `property: "to[1]"`.
_PERSON = re.compile(r"^(?:The property, )?to(?:\[(\d{1,3})\])?(?:$|,)")
_MEDIA = re.compile(r"originalContentUrl|previewImageUrl|duration")


def read_answer(response: ProviderResponse) -> Outcome:
    """What LINE's answer to a push, multicast or reply proves."""
    if response.status >= 500:
        return _unknown(response, Reason.PROVIDER_UNAVAILABLE)
    try:
        if response.status in (200, 409):
            return _accepted(response, body_object(response.body))
        return _refused(response, _envelope(response))
    except Malformed:
        return _unknown(response, Reason.UNEXPECTED_RESPONSE)


def _accepted(response: ProviderResponse, body: Json) -> Outcome:
    again = response.status == 409
    if not response.headers.get("x-line-accepted-request-id" if again else "x-line-request-id"):
        raise Malformed("not from LINE")
    sent = [required(as_object(message), "id") for message in items(body, "sentMessages")]
    return Outcome(OutcomeKind.ACCEPTED, provider_ids=tuple(sent))


def _envelope(response: ProviderResponse) -> Json:
    try:
        body = body_object(response.body)
        required(body, "message")
    except Malformed:
        if response.status in BODILESS:
            return {}
        raise
    return body


def _refused(response: ProviderResponse, body: Json) -> Outcome:
    message = text(body, "message")
    details = [as_object(detail) for detail in items(body, "details")]
    named = [message, *(text(detail, "property") for detail in details)]
    words = "; ".join([message, *(f"{text(d, 'property')}: {text(d, 'message')}" for d in details)])
    verdict = next(
        (v for status, start, v in REFUSALS if response.status == status and message.startswith(start)), None
    )
    if verdict is None:
        if response.status != 400:
            raise Malformed("a status LINE does not document")
        # Documented for every 400: nothing was sent. Only the cause is new to us.
        return _outcome(response, REJECTED, words, sighting=_shape(message))
    if verdict is REJECTED:
        persons = [match for name in named if (match := _PERSON.match(name))]
        if persons:
            people = tuple(sorted({int(match[1]) for match in persons if match[1]}))
            return _outcome(response, INVALID_PERSON, words, people=people)
        if any(map(_MEDIA.search, named)):
            verdict = INVALID_MEDIA
    return _outcome(response, verdict, words)


def _outcome(
    response: ProviderResponse,
    verdict: Verdict,
    words: str,
    *,
    people: tuple[int, ...] = (),
    sighting: str = "",
) -> Outcome:
    return Outcome(
        OutcomeKind.REFUSED,
        *verdict,
        provider_code=str(response.status),
        detail=public_detail(words),
        people=people,
        sighting=sighting,
    )


def _unknown(response: ProviderResponse, reason: Reason) -> Outcome:
    return Outcome(
        OutcomeKind.UNKNOWN,
        reason,
        blame=PROVIDER,
        provider_code=str(response.status),
        sighting=sighting("status", response.status) if reason is Reason.UNEXPECTED_RESPONSE else "",
    )


def _shape(message: str) -> str:
    """A message without its variable parts, short enough to count by."""
    return sighting("message", re.sub(r"\d+|'[^']*'", "#", message))
