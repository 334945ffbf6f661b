"""A payment that the bank took back after its credit had gone: the team owes it, and the next money pays it first."""

from __future__ import annotations

from django.db import transaction
from django.db.models import F

from billing import doors
from billing.ledger import book
from billing.models import Account, Wallet
from billing.services import entry_ids
from tenants import audit
from tenants.models import Tenant
from tenants.scopes import tenant_scope

DISPUTED = "disputed"  # how the keys of the entries begin that made a debt


def owed(currency: str) -> int:
    """Millionths; inside a tenant's scope."""
    return Wallet.objects.filter(currency=currency).values_list("owed", flat=True).first() or 0


def owe(tenant: Tenant, currency: str, amount: int) -> None:
    """The wallet's row is locked by the caller, who books what the platform advanced."""
    if not Wallet.objects.filter(tenant=tenant, currency=currency).update(owed=F("owed") + amount):
        Wallet.objects.create(tenant=tenant, currency=currency, owed=amount)


@transaction.atomic
def pay_debt(tenant: Tenant, currency: str) -> int:
    """Pay with what is available; answers how much that was, in millionths."""
    wallet = Wallet.objects.select_for_update().filter(tenant=tenant, currency=currency, owed__gt=0).first()
    amount = min(wallet.owed, wallet.available) if wallet else 0
    if wallet is None or not amount:
        return 0
    Wallet.objects.filter(pk=wallet.pk).update(owed=F("owed") - amount)
    (entry,) = entry_ids(1)
    book(
        tenant,
        key=f"debt:{entry}",
        subject="debt",
        amount=amount,
        currency=currency,
        source=Account.AVAILABLE,
        target=Account.LOSSES,
    )
    audit.record(None, "credit.debt_paid", tenant, amount=amount, currency=currency)
    return amount


def pay_debts() -> int:
    """Of every team that owes something and has credit again, such as what was given back; returns how many."""
    paid = 0
    for tenant_id in doors.teams_that_can_pay():
        tenant = Tenant.objects.get(pk=tenant_id)
        with tenant_scope(tenant):
            paid += pay_debt(tenant, tenant.currency) > 0
    return paid
