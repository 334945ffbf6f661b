"""The chart of the credit page: what was spent on each of the last days, by what Meta bills it as."""

from __future__ import annotations

from collections import defaultdict
from datetime import date, datetime, timedelta

from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from billing.money import shown
from billing.statements import Spent, spent_by_day
from campaigns.reports import categories_of
from conversations.spending import templates_by_day
from workspace.charts import Chart, Series, stacked
from workspace.credit.movements import PLACES

DAYS = 30
SERVICE = "service"
# In the order in which they stand on each other, from the ground up.
SERIES = (
    Series("marketing", _("Marketing templates"), "primary"),
    Series("utility", _("Utility templates"), "info"),
    Series("authentication", _("One-time codes"), "warning"),
    Series(SERVICE, _("Messages without a template"), "success"),
)
CATEGORIES: dict[str, str | Promise] = {one.name: one.label for one in SERIES}


def chart(currency: str, now: datetime | None = None) -> Chart | None:
    """The last 30 days of the current time zone; None where nothing was spent. Inside a tenant's scope."""
    today = timezone.localtime(now)
    first = today.replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(days=DAYS - 1)
    spent = by_category(currency, first, today + timedelta(days=1))
    days = [(first + timedelta(days=n)).date() for n in range(DAYS)]
    return stacked(
        [(day, spent.get(day, {})) for day in days],
        SERIES,
        lambda amount: shown(amount, currency, places=PLACES),
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
