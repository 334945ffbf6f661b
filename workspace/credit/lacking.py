"""The broadcasts that a top-up lets go on, as the pages about credit list them."""

from __future__ import annotations

from billing.money import shown
from campaigns.balance import waiting_for_balance
from campaigns.models import Campaign

MOST = 5


def lacking() -> list[tuple[Campaign, str]]:
    """The latest that wait for credit, each with what was missing."""
    return [(row, shown(row.shortfall, row.currency)) for row in waiting_for_balance()[:MOST]]
