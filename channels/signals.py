"""What providers tell us, for whoever listens. Receivers are connected in `broadcaster/wiring.py`.

Absorption (`channels.webhooks.absorb`) sends one signal per class of event, tenant and batch, with

    sender      the class of event
    tenant      the Tenant; its scope is active
    received    list[Received[…]]: at least one, each for the first time, by the provider's time

inside the transaction that also marks the events as done: a receiver writes and returns, it never commits.
It is called again with parts of the batch when it raised, down to the one event at fault, which is then
quarantined; whatever it wrote before raising is rolled back. Events come in any order between batches.
`OperationalError` (deadlock, lost connection) repeats the whole batch instead. Rows that many transactions write,
like counters, are left to the end of the batch: `channels.webhooks.afterwards`.

Receivers of `status_changes` and `withdrawals` return the set of those they could not match, or None; an event that
no receiver matched is kept and sent again for 24 hours. So is a watermark or an echo that any receiver of `reads_up_to`
or `echoes` returns, for what it is about is still on its way. Other answers are not looked at.

`switched_off` alone comes from a member, not from a provider: a channel was just switched off (`channel`), inside the
transaction that does it and the tenant's scope.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Generic, TypeVar

from django.dispatch import Signal

from channels.adapters.base import (
    AccountChange,
    ContactChange,
    Echo,
    Event,
    InboundMessage,
    MessageWithdrawn,
    ReadUpTo,
    StatusChange,
    TemplateChange,
)
from channels.models import Channel

E = TypeVar("E", bound=Event)


@dataclass(frozen=True, eq=False, slots=True)
class Received(Generic[E]):
    """One event and the channel it came through. Compared by identity, so it can stand in a set."""

    channel: Channel
    event: E


batches = Signal()  # all of one tenant's in a batch, before the first class, for those who lock rows ahead
inbound_messages = Signal()
status_changes = Signal()
contact_changes = Signal()
echoes = Signal()
account_changes = Signal()  # `channel` is one of the account's where the change concerns a WhatsApp account
template_changes = Signal()  # likewise
reads_up_to = Signal()
withdrawals = Signal()
switched_off = Signal()

# In the order in which one batch is sent: a reply comes before the statuses of what answers it.
SIGNALS: Mapping[type[Event], Signal] = {
    AccountChange: account_changes,
    TemplateChange: template_changes,
    InboundMessage: inbound_messages,
    ContactChange: contact_changes,
    Echo: echoes,
    StatusChange: status_changes,
    ReadUpTo: reads_up_to,
    MessageWithdrawn: withdrawals,
}

# Those about one message, which may not be known yet: kept where no receiver matched them.
MATCHED: frozenset[type[Event]] = frozenset({StatusChange, MessageWithdrawn})
# Those that mean something to several receivers, each for itself: kept where any asks for it.
AWAITED: frozenset[type[Event]] = frozenset({Echo, ReadUpTo})
