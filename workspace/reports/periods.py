"""The period of a report as its address names it: `?from=2026-11-01&to=2026-11-30`, or the last 30 days."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, timedelta

from django.http import QueryDict
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from campaigns.links.report import LONGEST_DAYS, Period

USUAL_DAYS = 30
DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
EARLIEST, LATEST = date(2000, 1, 1), date(2999, 12, 31)  # beyond them zones and databases have no days
NO_DAY = gettext_lazy("That is no day. Write days like 2026-11-27.")
SHORTCUTS = (7, 30, 90, LONGEST_DAYS - 1)


@dataclass(frozen=True)
class Asked:
    """`fault` says in the reader's language what is wrong with what was asked for; then the usual period is shown."""

    period: Period
    fault: str = ""

    @property
    def query(self) -> dict[str, str]:
        return {"from": f"{self.period.first:%Y-%m-%d}", "to": f"{self.period.last:%Y-%m-%d}"}


@dataclass(frozen=True)
class Shortcut:
    label: str
    query: str
    chosen: bool


def period_in(query: QueryDict) -> Asked:
    """Days of the current time zone. Where only one end is named, the other is today, or as far before as is usual."""
    today = timezone.localdate()
    try:
        last = _day(query.get("to")) or today
        first = _day(query.get("from")) or last - timedelta(days=USUAL_DAYS - 1)
    except (ValueError, OverflowError):
        return Asked(_latest(USUAL_DAYS), str(NO_DAY))
    if not EARLIEST <= first <= LATEST or not EARLIEST <= last <= LATEST:
        return Asked(_latest(USUAL_DAYS), _("Choose days between the years 2000 and 2999."))
    if first > last:
        return Asked(_latest(USUAL_DAYS), _("The first day lies after the last one."))
    if (last - first).days >= LONGEST_DAYS:
        return Asked(
            _latest(USUAL_DAYS),
            _("A report covers %(days)d days at most. Choose a shorter period.") % {"days": LONGEST_DAYS},
        )
    return Asked(Period(first, last))


def shortcuts(period: Period) -> list[Shortcut]:
    """The periods people ask for most."""
    found = []
    for days in SHORTCUTS:
        asked = Asked(_latest(days))
        label = ngettext("%(n)d day", "%(n)d days", days) % {"n": days}
        query = "&".join(f"{name}={value}" for name, value in asked.query.items())
        found.append(Shortcut(label, query, asked.period == period))
    return found


def _day(named: str | None) -> date | None:
    """None where none is named. Raises ValueError for what is no day."""
    if named and not DAY.fullmatch(named):
        raise ValueError(named)
    return date.fromisoformat(named) if named else None


def _latest(days: int) -> Period:
    today = timezone.localdate()
    return Period(today - timedelta(days=days - 1), today)
