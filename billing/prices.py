"""What a message costs by the price list of the day."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from typing import NamedTuple

from billing.models import FreeMessages, Price
from billing.pricelist import EVERYWHERE

SERVICE = "service"  # whatever is no template


def prices_at(at: datetime, *, currency: str, category: str) -> dict[str, int]:
    """Millionths of `currency` per message by market (`*` for the rest), as valid at `at`."""
    rows = (
        Price.objects.filter(currency=currency, category=category, valid_from__lte=at)
        .order_by("market", "-valid_from")
        .distinct("market")
    )
    return {row.market: row.amount for row in rows}


def price_in(prices: Mapping[str, int], market: str) -> int | None:
    """The price of a market, or None where the list has none for it."""
    return prices.get(market, prices.get(EVERYWHERE))


class Frozen(NamedTuple):
    """By which category and when a price was fixed. `exact` is False where it may have been another's."""

    category: str
    currency: str
    since: datetime
    until: datetime  # the next 00:00 UTC: until then no list can have changed
    exact: bool = True

    @classmethod
    def at(cls, category: str, currency: str, since: datetime) -> Frozen:
        next_day = since.astimezone(UTC).date() + timedelta(days=1)
        return cls(category, currency, since, datetime.combine(next_day, time.min, UTC))


class PriceBook:
    """What reports say, by the price lists of their days, each of which is read once: they change at 00:00 UTC only."""

    def __init__(self) -> None:
        self._lists: dict[tuple[str, str, date], dict[str, int]] = {}

    def price(self, at: datetime, *, currency: str, category: str, market: str) -> int | None:
        key = currency, category, at.astimezone(UTC).date()
        if key not in self._lists:
            self._lists[key] = prices_at(at, currency=currency, category=category)
        return price_in(self._lists[key], market)

    def reported(self, frozen: Frozen, category: str, at: datetime, market: str) -> int | None:
        """Millionths that the provider bills for `category`, as it reported at `at`; None where that is what was fixed:
        the same category, and the list has had no other price for the market since."""
        now = self.price(at, currency=frozen.currency, category=category, market=market)
        if category != frozen.category or not frozen.exact:
            return now
        before = self.price(frozen.since, currency=frozen.currency, category=category, market=market)
        return now if now != before else None


def may_differ(frozen: Frozen, category: str, at: datetime) -> bool:
    """Whether a report may name another price than was fixed; without asking the database."""
    return category != frozen.category or at >= frozen.until or not frozen.exact


def bills(currency: str) -> bool | None:
    """Whether there is a price list in `currency`. None: there is none in any, so this installation bills nobody."""
    if Price.objects.filter(currency=currency).exists():
        return True
    return False if Price.objects.exists() else None


def free_messages_at(at: datetime, *, currency: str, category: str) -> int:
    """How many messages of the category cost nothing, for each number and calendar month."""
    rows = FreeMessages.objects.filter(currency=currency, category=category, valid_from__lte=at)
    return rows.order_by("-valid_from").values_list("messages", flat=True).first() or 0
