"""What campaigns cost: held back, spent and given back, many at a time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass

from billing.models import Reservation
from campaigns.models import Campaign
from channels.models import DirectCost


@dataclass(frozen=True)
class Cost:
    """Millionths. `direct` is the share of `reserved` that Meta bills the team itself."""

    currency: str
    reserved: int = 0
    captured: int = 0
    released: int = 0
    direct: int = 0

    @property
    def held(self) -> int:
        """What no report has settled yet."""
        return self.reserved - self.captured - self.released

    def as_dict(self) -> dict[str, int | str]:
        return asdict(self)


def costs_of(campaigns: Sequence[Campaign]) -> dict[int, Cost]:
    """By id, in two queries at most however many; inside a tenant's scope."""
    subjects = {campaign.subject: campaign for campaign in campaigns if campaign.reserved or campaign.direct}
    found = {campaign.pk: Cost(campaign.currency) for campaign in campaigns}
    if not subjects:
        return found
    for row in Reservation.objects.filter(subject__in=subjects):
        _add(found, subjects[row.subject], row, direct=False)
    for cost in DirectCost.objects.filter(subject__in=subjects):
        _add(found, subjects[cost.subject], cost, direct=True)
    return found


def cost_of(campaign: Campaign) -> Cost:
    return costs_of([campaign])[campaign.pk]


def _add(found: dict[int, Cost], campaign: Campaign, row: Reservation | DirectCost, *, direct: bool) -> None:
    so_far = found[campaign.pk]
    found[campaign.pk] = Cost(
        so_far.currency,
        so_far.reserved + row.reserved,
        so_far.captured + row.captured,
        so_far.released + row.released,
        so_far.direct + (row.reserved if direct else 0),
    )
