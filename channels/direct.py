"""Accounts that Meta bills directly (D-16): no money of ours moves. What is sent is an estimate by our price list,
counted against the monthly budget that the owner set; what would exceed it is not sent."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime

from django.db import connection, transaction
from django.db.models import F, Sum
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from billing.money import shown
from billing.services import End
from channels.models import DirectCost, Payer, WhatsAppAccount
from tenants import audit
from tenants.arrays import numbers, texts
from tenants.errors import DomainError, Invalid
from tenants.models import Member
from tenants.roles import Permission


class BudgetExceeded(DomainError):
    """The budget of a directly billed account does not cover it; `shortfall` is in millionths of the currency unit."""

    code = "budget_exceeded"
    status = 402

    def __init__(self, account: str, shortfall: int, currency: str) -> None:
        super().__init__(
            _("The monthly budget of %(account)s lacks %(short)s. Nothing was sent. Owners can raise it.")
            % {"account": account, "short": shown(shortfall, currency)}
        )
        self.shortfall = shortfall
        self.currency = currency


@dataclass(frozen=True)
class DirectSettlement:
    """`amount` (millionths) of what a directly billed account's messages were to cost, and how it ended."""

    tenant_id: int
    channel_id: int
    subject: str
    end: End
    amount: int


_CHANGES = {  # reserved, captured, released
    End.CAPTURED: (0, 1, 0),
    End.RELEASED: (0, 0, 1),
    End.RETURNED: (0, -1, 1),
    End.LOST: (
        1,
        1,
        0,
    ),  # beyond what was counted: Meta bills it to the team, so it counts towards the budget
    End.RECOVERED: (-1, -1, 0),
}
_SETTLE = """
WITH ended AS (
    SELECT ch.whatsapp_account_id AS account_id, e.tenant_id, e.subject, sum(e.reserved) AS reserved,
           sum(e.captured) AS captured, sum(e.released) AS released
    FROM unnest(%s::bigint[], %s::bigint[], %s::text[], %s::bigint[], %s::bigint[], %s::bigint[])
        AS e(tenant_id, channel_id, subject, reserved, captured, released)
    JOIN channels_channel ch ON ch.id = e.channel_id AND ch.tenant_id = e.tenant_id
    GROUP BY 1, 2, 3
),
locked AS (
    SELECT cost.id, ended.* FROM channels_directcost cost JOIN ended USING (tenant_id, subject, account_id)
    ORDER BY cost.id FOR UPDATE OF cost
)
UPDATE channels_directcost cost SET reserved = cost.reserved + locked.reserved,
       captured = cost.captured + locked.captured, released = cost.released + locked.released
FROM locked WHERE cost.id = locked.id AND cost.tenant_id = locked.tenant_id
"""
_HOLD = """
INSERT INTO channels_directcost AS cost
    (tenant_id, account_id, subject, month, currency, reserved, captured, released)
VALUES (%s, %s, %s, %s, %s, %s, 0, 0)
ON CONFLICT (tenant_id, subject, account_id) DO UPDATE SET reserved = cost.reserved + excluded.reserved
"""


def month_of(moment: datetime) -> date:
    """The first day of its month, UTC."""
    return moment.astimezone(UTC).date().replace(day=1)


def used(account: WhatsAppAccount, month: date) -> int:
    """Millionths that count towards the budget of the month: spent, or perhaps to be."""
    rows = DirectCost.objects.filter(account=account, month=month)
    return int(rows.aggregate(sum=Sum(F("reserved") - F("released"), default=0))["sum"])


def budget_left(account: WhatsAppAccount) -> int | None:
    """Millionths left this month, 0 where it is overdrawn; None where there is no limit."""
    if account.payer != Payer.META or account.monthly_budget is None:
        return None
    return max(0, account.monthly_budget - used(account, month_of(timezone.now())))


@transaction.atomic
def hold_direct(subject: str, costs: Mapping[int, int], currency: str) -> None:
    """Count what accounts (by id) are about to spend towards this month. Raises BudgetExceeded, and nothing is counted.

    Locks the accounts, so that campaigns side by side cannot exceed a budget together.
    """
    if not costs:
        return
    month = month_of(timezone.now())
    accounts = WhatsAppAccount.objects.select_for_update(no_key=True).filter(pk__in=costs).order_by("pk")
    for account in accounts:
        left = budget_left(account)
        if left is not None and costs[account.pk] > left:
            raise BudgetExceeded(account.name, costs[account.pk] - left, currency)
        with connection.cursor() as cursor:
            cursor.execute(
                _HOLD, [account.tenant_id, account.pk, subject, month, currency, costs[account.pk]]
            )


def settle_direct(settlements: Sequence[DirectSettlement]) -> None:
    """Note how they ended, in one statement. Each is told once, as with `billing.services.settle_all`."""
    if not settlements:
        return
    changes = [_CHANGES[one.end] for one in settlements]
    with connection.cursor() as cursor:
        cursor.execute(
            _SETTLE,
            [
                numbers([one.tenant_id for one in settlements]),
                numbers([one.channel_id for one in settlements]),
                texts([one.subject for one in settlements]),
                *[
                    numbers(
                        [one.amount * change[side] for one, change in zip(settlements, changes, strict=True)]
                    )
                    for side in (0, 1, 2)
                ],
            ],
        )


@transaction.atomic
def set_payer(account: WhatsAppAccount, by: Member, *, payer: str, monthly_budget: int | None) -> None:
    """Choose who pays Meta for the account from now on; what is on its way stays with who paid when it was held.

    `monthly_budget`: millionths, for accounts that Meta bills directly; None = no limit. Raises NotAllowed for all but
    owners, Invalid.
    """
    by.require(Permission.TOP_UP)
    if payer not in Payer.values:
        raise Invalid(
            errors=[{"field": "payer", "code": "invalid", "detail": str(_("Choose one of the two."))}]
        )
    if monthly_budget is not None and monthly_budget < 0:
        raise Invalid(
            errors=[{"field": "monthly_budget", "code": "invalid", "detail": str(_("Not below zero."))}]
        )
    account.payer = payer
    account.monthly_budget = monthly_budget if payer == Payer.META else None
    account.save(update_fields=["payer", "monthly_budget"])
    audit.record(
        by, "whatsapp_account.payer", account, payer=account.payer, monthly_budget=account.monthly_budget
    )
