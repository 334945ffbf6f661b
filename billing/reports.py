"""What an owner looks at: how much there is, how long it lasts, and every movement with the balance after it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import F, Q, QuerySet, Sum
from django.utils import timezone

from billing.debts import owed
from billing.ledger import available
from billing.models import Account, Entry, Reservation

PACE_DAYS = 14  # over so many days the pace is measured
MOVED = ("source", "target", "amount")
# The platform's own business.
NEVER_SHOWN = Q(source=Account.LOSSES) | Q(source=Account.SPENT, target=Account.LOSSES)


@dataclass(frozen=True)
class Balance:
    """Millionths of `currency`. `owed`: what a bank took back beyond what was there (`debts`). `days_left` at the pace
    of the last two weeks; None while nothing is spent."""

    currency: str
    available: int
    reserved: int
    spent: int
    spent_this_month: int
    days_left: int | None
    owed: int


@dataclass(frozen=True)
class Line:
    """One movement: what it did to the available credit and to what is on hold, and the available credit after it."""

    entry: Entry
    change: int
    held: int
    after: int

    @property
    def kind(self) -> str:
        """A stable word: "top_up", "taken_back", "reserve", "release", "capture", "returned", "debt_paid"."""
        return KINDS[Account(self.entry.source), Account(self.entry.target)]


KINDS = {
    (Account.TOP_UPS, Account.AVAILABLE): "top_up",
    (Account.AVAILABLE, Account.TOP_UPS): "taken_back",
    (Account.AVAILABLE, Account.RESERVED): "reserve",
    (Account.RESERVED, Account.AVAILABLE): "release",
    (Account.RESERVED, Account.SPENT): "capture",
    (Account.SPENT, Account.AVAILABLE): "returned",
    (Account.AVAILABLE, Account.LOSSES): "debt_paid",
}


def balance_of(currency: str, now: datetime | None = None) -> Balance:
    """Inside a tenant's scope; the month is that of the current time zone."""
    now = now or timezone.now()
    spent = _spent(currency)
    month = timezone.localtime(now).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    recent = _spent(currency, since=now - timedelta(days=PACE_DAYS))
    free = available(currency)
    return Balance(
        currency=currency,
        available=free,
        reserved=_held(currency),
        spent=spent,
        spent_this_month=_spent(currency, since=month),
        days_left=int(free * PACE_DAYS / recent) if recent else None,
        owed=owed(currency),
    )


def movements(currency: str) -> QuerySet[Entry]:
    """Entries that concern the tenant's credit, newest first."""
    return Entry.objects.filter(currency=currency).exclude(NEVER_SHOWN).order_by("-pk")


def lines_of(entries: Sequence[Entry], currency: str) -> list[Line]:
    """Entries, newest first and perhaps filtered, with the balance that each left behind."""
    if not entries:
        return []
    newest, oldest = entries[0].pk, entries[-1].pk
    ours = Entry.objects.filter(currency=currency)
    balance = available(currency) - _change(ours.filter(pk__gt=newest))
    after: dict[int, int] = {}
    for entry in ours.filter(pk__gte=oldest, pk__lte=newest).order_by("-pk").only(*MOVED).iterator():
        after[entry.pk] = balance
        balance -= _sign(entry, Account.AVAILABLE)
    return [
        Line(entry, _sign(entry, Account.AVAILABLE), _sign(entry, Account.RESERVED), after[entry.pk])
        for entry in entries
    ]


def _sign(entry: Entry, account: Account) -> int:
    if entry.target == account:
        return entry.amount
    return -entry.amount if entry.source == account else 0


def _change(entries: QuerySet[Entry]) -> int:
    sums = entries.aggregate(
        came=Sum("amount", filter=Q(target=Account.AVAILABLE), default=0),
        went=Sum("amount", filter=Q(source=Account.AVAILABLE), default=0),
    )
    return int(sums["came"] - sums["went"])


def _held(currency: str) -> int:
    held = Reservation.objects.filter(currency=currency, reserved__gt=F("captured") + F("released"))
    return int(held.aggregate(open=Sum(F("reserved") - F("captured") - F("released"), default=0))["open"])


def _spent(currency: str, since: datetime | None = None) -> int:
    moved = Entry.objects.filter(currency=currency)
    if since:
        moved = moved.filter(at__gte=since)
    spent = moved.filter(source=Account.RESERVED, target=Account.SPENT)
    returned = moved.filter(source=Account.SPENT, target=Account.AVAILABLE)  # reported failed after all
    return _sum(spent) - _sum(returned)


def _sum(entries: QuerySet[Entry]) -> int:
    return int(entries.aggregate(sum=Sum("amount", default=0))["sum"])
