"""The nightly check of all money: the ledger against wallets, holds and top-ups, holds against what they are for."""

from __future__ import annotations

import structlog

from billing.models import Check
from billing.reconcile import Difference, ledger_differences
from campaigns.reconcile import campaign_differences
from conversations.reconcile import reply_differences

log = structlog.get_logger(__name__)
MOST_LOGGED = 50


def reconcile(*, everything: bool = False) -> list[Difference]:
    """Compare and keep how it came out, for the health page. `everything`: settled campaigns too."""
    found = [*ledger_differences(), *campaign_differences(everything=everything), *reply_differences()]
    for difference in found[:MOST_LOGGED]:
        log.error("ledger_difference", about=str(difference))
    Check.objects.create(differences=len(found), first=str(found[0])[:300] if found else "")
    return found
