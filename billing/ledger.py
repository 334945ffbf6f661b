"""The one way an amount moves: an entry under a key that books once, and the wallet in the same transaction."""

from __future__ import annotations

from django.db import connection, transaction

from billing.errors import InsufficientCredit
from billing.models import Account, Wallet
from tenants import live
from tenants.models import Tenant

_INSERT = """
INSERT INTO billing_entry (tenant_id, key, subject, currency, amount, source, target, at)
VALUES (%s, %s, %s, %s, %s, %s, %s, clock_timestamp())
ON CONFLICT (tenant_id, key) DO NOTHING RETURNING id
"""
_TAKE = """
UPDATE billing_wallet SET available = available - %s
WHERE tenant_id = %s AND currency = %s AND available >= %s
"""
_GIVE = """
INSERT INTO billing_wallet AS wallet (tenant_id, currency, available) VALUES (%s, %s, %s)
ON CONFLICT (tenant_id, currency) DO UPDATE SET available = wallet.available + excluded.available
"""


@transaction.atomic
def book(
    tenant: Tenant, *, key: str, subject: str, amount: int, currency: str, source: Account, target: Account
) -> int | None:
    """Move `amount` (millionths, above 0) from `source` to `target`; answers the entry's id, or None where this key was
    booked before: then nothing moves.

    What leaves the available credit does so by one conditional update, so that movements side by side cannot overspend.
    Raises InsufficientCredit, and nothing is booked.
    """
    with connection.cursor() as cursor:
        cursor.execute(_INSERT, [tenant.pk, key, subject, currency, amount, source.value, target.value])
        row = cursor.fetchone()
        if row is None:
            return None
        if source is Account.AVAILABLE:
            cursor.execute(_TAKE, [amount, tenant.pk, currency, amount])
            if cursor.rowcount == 0:
                raise InsufficientCredit(amount - available(currency), currency)
        if target is Account.AVAILABLE:
            cursor.execute(_GIVE, [tenant.pk, currency, amount])
    live.publish(tenant.pk, "credit")
    return int(row[0])


def available(currency: str) -> int:
    """What can still be spent, in millionths; inside a tenant's scope."""
    return Wallet.objects.filter(currency=currency).values_list("available", flat=True).first() or 0


def locked_available(tenant: Tenant, currency: str) -> int:
    """The same, held until the transaction ends, so that nobody spends it meanwhile."""
    found = Wallet.objects.select_for_update().filter(tenant=tenant, currency=currency)
    return found.values_list("available", flat=True).first() or 0
