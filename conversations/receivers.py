"""The signals of absorption, taken apart by channel. Connected in `broadcaster.wiring`."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from itertools import groupby
from typing import Any

from channels.adapters.base import (
    ContactChange,
    Echo,
    InboundMessage,
    MessageWithdrawn,
    ReadUpTo,
    StatusChange,
)
from channels.models import Channel
from channels.signals import E, Received
from conversations import echoes, inbound, statuses
from conversations.hooks import hooks
from tenants.models import Tenant


def on_inbound_messages(tenant: Tenant, received: list[Received[InboundMessage]], **_signal: Any) -> None:
    for channel, events in by_channel(received):
        inbound.receive_messages(tenant, channel, events)


def on_contact_changes(tenant: Tenant, received: list[Received[ContactChange]], **_signal: Any) -> None:
    for channel, events in by_channel(received):
        inbound.apply_contact_changes(tenant, channel, events)


def on_echoes(tenant: Tenant, received: list[Received[Echo]], **_signal: Any) -> set[Received[Echo]]:
    """Returns those that may be of something of ours whose answer is still to come."""
    ours, undecided = hooks.claim_echoes(tenant, received)
    left = [item for item in received if item not in ours | undecided]
    return undecided | _apart(left, partial(echoes.apply_echoes, tenant))


def on_reads_up_to(
    tenant: Tenant, received: list[Received[ReadUpTo]], **_signal: Any
) -> set[Received[ReadUpTo]]:
    """Returns the watermarks that may cover a reply which is still on its way."""
    return _apart(received, partial(statuses.apply_watermarks, tenant))


def on_withdrawals(
    tenant: Tenant, received: list[Received[MessageWithdrawn]], **_signal: Any
) -> set[Received[MessageWithdrawn]]:
    """Returns those about a message that is still to come."""
    return _apart(received, partial(inbound.apply_withdrawals, tenant))


def on_status_changes(
    tenant: Tenant, received: list[Received[StatusChange]], **_signal: Any
) -> set[Received[StatusChange]]:
    """Returns what is about no reply of ours: a broadcast's, or one that is still to come."""
    return _apart(received, partial(statuses.apply_status_changes, tenant))


def _apart(
    received: Iterable[Received[E]], apply: Callable[[Channel, Sequence[E]], Iterable[E]]
) -> set[Received[E]]:
    """Apply the events channel by channel; returns what `apply` gave back."""
    received = list(received)
    left = {id(event) for channel, events in by_channel(received) for event in apply(channel, events)}
    return {item for item in received if id(item.event) in left}


def by_channel(received: Iterable[Received[E]]) -> Iterator[tuple[Channel, list[E]]]:
    """The events of each channel, channels always in one order, so that two batches cannot deadlock."""
    ordered = sorted(received, key=lambda item: item.channel.pk)  # stable: by time within a channel
    for _pk, items in groupby(ordered, key=lambda item: item.channel.pk):
        group = list(items)
        yield group[0].channel, [item.event for item in group]
