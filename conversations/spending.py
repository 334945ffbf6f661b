"""What templates that were sent one by one, outside campaigns, cost by day and category."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from django.db.models import F, OuterRef, Subquery, Sum
from django.db.models.functions import Least, TruncDate
from django.utils import timezone

from billing.models import Entry
from conversations.models import Message

LONGEST_REPORT = timedelta(days=31)  # so long after it was sent a message may be billed


def templates_by_day(currency: str, since: datetime, until: datetime) -> list[tuple[date, str, int]]:
    """(day of the current time zone, category, millionths) of what the credit paid for them, by the day on which it
    was booked. Inside a tenant's scope."""
    booked = Entry.objects.filter(pk=OuterRef("entry"), currency=currency, at__gte=since, at__lt=until)
    zone = timezone.get_current_timezone()
    rows = (
        Message.objects.filter(template__isnull=False, direct=False, charge__gt=0)
        .filter(at__gte=since - LONGEST_REPORT, at__lt=until)
        .annotate(day=Subquery(booked.annotate(day=TruncDate("at", tzinfo=zone)).values("day")))
        .filter(day__isnull=False)
        .values_list("day", "category")
        .annotate(sum=Sum(Least(F("charge"), F("price"))))
        .order_by("day", "category")
    )
    return [(day, category, amount) for day, category, amount in rows]
