"""The credit of one month: what there was, what came and went, what was left."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db.models import Case, CharField, F, Func, Min, Q, QuerySet, Sum, Value, When
from django.db.models.functions import TruncDate
from django.utils import timezone

from billing.models import Account, Entry
from billing.reports import movements

MOST_MONTHS = 60
CAPTURED = Q(source=Account.RESERVED, target=Account.SPENT)
RETURNED = Q(source=Account.SPENT, target=Account.AVAILABLE)
# Replies are as many as messages: only a campaign stands for itself.
SUBJECT = Case(
    When(subject__startswith="campaign:", then=F("subject")),
    default=Func(F("subject"), Value(":"), Value(1), function="split_part"),
    output_field=CharField(),
)


@dataclass(frozen=True)
class Statement:
    """Millionths of `currency`. opening + paid_in - taken_back - reserved + released = closing, the available credit;
    `spent` came out of what was on hold, which was `held_at_start` and became `held_at_end`; `borne` is what messages
    cost beyond that, at the platform's expense."""

    month: date
    currency: str
    opening: int
    paid_in: int
    taken_back: int
    reserved: int
    released: int
    spent: int
    closing: int
    held_at_start: int
    held_at_end: int
    borne: int


@dataclass(frozen=True)
class Spent:
    """What was spent on one day for one subject: a campaign's (`campaign:7`), else the kind before the colon."""

    day: date
    subject: str
    amount: int


def months(now: datetime | None = None) -> list[date]:
    """The first days of the months since the first movement, the present one first; in the current time zone."""
    today = timezone.localdate(now)
    oldest = Entry.objects.aggregate(at=Min("at"))["at"]
    first = (timezone.localtime(oldest).date() if oldest else today).replace(day=1)
    return list(_back_to(first, today.replace(day=1)))[:MOST_MONTHS]


def of_month(entries: QuerySet[Entry], month: date) -> QuerySet[Entry]:
    begin, end = bounds(month)
    return entries.filter(at__gte=begin, at__lt=end)


def bounds(month: date) -> tuple[datetime, datetime]:
    """When a month begins and when the next one does, in the current time zone."""
    return _midnight(month.replace(day=1)), _midnight(following(month))


def following(month: date) -> date:
    """The first day of the next month."""
    return (month.replace(day=28) + timedelta(days=4)).replace(day=1)


def statement_of(month: date, currency: str) -> Statement:
    """Inside a tenant's scope."""
    begin, _end = bounds(month)
    every = movements(currency)
    before = _sums(every.filter(at__lt=begin))
    during = _sums(of_month(every, month))
    opening = _available(before)
    held = before["reserved"] - before["released"] - before["spent"]
    return Statement(
        month=month,
        currency=currency,
        opening=opening,
        closing=opening + _available(during),
        held_at_start=held,
        held_at_end=held + during["reserved"] - during["released"] - during["spent"],
        borne=_borne(of_month(Entry.objects.filter(currency=currency), month)),
        **during,
    )


def spent_by_day(currency: str, since: datetime, until: datetime) -> list[Spent]:
    """What was captured from `since` until before `until`, less what was given back after a failure, by day of the
    current time zone, oldest first. Inside a tenant's scope."""
    rows = (
        Entry.objects.filter(currency=currency, at__gte=since, at__lt=until)
        .filter(CAPTURED | RETURNED)
        .annotate(day=TruncDate("at", tzinfo=timezone.get_current_timezone()), on=SUBJECT)
        .values_list("day", "on")
        .annotate(sum=Sum("amount", filter=CAPTURED, default=0) - Sum("amount", filter=RETURNED, default=0))
        .order_by("day", "on")
    )
    return [Spent(*row) for row in rows]


def _sums(entries: QuerySet[Entry]) -> dict[str, int]:
    moves = {
        "paid_in": (Account.TOP_UPS, Account.AVAILABLE),
        "taken_back": (Account.AVAILABLE, Account.TOP_UPS),
        "reserved": (Account.AVAILABLE, Account.RESERVED),
        "released": (Account.RESERVED, Account.AVAILABLE),
        "spent": (Account.RESERVED, Account.SPENT),
        "returned": (Account.SPENT, Account.AVAILABLE),
        "debt_paid": (Account.AVAILABLE, Account.LOSSES),
    }
    sums = {
        name: Sum("amount", filter=Q(source=source, target=target), default=0)
        for name, (source, target) in moves.items()
    }
    found = {name: int(sum) for name, sum in entries.order_by().aggregate(**sums).items()}
    returned = found.pop("returned")  # spent, and given back after all
    taken_back = found["taken_back"] + found.pop("debt_paid")  # by the bank, before there was credit to take
    spent, released = found["spent"] - returned, found["released"] + returned
    return found | {"taken_back": taken_back, "spent": spent, "released": released}


def _borne(entries: QuerySet[Entry]) -> int:
    sums = entries.aggregate(
        lost=Sum("amount", filter=Q(source=Account.LOSSES, target=Account.SPENT), default=0),
        recovered=Sum("amount", filter=Q(source=Account.SPENT, target=Account.LOSSES), default=0),
    )
    return int(sums["lost"] - sums["recovered"])


def _available(sums: dict[str, int]) -> int:
    return sums["paid_in"] - sums["taken_back"] - sums["reserved"] + sums["released"]


def _back_to(first: date, month: date) -> Iterator[date]:
    while month >= first:
        yield month
        month = (month - timedelta(days=1)).replace(day=1)


def _midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=timezone.get_current_timezone())
