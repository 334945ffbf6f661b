"""What every channel adapter says, and the values it says it in.

An adapter turns values into a request and a response into a value. It opens no socket, never sleeps,
never retries and knows no table; so it is tested as a table of values (`tests/channels/cases/`).

Who calls: `build` and `read` by `channels.sending`, `verify` and `events` by `channels.webhooks`,
`spec` by preflight, the composer and the pacing of the send path.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, ClassVar, NamedTuple


class ChannelKind(StrEnum):
    """The kinds of channel, by the names used in the database, the API and URLs."""

    LINE = "line"
    FACEBOOK = "facebook"
    INSTAGRAM = "instagram"
    WHATSAPP = "whatsapp"
    WEB = "web"


class PartKind(StrEnum):
    """What one part of a broadcast, or one message, is made of. Emoji are text."""

    TEXT = "text"
    IMAGE = "image"
    VIDEO = "video"
    AUDIO = "audio"
    FILE = "file"


# --- What a channel can do -------------------------------------------------------------------------------


@dataclass(frozen=True)
class MediaRule:
    """What a channel takes of one media kind: MIME types and the largest size in bytes."""

    mimes: frozenset[str]
    max_bytes: int
    needs_preview: bool = False
    preview_max_bytes: int = 0


@dataclass(frozen=True)
class Pacing:
    """Requests per second for one endpoint of one channel, as the provider publishes it.

    `rate` and `burst` are the provider's own ceiling; the pacing stays below it by its reserve.
    `pair_seconds`: least seconds between two requests to one person, 0 where there is no such limit.
    """

    rate: float
    burst: float
    pair_seconds: float = 0.0


class Idempotency(StrEnum):
    """What the provider offers to settle a request whose answer was lost."""

    RETRY_KEY = "retry_key"  # the same key and body may go again (LINE, 24 h)
    OPAQUE_ID = "opaque_id"  # our id comes back in status webhooks (WhatsApp, Messenger)
    NONE = "none"


@dataclass(frozen=True)
class ChannelSpec:
    """The published limits of a channel kind; the same for every account of that kind."""

    label: str  # as the provider writes it
    max_text: int  # longest text part, in the provider's own units (see Adapter.text_length)
    text_unit: str  # "utf16" (LINE), "codepoints" (WhatsApp), "utf8" (Instagram)
    media: Mapping[PartKind, MediaRule]
    window_hours: int | None  # hours a customer's message keeps plain messages allowed; None = always
    max_people: int  # people one request may name (LINE multicast 500)
    max_parts: int  # parts one request may carry (LINE 5, Meta 1)
    idempotency: Idempotency
    pacing: Mapping[str, Pacing]  # by endpoint name, as in ProviderRequest.endpoint
    reports_delivery: bool  # whether the provider tells of delivered/read per person
    monthly_quota: bool = False  # whether the provider counts people against a monthly limit
    max_caption: int = 0  # longest text beside an image, video or file; 0 = this channel has no captions


# --- Outgoing ---------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Credentials:
    """Decrypted secrets and ids of one channel. Never logged: `repr` hides them."""

    account_id: str  # LINE bot user id, WhatsApp phone_number_id, Page id, Instagram account id
    access_token: str = field(repr=False)
    secret: str = field(default="", repr=False)  # LINE channel secret, Meta app secret
    verify_token: str = field(default="", repr=False)


@dataclass(frozen=True)
class OutgoingMedia:
    """A stored file as a provider fetches it. `url`, `preview_url` are public https addresses."""

    url: str
    mime: str
    filename: str = ""
    preview_url: str = ""
    provider_media_id: str = ""  # already uploaded to the provider; wins over the url
    duration_ms: int = 0


@dataclass(frozen=True)
class OutgoingPart:
    """One rendered part: `text` for text parts, `media` (with optional caption in `text`) for the others."""

    kind: PartKind
    text: str = ""
    media: OutgoingMedia | None = None


@dataclass(frozen=True)
class Outgoing:
    """One request to a provider: parts for one or, where the spec allows, many people.

    `to`: provider addresses (LINE user ids; WhatsApp +E.164 or BSUID).
    `retry_key`: UUID text for providers with RETRY_KEY; `opaque_id`: ours, echoed by OPAQUE_ID providers.
    `reply_token`: LINE's free reply token, used in place of `to` while it lives.
    """

    to: tuple[str, ...]
    parts: tuple[OutgoingPart, ...]
    retry_key: str = ""
    opaque_id: str = ""
    reply_token: str = ""
    quote_provider_id: str = ""


@dataclass(frozen=True)
class ProviderRequest:
    """An HTTP request as data. `path` is relative to the provider's base address named by `host`.

    The base address belongs to the installation (`PROVIDER_URLS`). That of "graph" ends in the Graph version, so
    no adapter names one. No path or query ever carries a token.
    """

    method: str
    host: str  # key of PROVIDER_URLS: "line", "line_data", "graph", "graph_media"
    path: str
    headers: tuple[tuple[str, str], ...] = field(repr=False)  # carries the bearer token
    body: bytes = field(default=b"", repr=False)
    endpoint: str = ""  # key of ChannelSpec.pacing


@dataclass(frozen=True)
class ProviderResponse:
    """What came back. Header names are lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


class Fault(StrEnum):
    """Why no HTTP response could be read."""

    NOT_CONNECTED = "not_connected"  # DNS, connect, TLS, no free connection: surely not sent
    BROKEN = "broken"  # timeout, reset or cut after the request began: may have been sent
    TOO_LARGE = "too_large"  # the answer outgrew its cap and was dropped: the request was sent


Answer = ProviderResponse | Fault  # what a transport brings back


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
    RECIPIENT_UNAVAILABLE = "undeliverable"  # undeliverable: 131026 and the like
    RECIPIENT_INVALID = "recipient_invalid"  # malformed or unknown address
    RECIPIENT_EXPERIMENT = "recipient_experiment"
    RECIPIENT_LIMITED = "recipient_limited"  # per-person marketing cap
    COUNTRY_RESTRICTED = "country_restricted"
    OPTED_OUT = "opted_out"
    WINDOW_CLOSED = "window_closed"
    MESSAGE_REJECTED = "message_rejected"  # content the provider does not take
    MEDIA_REJECTED = "media_rejected"
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
    SUPPRESSED = "suppressed"
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


@dataclass(frozen=True)
class Outcome:
    """What a response proves. What is not proven is UNKNOWN.

    `final` (of REFUSED): trying this again for this person is pointless; everything with blame CHANNEL or PROVIDER
    is never final, for it ends when the channel is mended or the provider recovers.
    `people`: indexes into `Outgoing.to` of those a refusal names; empty where it names nobody.
    `provider_ids`: one id per part in order, where the provider names them (LINE push, Meta).
    `request_id`: LINE's X-Line-Request-Id or accepted id, Meta's trace id.
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
    request_id: str = ""
    retry_after: float = 0.0
    people: tuple[int, ...] = ()
    sighting: str = ""


class CallFailed(Exception):
    """A rare call (profile, media, quota …) brought no usable answer; `outcome` says what is known about why."""

    def __init__(self, outcome: Outcome) -> None:
        super().__init__(f"{outcome.kind}: {outcome.reason} {outcome.provider_code} {outcome.detail}".strip())
        self.outcome = outcome


# --- Incoming ---------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class WebhookRequest:
    """A delivery as it arrived: header names lower case, `body` the raw bytes the signature covers."""

    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True)
class Event:
    """Something a provider told us. `account_id` says which of our accounts it concerns; `event_id` is
    the provider's own id of the event or, where it has none, a hash of what makes it unique: the same
    event delivered twice has the same id. `at` is the provider's time, UTC. `raw` is its part of the payload."""

    account_id: str
    event_id: str
    at: datetime
    raw: Mapping[str, Any] = field(repr=False)


@dataclass(frozen=True)
class IncomingMedia:
    """Media of an inbound message: fetched later by `provider_media_id` with our credentials.

    Without one it lies with a stranger at `url`, to be fetched, if at all, without any credentials.
    """

    mime: str = ""
    provider_media_id: str = ""
    url: str = field(default="", repr=False)
    filename: str = ""
    bytes: int = 0


@dataclass(frozen=True)
class InboundMessage(Event):
    """A customer wrote. `sender` is the address replies go to (LINE user id; BSUID, else phone digits with +)."""

    sender: str
    provider_id: str
    kind: str = "text"  # a PartKind, or sticker, location, contact, reaction, postback, unsupported
    text: str = ""
    media: IncomingMedia | None = None
    profile_name: str = ""
    phone: str = ""  # +E.164 where known
    user_id: str = ""  # WhatsApp BSUID where known
    reply_token: str = ""
    quoted_provider_id: str = ""  # the message of ours being answered
    payload: str = ""  # of a button


class Delivery(StrEnum):
    SENT = "sent"
    DELIVERED = "delivered"
    READ = "read"
    FAILED = "failed"


@dataclass(frozen=True)
class StatusChange(Event):
    """A provider reports on a message of ours: matched by `opaque_id` first, else by `provider_id` and contact."""

    provider_id: str
    status: Delivery
    opaque_id: str = ""
    recipient: str = ""
    reason: Reason | None = None
    provider_code: str = ""
    detail: str = ""
    billable: bool | None = None
    pricing_category: str = ""
    sighting: str = ""  # the name to count when the failure's code is unknown to the adapter


@dataclass(frozen=True)
class ReadUpTo(Event):
    """A watermark: everything sent to `sender` up to `at` was delivered or read (Messenger, Instagram)."""

    sender: str
    status: Delivery


@dataclass(frozen=True)
class Echo(Event):
    """A message of the business written elsewhere (phone app, Page inbox)."""

    recipient: str
    provider_id: str
    kind: str = "text"
    text: str = ""
    opaque_id: str = ""


@dataclass(frozen=True)
class MessageWithdrawn(Event):
    """The customer took a message back: its content is no longer to be shown."""

    sender: str
    provider_id: str


@dataclass(frozen=True)
class ContactChange(Event):
    """The customer followed, blocked, moved, or changed what they wish to receive."""

    sender: str
    change: str  # "followed", "blocked", "marketing_stopped", "marketing_resumed", "address_changed"
    new_address: str = ""  # with "address_changed": where the same person is reached from now on


@dataclass(frozen=True)
class AccountChange(Event):
    """The provider changed the state of our account: quality, limits, ban, template. `change` is its own word.

    `account_id` is the account the provider names: for WhatsApp the WhatsApp account (WABA), not the number,
    except for "errors", which concern one number.
    """

    change: str
    values: Mapping[str, Any] = field(default_factory=dict, repr=False)


@dataclass(frozen=True)
class UnknownEvent(Event):
    """A type or field this adapter does not know or has no use for: counted by `name`, never an error.

    `name` is "malformed", or what it is and its value as in "field:flows", "message:poll".
    """

    name: str


# --- The contract -----------------------------------------------------------------------------------------


class Unsupported(ValueError):
    """The caller asked for what the channel cannot say: our bug by then, for preflight has asked the spec."""


class WebhookRejected(Exception):
    """The delivery is not from the provider. The door answers every kind of rejection with the same 401."""


class Adapter(ABC):
    """One provider. Implementations are stateless; the registry holds one instance each."""

    kind: ClassVar[ChannelKind]
    spec: ClassVar[ChannelSpec]

    @abstractmethod
    def text_length(self, text: str) -> int:
        """Length of `text` as the provider counts it, in `spec.text_unit`."""

    @abstractmethod
    def build(self, outgoing: Outgoing, credentials: Credentials) -> ProviderRequest:
        """The request that sends `outgoing`. Raises Unsupported for what the spec does not allow."""

    @abstractmethod
    def read(self, response: ProviderResponse) -> Outcome:
        """What a response proves. Never raises: an answer nobody understands is UNKNOWN or unexpected."""

    def read_fault(self, fault: Fault) -> Outcome:
        """What the lack of a response proves."""
        if fault is Fault.NOT_CONNECTED:
            return Outcome(OutcomeKind.NOT_SENT, Reason.CONNECTION_FAILED, blame=Blame.PROVIDER)
        if fault is Fault.TOO_LARGE:
            return Outcome(OutcomeKind.UNKNOWN, Reason.UNEXPECTED_RESPONSE, blame=Blame.PROVIDER)
        return Outcome(OutcomeKind.UNKNOWN, Reason.ANSWER_LOST, blame=Blame.PROVIDER)

    @abstractmethod
    def verify(self, request: WebhookRequest, credentials: Credentials) -> None:
        """Check the signature over the raw bytes in constant time. Raises WebhookRejected."""

    @abstractmethod
    def events(self, payload: Mapping[str, Any]) -> Iterator[Event]:
        """All events of one delivery, in its order. Unknown ones come as UnknownEvent; one that is malformed
        comes as UnknownEvent named `malformed`, so that the others of the delivery still count."""
