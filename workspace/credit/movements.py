"""Movements of the credit in words, and the filter that page, files and statements share."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from django.db.models import Q, QuerySet
from django.http import QueryDict
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from billing.models import Entry
from billing.money import shown
from billing.reports import KINDS, Line, movements
from billing.statements import of_month

PLACES = 4  # a message costs less than a cent
LABELS: dict[str, tuple[str | Promise, str]] = {
    "top_up": (gettext_lazy("Topped up"), "plus"),
    "reserve": (gettext_lazy("Put on hold"), "pause"),
    "capture": (gettext_lazy("Spent"), "check"),
    "release": (gettext_lazy("Given back"), "rotate-ccw"),
    "returned": (gettext_lazy("Given back after a failure"), "rotate-ccw"),
    "taken_back": (gettext_lazy("Paid back"), "arrow-left"),
    "debt_paid": (gettext_lazy("For a payment that the bank took back"), "arrow-left"),
}


@dataclass(frozen=True)
class Filter:
    """Which movements: of one kind, of one month, about one broadcast; empty values leave everything."""

    kind: str = ""
    month: date | None = None
    campaign: str = ""

    @classmethod
    def of(cls, query: QueryDict) -> Filter:
        """What the address asks for; nonsense is no filter."""
        kind, number = query.get("kind", ""), query.get("campaign", "").strip().lstrip("#№").strip()
        return cls(
            kind=kind if kind in LABELS else "",
            month=month_of(query.get("month", "")),
            campaign=number[:18] if number.isdecimal() else "",
        )

    @property
    def query(self) -> dict[str, str]:
        month = f"{self.month:%Y-%m}" if self.month else ""
        every = {"kind": self.kind, "month": month, "campaign": self.campaign}
        return {name: value for name, value in every.items() if value}

    def entries(self, currency: str) -> QuerySet[Entry]:
        """Newest first."""
        entries = movements(currency)
        if self.kind:
            source, target = next(pair for pair, name in KINDS.items() if name == self.kind)
            entries = entries.filter(Q(source=source, target=target))
        if self.month:
            entries = of_month(entries, self.month)
        if self.campaign:
            entries = entries.filter(subject=f"campaign:{int(self.campaign)}")
        return entries


@dataclass(frozen=True)
class Row:
    """A movement in words; `url` opens what it is about."""

    line: Line
    label: str | Promise
    icon: str
    about: str
    url: str
    change: str
    held: str
    after: str


def month_of(text: str) -> date | None:
    """ "2026-11" as its first day."""
    try:
        return date.fromisoformat(f"{text}-01")
    except ValueError:
        return None


def rows_of(lines: Iterable[Line]) -> list[Row]:
    return [row_of(line) for line in lines]


def row_of(line: Line) -> Row:
    label, icon = LABELS[line.kind]
    about, url = _about(line.entry.subject)
    currency = line.entry.currency
    return Row(
        line,
        label,
        icon,
        about,
        url,
        signed(line.change, currency),
        signed(line.held, currency),
        shown(line.after, currency, places=PLACES),
    )


def signed(amount: int, currency: str) -> str:
    """ "+5.0000 USD", "−0.0113 USD"; nothing where nothing moved."""
    if amount == 0:
        return ""
    return f"{'+' if amount > 0 else '−'}{shown(abs(amount), currency, places=PLACES)}"


def _about(subject: str) -> tuple[str, str]:
    name, _colon, number = subject.partition(":")
    if name == "campaign":
        return _("Broadcast №%(number)s") % {"number": number}, reverse(
            "campaigns:detail", args=[int(number)]
        )
    if name == "top_up":
        return _("Top-up №%(number)s") % {"number": number}, ""
    return (_("Reply"), "") if name == "replies" else ("", "")
