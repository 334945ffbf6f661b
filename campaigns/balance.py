"""Campaigns that were refused for want of credit or budget, and can be taken up again once there is enough."""

from __future__ import annotations

from datetime import timedelta

from django.db.models import QuerySet
from django.utils import timezone

from billing.errors import InsufficientCredit
from campaigns.models import Campaign, Moment, Recipient, Status
from channels.direct import BudgetExceeded

LACKING = frozenset({InsufficientCredit.code, BudgetExceeded.code})
OFFERED = timedelta(days=7)  # so long somebody may still want it; older ones can be resumed from their page


def lacks_balance(campaign: Campaign) -> bool:
    return campaign.status == Status.REFUSED and campaign.reason in LACKING


def waiting_for_balance() -> QuerySet[Campaign]:
    """Refused within a week for what was missing (`shortfall`), newest first: what a top-up offers to resume."""
    recent = Campaign.objects.filter(finished_at__gte=timezone.now() - OFFERED)
    recent = recent.select_related("created_by")
    return recent.filter(status=Status.REFUSED, reason__in=LACKING).order_by("-finished_at", "-pk")


def forget_prepared(campaign: Campaign) -> None:
    """Nobody of a refused campaign was sent anything: they are prepared anew, as they are then."""
    Recipient.objects.filter(campaign=campaign).delete()
    campaign.shards.all().delete()
    campaign.counters.all().delete()
    Moment.objects.filter(campaign=campaign).delete()
