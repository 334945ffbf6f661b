"""What providers tell us by webhook, in the words of all channels."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, NamedTuple

from channels.adapters.outcomes import Reason


class WebhookRequest(NamedTuple):
    """A delivery as it arrived: header names lower case, `body` the raw bytes the signature covers."""

    headers: Mapping[str, str]
    body: bytes


# Events are made by the hundred thousand: frozen, each would cost three times as much. Nobody changes them.


@dataclass(slots=True)
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


@dataclass(slots=True)
class InboundMessage(Event):
    """A customer wrote. `sender` is the address replies go to (LINE user id; BSUID, else phone digits with +; PSID).

    A message of several attachments is one of these for each, the further ones named `<provider_id>:<n>`.
    """

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
    opens_window: bool = True  # whether it lets us write freely from now on


class Delivery(StrEnum):
    SENT = "sent"
    DELIVERED = "delivered"
    READ = "read"
    FAILED = "failed"


@dataclass(slots=True)
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


@dataclass(slots=True)
class ReadUpTo(Event):
    """A watermark: everything sent to `sender` up to `up_to` was delivered or read by `at` (Messenger)."""

    sender: str
    status: Delivery
    up_to: datetime  # the provider's time of the last message it covers, UTC


@dataclass(slots=True)
class Echo(Event):
    """A message of the business came back to us: with `opaque_id` one of ours, else one written elsewhere (phone app,
    Page inbox) or, where the provider returns no id of ours (Instagram), perhaps ours."""

    recipient: str
    provider_id: str
    kind: str = "text"
    text: str = ""
    opaque_id: str = ""


@dataclass(slots=True)
class MessageWithdrawn(Event):
    """The customer took a message back: its content is no longer to be shown."""

    sender: str
    provider_id: str


@dataclass(slots=True)
class ContactChange(Event):
    """The customer followed, blocked, moved, or changed what they wish to receive."""

    sender: str
    change: str  # "followed", "blocked", "marketing_stopped", "marketing_resumed", "address_changed"
    new_address: str = ""  # with "address_changed": where the same person is reached from now on
    phone: str = ""  # +E.164 where known


class AccountState(StrEnum):
    CONNECTED = "connected"
    DISCONNECTED = "disconnected"  # nothing can be sent until somebody reconnects it
    RESTRICTED = "restricted"  # the provider lets us send nothing for now


@dataclass(slots=True)
class AccountChange(Event):
    """The provider changed something about our account: quality, limits, ban. `change` is its own word;
    `state` what the account is in from now on, where it says so.

    `account_id` is the account the provider names: for WhatsApp the WhatsApp account (WABA), not the number,
    except for "errors", which concern one number.
    """

    change: str
    values: Mapping[str, Any] = field(default_factory=dict, repr=False)
    state: AccountState | None = None


@dataclass(slots=True)
class TemplateChange(Event):
    """The provider judged, rated, moved or changed a message template. What it did not say is "" or False; the rest is
    in its own words (upper case).

    `status`: the verdict, with `reason` and the provider's `explanation`; `quality`: the new rating; `category`: what
    it counts as from now on, `next_category`: what it will count as soon; `content_changed`: somebody edited it
    elsewhere, so that it has to be read anew.
    """

    template_id: str
    name: str
    language: str
    status: str = ""
    reason: str = ""
    explanation: str = ""
    quality: str = ""
    category: str = ""
    next_category: str = ""
    content_changed: bool = False


@dataclass(slots=True)
class UnknownEvent(Event):
    """A type or field this adapter does not know or has no use for: counted by `name`, never an error.

    `name` is "malformed", or what it is and its value as in "field:flows", "message:poll".
    """

    name: str
