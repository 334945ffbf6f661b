"""What became of a request, as a value: what the answer proves, why, and whom it concerns."""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple


class Fault(StrEnum):
    """Why no HTTP response could be read."""

    NOT_CONNECTED = "not_connected"  # DNS, connect, TLS, no free connection: surely not sent
    BROKEN = "broken"  # timeout, reset or cut after the request began: may have been sent
    TOO_LARGE = "too_large"  # the answer outgrew its cap and was dropped: the request was sent


class OutcomeKind(StrEnum):
    ACCEPTED = "accepted"
    NOT_SENT = "not_sent"  # surely not sent; may go again
    REFUSED = "refused"  # the provider said no; `final` or later
    UNKNOWN = "unknown"  # not proven either way


class Reason(StrEnum):
    """Our stable codes for why something was not accepted. The catalogue maps each to cause and cure."""

    RATE_LIMITED = "rate_limited"
    PAIR_LIMITED = "pair_limited"
    QUOTA_EXCEEDED = "quota_exceeded"
    DAILY_LIMIT = "daily_limit"  # WhatsApp does not let the number begin with more people today
    RECIPIENT_UNAVAILABLE = "undeliverable"  # undeliverable: 131026 and the like
    RECIPIENT_INVALID = "recipient_invalid"  # malformed or unknown address
    RECIPIENT_EXPERIMENT = "recipient_experiment"
    RECIPIENT_LIMITED = "recipient_limited"  # per-person marketing cap
    COUNTRY_RESTRICTED = "country_restricted"
    OPTED_OUT = "opted_out"
    WINDOW_CLOSED = "window_closed"
    MESSAGE_REJECTED = "message_rejected"  # content the provider does not take
    MEDIA_REJECTED = "media_rejected"
    MEDIA_EXPIRED = "media_expired"  # an uploaded file is gone at the provider: send it anew
    REPLY_EXPIRED = "reply_expired"  # LINE's free reply token is used or too old: send without it
    TEMPLATE_UNAVAILABLE = "template_unavailable"
    CHANNEL_DISCONNECTED = "channel_disconnected"  # token revoked or expired
    CHANNEL_RESTRICTED = "channel_restricted"  # account locked, blocked for policy
    PAYMENT_REQUIRED = "payment_required"  # at the provider
    PROVIDER_UNAVAILABLE = "provider_unavailable"
    CONNECTION_FAILED = "connection_failed"
    ANSWER_LOST = "answer_lost"
    UNEXPECTED_RESPONSE = "unexpected_response"
    EXPIRED = "expired"
    # decided by us, before anything leaves
    UNSUPPORTED_PART = "unsupported_part"
    CHANNEL_OFF = "channel_off"
    CHAT_ENDED = "chat_ended"  # between Send and the launch
    TAKEN_OVER = "taken_over"  # a colleague writes with this person now
    NOT_WHATSAPP = "not_whatsapp"  # a template is WhatsApp's alone
    OTHER_ACCOUNT = "other_account"  # the template belongs to another WhatsApp account than their number
    VALUE_MISSING = "value_missing"  # a variable of the text stands for nothing of this person
    VALUE_TOO_LONG = "value_too_long"  # the template becomes too long with this person's values
    SUPPRESSED = "suppressed"
    NO_PRICE = "no_price"  # the price list has none for this person's country
    STOPPED_IN_DOUBT = "stopped_in_doubt"  # a doubt, settled since, stopped the later parts
    ATTEMPTS_EXHAUSTED = "attempts_exhausted"
    INTERNAL_ERROR = "internal_error"
    CANCELLED = "cancelled"


class Blame(StrEnum):
    """Whom a refusal concerns: decides whether one person fails, the campaign stops or the channel pauses."""

    RECIPIENT = "recipient"
    CONTENT = "content"
    CHANNEL = "channel"
    PROVIDER = "provider"


class Verdict(NamedTuple):
    """What one of a provider's error codes comes to; the rows of the adapters' tables. See Outcome."""

    reason: Reason
    final: bool
    blame: Blame


class Outcome(NamedTuple):
    """What a response proves. What is not proven is UNKNOWN.

    `final` (of REFUSED): trying this again for this person is pointless; everything with blame CHANNEL or PROVIDER
    is never final, for it ends when the channel is mended or the provider recovers.
    `people`: indexes into `Outgoing.to` of those a refusal names; empty where it names nobody.
    `provider_ids`: one id per part in order, where the provider names them (LINE push, Meta).
    `retry_after`: seconds the provider asks us to wait, 0 where it does not say.
    `sighting`: the name to count when the answer held something this adapter does not know, else "".
    """

    kind: OutcomeKind
    reason: Reason | None = None
    final: bool = False  # for REFUSED: no later attempt can succeed
    blame: Blame | None = None
    provider_code: str = ""  # the provider's own code or message, without secrets
    detail: str = ""  # the provider's own words
    provider_ids: tuple[str, ...] = ()
    retry_after: float = 0.0
    people: tuple[int, ...] = ()
    sighting: str = ""


class CallFailed(Exception):
    """A rare call (profile, media, quota …) brought no usable answer; `outcome` says what is known about why."""

    def __init__(self, outcome: Outcome) -> None:
        super().__init__(f"{outcome.kind}: {outcome.reason} {outcome.provider_code} {outcome.detail}".strip())
        self.outcome = outcome
