"""The signals of absorption, taken apart by channel. Connected in `broadcaster.wiring`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import Any

from channels.adapters.base import ContactChange, Echo, InboundMessage, MessageWithdrawn, StatusChange
from channels.models import Channel
from channels.signals import E, Received
from conversations import inbound, statuses
from tenants.models import Tenant


def on_inbound_messages(tenant: Tenant, received: list[Received[InboundMessage]], **_signal: Any) -> None:
    for channel, events in by_channel(received):
        inbound.receive_messages(tenant, channel, events)


def on_contact_changes(tenant: Tenant, received: list[Received[ContactChange]], **_signal: Any) -> None:
    for channel, events in by_channel(received):
        inbound.apply_contact_changes(tenant, channel, events)


def on_echoes(tenant: Tenant, received: list[Received[Echo]], **_signal: Any) -> None:
    for channel, events in by_channel(received):
        statuses.apply_echoes(tenant, channel, events)


def on_status_changes(
    tenant: Tenant, received: list[Received[StatusChange]], **_signal: Any
) -> set[Received[StatusChange]]:
    """Returns what is about no reply of ours: a broadcast's, or one that is still to come."""
    unmatched: set[int] = set()
    for channel, events in by_channel(received):
        unmatched |= {id(event) for event in statuses.apply_status_changes(tenant, channel, events)}
    return {item for item in received if id(item.event) in unmatched}


def on_withdrawals(
    tenant: Tenant, received: list[Received[MessageWithdrawn]], **_signal: Any
) -> set[Received[MessageWithdrawn]]:
    """Returns what takes back messages that are not here yet."""
    unmatched: set[int] = set()
    for channel, events in by_channel(received):
        unmatched |= {id(event) for event in inbound.apply_withdrawals(tenant, channel, events)}
    return {item for item in received if id(item.event) in unmatched}


def by_channel(received: Iterable[Received[E]]) -> Iterator[tuple[Channel, list[E]]]:
    """The events of each channel, channels always in one order, so that two batches cannot deadlock."""
    ordered = sorted(received, key=lambda item: item.channel.pk)  # stable: by time within a channel
    for _pk, items in groupby(ordered, key=lambda item: item.channel.pk):
        group = list(items)
        yield group[0].channel, [item.event for item in group]
