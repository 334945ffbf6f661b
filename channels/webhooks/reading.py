"""From a raw delivery to its events. Nothing is written here."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from channels.adapters import ADAPTERS
from channels.adapters.base import ChannelKind, Event
from channels.adapters.parsing import Malformed, body_object
from channels.doors import Account, Owner
from channels.models import DeliverySource, HeldEvent, RawDelivery

# What a Meta app's deliveries are about. https://developers.facebook.com/docs/graph-api/webhooks/reference
KINDS_BY_OBJECT = {
    adapter.webhook_object: kind for kind, adapter in ADAPTERS.items() if adapter.webhook_object
}


class Unreadable(ValueError):
    """A signed delivery that is no JSON object, or about nothing we know."""


@dataclass(eq=False, slots=True)
class Work:
    """One event on its way through absorption. `key` is SeenEvent's, in hexadecimal; `held` where it was kept from
    an earlier batch, `owners` the channels it may speak for."""

    key: str
    delivery: RawDelivery
    kind: ChannelKind
    event: Event
    held: HeldEvent | None = None
    owners: Sequence[Owner] = ()

    @property
    def account(self) -> Account:
        return self.kind, self.event.account_id


def read_delivery(delivery: RawDelivery) -> list[Work]:
    """The events of a delivery, in its order. Raises Unreadable."""
    payload = _payload(delivery)
    kind = _kind(delivery, payload)
    return [Work(event_key(kind, event), delivery, kind, event) for event in ADAPTERS[kind].events(payload)]


def event_key(kind: ChannelKind, event: Event) -> str:
    """The same for every repeat of an event, however often and in whatever delivery it comes."""
    return _key(kind, event.account_id, type(event).__name__, event.event_id)


def delivery_key(delivery: RawDelivery) -> str:
    """Stands for a whole delivery that could not be read."""
    return _key("delivery", str(delivery.pk))


def _key(*parts: str) -> str:
    text = "\x1f".join(parts).encode("utf-8", "surrogatepass")
    return hashlib.blake2b(text, digest_size=16).hexdigest()


def _payload(delivery: RawDelivery) -> Mapping[str, Any]:
    try:
        return body_object(bytes(delivery.body))
    except Malformed as error:
        raise Unreadable(str(error)) from error


def _kind(delivery: RawDelivery, payload: Mapping[str, Any]) -> ChannelKind:
    if delivery.source == DeliverySource.LINE:
        return ChannelKind.LINE
    named = payload.get("object")
    kind = KINDS_BY_OBJECT.get(named) if isinstance(named, str) else None
    if kind is None:
        raise Unreadable("about something no adapter speaks for")
    return kind
