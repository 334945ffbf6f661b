"""Campaigns that were refused or paused for want of credit or budget, and go on once there is enough."""

from __future__ import annotations

from datetime import timedelta

from django.db.models import Q, QuerySet
from django.utils import timezone

from billing.debts import owed
from billing.errors import InsufficientCredit
from campaigns.models import Campaign, Moment, Recipient, Status
from channels.direct import BudgetExceeded

TAKEN_BACK = "credit_taken_back"  # a bank took back a payment whose credit was on hold or spent
LACKING = frozenset({InsufficientCredit.code, BudgetExceeded.code, TAKEN_BACK})
OFFERED = timedelta(days=7)  # so long somebody may still want it; older ones can be resumed from their page


def lacks_balance(campaign: Campaign) -> bool:
    return campaign.status == Status.REFUSED and campaign.reason in LACKING


def waiting_for_balance() -> QuerySet[Campaign]:
    """Paused, or refused within a week, for what was missing (`shortfall`), newest first: what a top-up offers to
    resume."""
    refused = Q(status=Status.REFUSED, finished_at__gte=timezone.now() - OFFERED)
    found = Campaign.objects.filter(refused | Q(status=Status.PAUSED), reason__in=LACKING)
    return found.select_related("created_by").order_by("-pk")


def require_backed(campaign: Campaign) -> None:
    """Raises InsufficientCredit while the team owes what a bank took back, where the campaign sends on credit."""
    if campaign.reserved and (missing := owed(campaign.currency)):
        raise InsufficientCredit(missing, campaign.currency)


def start_over(campaign: Campaign) -> None:
    """Nobody of it was sent anything: they are prepared anew, as they are then."""
    Recipient.objects.filter(campaign=campaign).delete()
    campaign.shards.all().delete()
    campaign.counters.all().delete()
    Moment.objects.filter(campaign=campaign).delete()
    campaign.total = campaign.prepare_cursor = 0
    campaign.save(update_fields=["total", "prepare_cursor"])
