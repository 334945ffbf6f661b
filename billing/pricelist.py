"""Price lists as files: what the provider bills, by market, category and date; read, turned into the operator's prices
and written to the database. Loading the same file again changes nothing.

A list's amounts are text in units of its currency, so that none is rounded on the way in.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from operator import attrgetter
from pathlib import Path
from typing import Any

from django.db import transaction

from billing.margins import Step
from billing.models import FreeMessages, Price
from billing.money import MILLIONTHS

LISTS = Path(__file__).parent / "pricelists"
EVERYWHERE = "*"  # a market for all countries that no other names
NOT_PRICES = frozenset({"valid_from", "market"})


class BadPriceList(ValueError):
    """The file is no price list; the message says where and why."""


@dataclass(frozen=True)
class Listed:
    """One price of a file: `amount` in units of its currency."""

    country: str  # ISO code, or EVERYWHERE
    category: str
    amount: Decimal
    valid_from: datetime


@dataclass(frozen=True)
class Free:
    """So many messages of the category cost nothing, for each number and calendar month."""

    category: str
    messages: int
    valid_from: datetime


@dataclass(frozen=True)
class PriceList:
    currency: str
    indicative: bool
    source: str
    prices: tuple[Listed, ...]
    free: tuple[Free, ...]


@dataclass(frozen=True)
class Terms:
    """What the operator makes of a list: `margins` in per cent on top, by date; `currency` to sell in, at `rate` of its
    units for one of the list's."""

    margins: Sequence[Step] = ()
    currency: str = ""
    rate: Decimal = Decimal(1)

    def millionths(self, amount: Decimal, at: datetime) -> int:
        """The price of one message at that time, rounded to the nearest millionth."""
        percent = next((step.percent for step in reversed(self.margins) if step.since <= at), Decimal(0))
        sold = amount * self.rate * (1 + percent / 100) * MILLIONTHS
        return int(sold.to_integral_value(ROUND_HALF_UP))

    def changes(self, prices: Iterable[Listed]) -> Iterator[Listed]:
        """The list's prices, and those that change because the margin does, each at its date."""
        by_key: dict[tuple[str, str], list[Listed]] = {}
        for price in prices:
            by_key.setdefault((price.country, price.category), []).append(price)
        for listed in by_key.values():
            listed.sort(key=attrgetter("valid_from"))
            dates = {price.valid_from for price in listed}
            yield from listed
            for step in self.margins:
                before = [price for price in listed if price.valid_from < step.since]
                if before and step.since not in dates:
                    yield replace(before[-1], valid_from=step.since)


def read_price_list(text: str) -> PriceList:
    """Raises BadPriceList."""
    try:
        raw = tomllib.loads(text)
        if "based_on" in raw:
            return _derived(raw)
        markets: Mapping[str, list[str]] = raw.get("markets", {})
        return PriceList(
            currency=_currency(raw["currency"]),
            indicative=bool(raw.get("indicative", False)),
            source=str(raw["source"]),
            prices=tuple(price for row in raw["prices"] for price in _prices(row, markets)),
            free=tuple(
                Free(str(row["category"]), int(row["messages"]), _midnight(row["valid_from"]))
                for row in raw.get("free", [])
            ),
        )
    except tomllib.TOMLDecodeError as error:
        raise BadPriceList(str(error)) from error
    except KeyError as error:
        raise BadPriceList(f"{error} is missing") from error
    except (TypeError, AttributeError) as error:
        raise BadPriceList(f"something is of another kind than it should be: {error}") from error


@transaction.atomic
def load(listed: PriceList, terms: Terms) -> int:
    """Write the list's prices as the operator sells them; returns how many are new or changed. Campaigns keep the
    prices they were prepared with."""
    currency = terms.currency or listed.currency
    changed = 0
    for price in terms.changes(listed.prices):
        key: dict[str, Any] = {
            "currency": currency,
            "market": price.country,
            "category": price.category,
            "valid_from": price.valid_from,
        }
        amount = terms.millionths(price.amount, price.valid_from)
        if not Price.objects.filter(**key, amount=amount).exists():
            Price.objects.update_or_create(**key, defaults={"amount": amount})
            changed += 1
    for free in listed.free:
        FreeMessages.objects.update_or_create(
            currency=currency,
            category=free.category,
            valid_from=free.valid_from,
            defaults={"messages": free.messages},
        )
    return changed


def _derived(raw: Mapping[str, Any]) -> PriceList:
    """A list of the product's own at a rate of exchange."""
    name = str(raw["based_on"])
    if name not in {path.name for path in LISTS.glob("*.toml")}:
        raise BadPriceList(f"{name} is no list that comes with the product")
    base = read_price_list((LISTS / name).read_text(encoding="utf-8"))
    rate, currency = _amount(raw["rate"], "rate"), _currency(raw["currency"])
    if currency == base.currency or not rate:
        raise BadPriceList(f"{name} is in {base.currency} already, or the rate is 0")
    return replace(
        base,
        currency=currency,
        source=str(raw["source"]),
        prices=tuple(replace(price, amount=price.amount * rate) for price in base.prices),
    )


def _prices(row: Mapping[str, Any], markets: Mapping[str, list[str]]) -> Iterator[Listed]:
    market = str(row["market"])
    if market != EVERYWHERE and market not in markets:
        raise BadPriceList(f"no countries are given for the market {market}")
    valid_from = _midnight(row["valid_from"])
    for category in sorted(row.keys() - NOT_PRICES):
        amount = _amount(row[category], f"{market}, {category}")
        for country in [EVERYWHERE] if market == EVERYWHERE else markets[market]:
            yield Listed(country, category, amount, valid_from)


def _amount(text: Any, where: str) -> Decimal:
    try:
        amount = Decimal(text) if isinstance(text, str) else Decimal("NaN")
    except InvalidOperation:
        amount = Decimal("NaN")
    if not amount.is_finite() or amount < 0:
        raise BadPriceList(f'{where}: {text!r} is no amount; write it as text, such as "0.0113"')
    return amount


def _midnight(day: Any) -> datetime:
    if not isinstance(day, date) or isinstance(day, datetime):
        raise BadPriceList(f"{day!r} is no date; write it as 2026-10-01")
    return datetime(day.year, day.month, day.day, tzinfo=UTC)


def _currency(code: Any) -> str:
    if not isinstance(code, str) or len(code) != 3 or not code.isascii() or not code.isupper():
        raise BadPriceList(f"{code!r} is no currency; write its three letters, such as USD")
    return code
