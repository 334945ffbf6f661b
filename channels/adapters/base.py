"""What every channel adapter says, and the values it says it in.

An adapter turns values into a request and a response into a value. It opens no socket, never sleeps,
never retries and knows no table; so it is tested as a table of values (`tests/channels/cases/`).

Who calls: `build` and `read` by `channels.sending`, `verify` and `events` by `channels.webhooks`,
`spec` by preflight, the composer and the pacing of the send path. What became of a request is in `outcomes`, what a
webhook tells in `incoming`; both can be imported from here.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from typing import Any, ClassVar, NamedTuple

from channels.adapters.incoming import (
    AccountChange,
    AccountState,
    ContactChange,
    Delivery,
    Echo,
    Event,
    InboundMessage,
    IncomingMedia,
    MessageWithdrawn,
    ReadUpTo,
    StatusChange,
    TemplateChange,
    UnknownEvent,
    WebhookRequest,
)
from channels.adapters.outcomes import (
    Blame,
    CallFailed,
    Fault,
    Outcome,
    OutcomeKind,
    Reason,
    Verdict,
)

__all__ = [
    "PLAIN_KINDS",
    "AccountChange",
    "AccountState",
    "Adapter",
    "Answer",
    "Blame",
    "CallFailed",
    "ChannelKind",
    "ChannelSpec",
    "ContactChange",
    "Credentials",
    "Delivery",
    "Echo",
    "Event",
    "Fault",
    "Idempotency",
    "InboundMessage",
    "IncomingMedia",
    "MediaRule",
    "MessageWithdrawn",
    "Outcome",
    "OutcomeKind",
    "Outgoing",
    "OutgoingMedia",
    "OutgoingPart",
    "OutgoingTemplate",
    "Pacing",
    "PartKind",
    "Profile",
    "ProviderRequest",
    "ProviderResponse",
    "ReadUpTo",
    "Reason",
    "StatusChange",
    "TemplateChange",
    "UnknownEvent",
    "Unsupported",
    "Verdict",
    "WebhookRejected",
    "WebhookRequest",
    "unanswered",
]


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
    TEMPLATE = "template"  # WhatsApp's, approved beforehand


PLAIN_KINDS = tuple(
    kind for kind in PartKind if kind is not PartKind.TEMPLATE
)  # what people write themselves


# --- What a channel can do -------------------------------------------------------------------------------


@dataclass(frozen=True)
class MediaRule:
    """What a channel takes of one media kind: MIME types, the largest size in bytes and, of videos, the codecs by the
    names of `channels.media.mp4`; no codecs named, all are taken."""

    mimes: frozenset[str]
    max_bytes: int
    needs_preview: bool = False
    preview_max_bytes: int = 0
    video_codecs: frozenset[str] = frozenset()
    audio_codecs: frozenset[str] = frozenset()


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
    text_unit: str  # "utf16" (LINE, Messenger), "codepoints" (WhatsApp), "utf8" (Instagram)
    media: Mapping[PartKind, MediaRule]
    window_hours: int | None  # hours a customer's message keeps plain messages allowed; None = always
    max_people: int  # people one request may name (LINE multicast 500)
    max_parts: int  # parts one request may carry (LINE 5, Meta 1)
    idempotency: Idempotency
    pacing: Mapping[str, Pacing]  # by endpoint name, as in ProviderRequest.endpoint
    reports_delivery: bool  # whether the provider tells of delivered/read per person
    monthly_quota: bool = False  # whether the provider counts people against a monthly limit
    human_hours: int = (
        0  # hours a member may answer after the customer's message where the app has the feature; 0 = no
    )
    max_caption: int = 0  # longest text beside an image, video or file; 0 = this channel has no captions


# --- Outgoing ---------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Credentials:
    """Decrypted secrets and ids of one channel. Never logged: `repr` hides them."""

    account_id: str  # LINE bot user id, WhatsApp phone_number_id, Page id, Instagram account id
    access_token: str = field(repr=False)
    secret: str = field(default="", repr=False)  # LINE channel secret, Meta app secret
    verify_token: str = field(default="", repr=False)

    @cached_property
    def bearer(self) -> tuple[str, str]:
        """The header that carries the access token, made once: a fan-out sends it with every request."""
        return "Authorization", f"Bearer {self.access_token}"


@dataclass(frozen=True)
class OutgoingMedia:
    """A stored file as a provider fetches it. `url`, `preview_url` are public https addresses."""

    url: str
    mime: str
    filename: str = ""
    preview_url: str = ""
    provider_media_id: str = ""  # already uploaded to the provider; wins over the url
    duration_ms: int = 0


# What is made for every message is a tuple: a frozen dataclass costs three times as much to make.


class OutgoingTemplate(NamedTuple):
    """A filled-in template: what WhatsApp is told in place of words. `components` are in its own terms."""

    name: str
    language: str
    components: Sequence[Mapping[str, Any]] = ()


class OutgoingPart(NamedTuple):
    """One rendered part: `text` for text parts, `template` for templates, `media` (with optional caption in `text`) for
    the others."""

    kind: PartKind
    text: str = ""
    media: OutgoingMedia | None = None
    template: OutgoingTemplate | None = None


class Outgoing(NamedTuple):
    """One request to a provider: parts for one or, where the spec allows, many people.

    `to`: provider addresses (LINE user ids; WhatsApp +E.164 or BSUID).
    `retry_key`: UUID text for providers with RETRY_KEY; `opaque_id`: ours, echoed by OPAQUE_ID providers.
    `reply_token`: LINE's free reply token, used in place of `to` while it lives. `human_agent`: a member's own answer
    after the reply window, which Messenger and Instagram take for seven days; never of a campaign or the bot.
    """

    to: tuple[str, ...]
    parts: tuple[OutgoingPart, ...]
    retry_key: str = ""
    opaque_id: str = ""
    reply_token: str = ""
    quote_provider_id: str = ""
    human_agent: bool = False


class ProviderRequest(NamedTuple):
    """An HTTP request as data. `path` is relative to the provider's base address named by `host`.

    The base address belongs to the installation (`PROVIDER_URLS`). Those of "graph" and "instagram" end in the Graph
    version, so no adapter names one. No path or query ever carries a token.
    """

    method: str
    host: str  # key of PROVIDER_URLS: "line", "line_data", "graph", "graph_media", "instagram"
    path: str
    headers: tuple[tuple[str, str], ...]  # carries the bearer token
    body: bytes = b""
    endpoint: str = ""  # key of ChannelSpec.pacing

    def __repr__(self) -> str:
        """Without headers and body: the token is nobody's to read."""
        return f"ProviderRequest({self.method!r}, {self.host!r}, {self.path!r}, endpoint={self.endpoint!r})"


class ProviderResponse(NamedTuple):
    """What came back. Header names are lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes


Answer = ProviderResponse | Fault  # what a transport brings back


@dataclass(frozen=True)
class Profile:
    """A person as they show themselves; `language` is a BCP 47 tag, both may be empty."""

    name: str
    language: str = ""


# --- The contract -----------------------------------------------------------------------------------------


class Unsupported(ValueError):
    """The caller asked for what the channel cannot say: our bug by then, for preflight has asked the spec."""


class WebhookRejected(Exception):
    """The delivery is not from the provider. The door answers every kind of rejection with the same 401."""


def unanswered(fault: Fault) -> Outcome:
    """What the lack of a response proves, whoever was asked."""
    if fault is Fault.NOT_CONNECTED:
        return Outcome(OutcomeKind.NOT_SENT, Reason.CONNECTION_FAILED, blame=Blame.PROVIDER)
    if fault is Fault.TOO_LARGE:
        return Outcome(OutcomeKind.UNKNOWN, Reason.UNEXPECTED_RESPONSE, blame=Blame.PROVIDER)
    return Outcome(OutcomeKind.UNKNOWN, Reason.ANSWER_LOST, blame=Blame.PROVIDER)


class Adapter(ABC):
    """One provider. Implementations are stateless; the registry holds one instance each.

    `names_writers`: whether messages carry their writer's name; where not, `profile` asks for it. `media_hosts`: where
    what customers send lies open to whoever knows the address, hosts below included. `webhook_object`: what deliveries
    about this kind name as `object`, where several kinds share an address. `tells_health`: the provider can be asked
    how an account is (`channels.health`).
    """

    kind: ClassVar[ChannelKind]
    spec: ClassVar[ChannelSpec]
    names_writers: ClassVar[bool] = True
    media_hosts: ClassVar[frozenset[str]] = frozenset()
    webhook_object: ClassVar[str] = ""
    tells_health: ClassVar[bool] = False

    @abstractmethod
    def text_length(self, text: str) -> int:
        """Length of `text` as the provider counts it, in `spec.text_unit`."""

    def endpoint(self, people: int, kind: PartKind) -> str:
        """The key of `spec.pacing` a request of one part kind to so many people counts against."""
        return next(iter(self.spec.pacing))

    @abstractmethod
    def build(self, outgoing: Outgoing, credentials: Credentials) -> ProviderRequest:
        """The request that sends `outgoing`. Raises Unsupported for what the spec does not allow."""

    @abstractmethod
    def read(self, response: ProviderResponse) -> Outcome:
        """What a response proves. Never raises: an answer nobody understands is UNKNOWN or unexpected."""

    def read_fault(self, fault: Fault) -> Outcome:
        """What the lack of a response proves."""
        return unanswered(fault)

    def profile(self, person: str, credentials: Credentials) -> ProviderRequest:
        """The request that asks who this is. Raises Unsupported where messages carry the name."""
        raise Unsupported(f"{self.spec.label} tells names with the messages")

    def read_profile(self, answer: Answer) -> Profile:
        """The answer to `profile`. Raises CallFailed; final where the person does not show themselves to us."""
        raise Unsupported(f"{self.spec.label} tells names with the messages")

    @abstractmethod
    def verify(self, request: WebhookRequest, credentials: Credentials) -> None:
        """Check the signature over the raw bytes in constant time. Raises WebhookRejected."""

    @abstractmethod
    def events(self, payload: Mapping[str, Any]) -> Iterator[Event]:
        """All events of one delivery, in its order. Unknown ones come as UnknownEvent; one that is malformed
        comes as UnknownEvent named `malformed`, so that the others of the delivery still count."""
