"""The credit on every page of those who may see it: a figure in the bar, and a banner while it is low."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from billing.alerts import alert_level
from billing.ledger import available
from billing.money import shown
from tenants.models import Member
from tenants.roles import Permission


@dataclass(frozen=True)
class Notice:
    """What is available, and the owner's level where it is below it (else "")."""

    amount: str
    below: str
    may_top_up: bool


def credit_notice(request: HttpRequest) -> dict[str, Any]:
    """Context processor. Asks the database only where a whole page is written, for those who may see the credit."""
    member = getattr(request, "member", None)
    if member is None or not member.may(Permission.VIEW_CREDIT):
        return {}
    return {"credit_notice": SimpleLazyObject(lambda: notice_for(member))}


def notice_for(member: Member) -> Notice:
    currency = member.tenant.currency
    left, level = available(currency), alert_level(currency)
    below = shown(level, currency) if level is not None and left < level else ""
    return Notice(shown(left, currency), below, member.may(Permission.TOP_UP))
