"""What conversations asks of the apps above it, which it must not know. Filled in `broadcaster.wiring`."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from django.db.models import QuerySet

from channels.adapters.base import Echo, Reason
from channels.signals import Received
from conversations.models import Contact
from tenants.models import Member, Tenant

# (tenant, contact ids, since) -> contact id: id of the member whose broadcast reached that contact last
RecentSenders = Callable[[Tenant, Sequence[int], datetime], Mapping[int, int]]
# (tenant, contact id: time of the customer's message); runs in the transaction that stores the messages
CustomersReplied = Callable[[Tenant, Mapping[int, datetime]], None]


class Claim(NamedTuple):
    """Echoes of broadcasts, and those that may turn out to be once an answer on its way has come."""

    ours: set[Received[Echo]]
    undecided: set[Received[Echo]]


# (tenant, echoes of one batch); runs in the transaction that absorbs them
EchoesClaimed = Callable[[Tenant, Sequence[Received[Echo]]], Claim]


# (tenant, id of the channel, why): a reply found that the provider no longer lets us through
ChannelBroken = Callable[[Tenant, int, Reason], None]


# contact -> whether a broadcast has sent them a template since they last wrote, that may still arrive
TemplateBroadcast = Callable[[Contact], bool]

# (member, number of a broadcast) -> the contacts who answered it or tapped in it, for a subquery; nobody where the
# member may not see it
WhoAnswered = Callable[[Member, int], QuerySet[Any, Any]]


def _nobody(_tenant: Tenant, _contact_ids: Sequence[int], _since: datetime) -> Mapping[int, int]:
    return {}


def _unheard(_tenant: Tenant, _replies: Mapping[int, datetime]) -> None:
    return None


def _nothing(_tenant: Tenant, _received: Sequence[Received[Echo]]) -> Claim:
    return Claim(set(), set())


def _unnoticed(_tenant: Tenant, _channel_id: int, _reason: Reason) -> None:
    return None


def _no_answers(_member: Member, _number: int) -> QuerySet[Any, Any]:
    return Contact.objects.none().values("pk")


def _not_invited(_contact: Contact) -> bool:
    return False


@dataclass
class Hooks:
    """One listener each; without broadcasts nobody is a sender, knows an echo, or needs to hear of anything."""

    recent_senders: RecentSenders = _nobody
    customers_replied: CustomersReplied = _unheard
    claim_echoes: EchoesClaimed = _nothing
    channel_broken: ChannelBroken = _unnoticed
    template_broadcast: TemplateBroadcast = _not_invited
    who_answered: WhoAnswered = _no_answers


hooks = Hooks()
