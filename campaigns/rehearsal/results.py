"""How a rehearsal came out, read from its copy while that stands, and from what was kept of it afterwards."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from django.utils import timezone

from campaigns.costs import cost_of
from campaigns.models import Campaign, Rehearsal, Status
from campaigns.reports import counts_of
from tenants.models import Tenant
from tenants.scopes import tenant_scope

ENDED = frozenset({Status.COMPLETED, Status.CANCELLED, Status.REFUSED})


@dataclass(frozen=True)
class Result:
    """People, the most it would have cost (millionths of `currency`), and seconds since it started, up to its end."""

    status: str
    total: int
    reached: int
    failed: int
    in_doubt: int
    cost: int
    currency: str
    seconds: float

    @property
    def ended(self) -> bool:
        return self.status in ENDED

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


def result_of(rehearsal: Rehearsal) -> Result:
    """As it stands now; in the scope of the real team, whose rehearsal it is."""
    if rehearsal.result is not None:
        return Result(**rehearsal.result)
    with tenant_scope(Tenant.objects.get(rehearses=rehearsal.tenant_id)):
        return result_of_copy(Campaign.objects.get(number=rehearsal.copy))


def result_of_copy(copy: Campaign) -> Result:
    """The same in the scope of the team that rehearses."""
    counts, cost = counts_of(copy), cost_of(copy)
    took = (copy.finished_at or timezone.now()) - copy.started_at if copy.started_at else None
    return Result(
        status=copy.status,
        total=copy.total,
        reached=counts.sent,
        failed=counts.failed + counts.partial + counts.skipped,
        in_doubt=counts.unconfirmed,
        cost=cost.reserved - cost.released,
        currency=copy.currency,
        seconds=round(took.total_seconds(), 1) if took else 0.0,
    )


def rehearsal_behind(copy: Campaign, team: Tenant) -> Rehearsal | None:
    """What a broadcast in a team that rehearses is the rehearsal of, in the scope of that team; None for one that
    somebody made there by hand, such as a retry."""
    if team.rehearses is None:
        return None
    with tenant_scope(team.rehearses):
        found = Rehearsal.objects.filter(copy=copy.number).select_related("campaign", "created_by")
        return found.first()
