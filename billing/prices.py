"""What a message costs by the price list of the day."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

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


def bills(currency: str) -> bool | None:
    """Whether there is a price list in `currency`. None: there is none in any, so this installation bills nobody."""
    if Price.objects.filter(currency=currency).exists():
        return True
    return False if Price.objects.exists() else None


def free_messages_at(at: datetime, *, currency: str, category: str) -> int:
    """How many messages of the category cost nothing, for each number and calendar month."""
    rows = FreeMessages.objects.filter(currency=currency, category=category, valid_from__lte=at)
    return rows.order_by("-valid_from").values_list("messages", flat=True).first() or 0
