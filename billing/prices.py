"""What a message costs by the price list of the day."""

from __future__ import annotations

from datetime import datetime

from billing.models import Price


def prices_at(at: datetime, *, currency: str, category: str) -> dict[str, int]:
    """Millionths of `currency` per message by market (`*` for the rest), as valid at `at`.

    Without a price list the answer is empty, and nothing costs anything.
    """
    rows = (
        Price.objects.filter(currency=currency, category=category, valid_from__lte=at)
        .order_by("market", "-valid_from")
        .distinct("market")
    )
    return {row.market: row.amount for row in rows}
