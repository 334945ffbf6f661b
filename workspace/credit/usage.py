"""The chart of the credit page: what was spent on each of the last days, by what Meta bills it as."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from billing.money import shown
from billing.statements import Spent, spent_by_day
from campaigns.reports import categories_of
from conversations.spending import templates_by_day
from workspace.credit.movements import PLACES

DAYS = 30
WIDTH, HEIGHT, GAP = 24, 120, 6  # of a bar, of the tallest, between two
SERVICE = "service"
# In the order in which they stand on each other, from the ground up.
CATEGORIES: dict[str, str | Promise] = {
    "marketing": _("Marketing templates"),
    "utility": _("Utility templates"),
    "authentication": _("One-time codes"),
    SERVICE: _("Messages without a template"),
}


@dataclass(frozen=True)
class Piece:
    category: str
    y: float
    height: float


@dataclass(frozen=True)
class Bar:
    """One day; `words` say it to assistive technology and on hover."""

    day: date
    x: int
    pieces: list[Piece]
    words: str


@dataclass(frozen=True)
class Legend:
    category: str
    label: str | Promise
    amount: str


@dataclass(frozen=True)
class Chart:
    first: date
    last: date
    bars: list[Bar]
    legend: list[Legend]
    width: int
    height: int
    top: str  # what the tallest day cost
    total: str


def chart(currency: str, now: datetime | None = None) -> Chart | None:
    """The last 30 days of the current time zone; None where nothing was spent. Inside a tenant's scope."""
    today = timezone.localtime(now)
    first = today.replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(days=DAYS - 1)
    spent = by_category(currency, first, today + timedelta(days=1))
    if not spent:
        return None
    days = [(first + timedelta(days=n)).date() for n in range(DAYS)]
    top = max(sum(of_day.values()) for of_day in spent.values())
    totals = {name: sum(of_day.get(name, 0) for of_day in spent.values()) for name in CATEGORIES}
    return Chart(
        first=days[0],
        last=days[-1],
        bars=[_bar(day, n, spent.get(day, {}), top, currency) for n, day in enumerate(days)],
        legend=[
            Legend(name, label, shown(totals[name], currency, places=PLACES))
            for name, label in CATEGORIES.items()
            if totals[name]
        ],
        width=DAYS * (WIDTH + GAP) - GAP,
        height=HEIGHT,
        top=shown(top, currency, places=PLACES),
        total=shown(sum(totals.values()), currency, places=PLACES),
    )


def by_category(currency: str, since: datetime, until: datetime) -> dict[date, dict[str, int]]:
    """Millionths by day and category from `since` until before `until`: a campaign's is its template's, and so is that
    of a template sent by itself; everything else is free-form. Inside a tenant's scope."""
    days = _by_subject(spent_by_day(currency, since, until))
    for day, category, amount in templates_by_day(currency, since, until):
        days[day][SERVICE] -= amount
        days[day][_known(category)] += amount
    return days


def _by_subject(spent: list[Spent]) -> dict[date, dict[str, int]]:
    numbers = {row.subject.partition(":")[2] for row in spent if row.subject.startswith("campaign:")}
    categories = categories_of(int(number) for number in numbers)
    days: dict[date, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for row in spent:
        name, _colon, number = row.subject.partition(":")
        category = categories.get(int(number), SERVICE) if name == "campaign" else SERVICE
        days[row.day][_known(category)] += row.amount
    return days


def _known(category: str) -> str:
    return category if category in CATEGORIES else "marketing"


def _bar(day: date, n: int, spent: dict[str, int], top: int, currency: str) -> Bar:
    pieces, ground = [], float(HEIGHT)
    for name in CATEGORIES:
        height = HEIGHT * spent.get(name, 0) / top
        if height:
            ground -= height
            pieces.append(Piece(name, round(ground, 2), round(height, 2)))
    amount = shown(sum(spent.values()), currency, places=PLACES)
    return Bar(day, n * (WIDTH + GAP), pieces, amount)
