"""How busy a channel was, and which tags are in use."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import Count, DateField, F, Func, Q, QuerySet
from django.db.models.functions import TruncDate

from channels.models import Channel
from conversations.models import Conversation, Customer, Direction, Message


@dataclass(frozen=True)
class Day:
    """One day of the tenant's calendar: conversations begun, messages received and sent (replies only)."""

    date: date
    conversations: int
    received: int
    sent: int

    @property
    def messages(self) -> int:
        return self.received + self.sent


@dataclass(frozen=True)
class TagCount:
    tag: str
    customers: int


def activity_of(channel: Channel, days: int, now: datetime) -> list[Day]:
    """The last `days` days up to today, oldest first, quiet ones too; days begin in the tenant's zone."""
    zone = channel.tenant.zone
    first = now.astimezone(zone).date() - timedelta(days=days - 1)
    since = datetime.combine(first, datetime.min.time(), zone)
    begun = dict(
        _by_day(Conversation.objects.filter(channel=channel, created_at__gte=since), "created_at", zone)
        .annotate(count=Count("pk"))
        .values_list("day", "count")
    )
    said = {
        day: (received, sent)
        for day, received, sent in _by_day(
            Message.objects.filter(conversation__channel=channel, at__gte=since), "at", zone
        )
        .annotate(
            received=Count("pk", filter=Q(direction=Direction.IN)),
            sent=Count("pk", filter=Q(direction=Direction.OUT)),
        )
        .values_list("day", "received", "sent")
    }
    calendar = (first + timedelta(days=place) for place in range(days))
    return [Day(day, begun.get(day, 0), *said.get(day, (0, 0))) for day in calendar]


def _by_day(rows: QuerySet[Any], column: str, zone: ZoneInfo) -> QuerySet[Any, dict[str, Any]]:
    day = TruncDate(column, tzinfo=zone, output_field=DateField())
    return rows.annotate(day=day).values("day").order_by("day")  # type: ignore[no-any-return]


def tags_in_use(customers: QuerySet[Customer]) -> list[TagCount]:
    """Every tag of these customers with how many have it, by name."""
    rows = (
        customers.order_by()
        .annotate(tag=Func(F("tags"), function="unnest"))
        .values("tag")
        .annotate(count=Count("pk"))
        .order_by("tag")
    )
    return [TagCount(row["tag"], row["count"]) for row in rows]
