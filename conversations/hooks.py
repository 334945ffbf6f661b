"""What conversations asks of the apps above it, which it must not know. Filled in `broadcaster.wiring`."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from tenants.models import Tenant

# (tenant, contact ids, since) -> contact id: id of the member whose broadcast reached that contact last
RecentSenders = Callable[[Tenant, Sequence[int], datetime], Mapping[int, int]]
# (tenant, contact id: time of the customer's message); runs in the transaction that stores the messages
CustomersReplied = Callable[[Tenant, Mapping[int, datetime]], None]


def _nobody(_tenant: Tenant, _contact_ids: Sequence[int], _since: datetime) -> Mapping[int, int]:
    return {}


def _unheard(_tenant: Tenant, _replies: Mapping[int, datetime]) -> None:
    return None


@dataclass
class Hooks:
    """One listener each; without broadcasts nobody is a sender and nobody needs to hear of replies."""

    recent_senders: RecentSenders = _nobody
    customers_replied: CustomersReplied = _unheard


hooks = Hooks()
