"""Every movement of credit. A key books once: a task run twice moves money once."""

from __future__ import annotations

from django.db import connection, transaction

from billing.errors import InsufficientCredit
from billing.models import Account, Entry, Wallet
from tenants.models import Tenant


@transaction.atomic
def reserve(tenant: Tenant, *, key: str, amount: int, currency: str) -> None:
    """Set `amount` (millionths) of the available credit aside under `key`, or raise InsufficientCredit.

    One conditional update decides, so that parallel launches cannot overspend. Nothing to reserve is
    nothing to book. Repeated under the same key: no further movement.
    """
    if amount == 0 or Entry.objects.filter(key=key).exists():
        return
    with connection.cursor() as cursor:
        cursor.execute(
            """UPDATE billing_wallet SET available = available - %s
               WHERE tenant_id = %s AND currency = %s AND available >= %s""",
            [amount, tenant.pk, currency, amount],
        )
        covered = cursor.rowcount == 1
    if not covered:
        wallet = Wallet.objects.filter(currency=currency).first()
        raise InsufficientCredit(amount - (wallet.available if wallet else 0), currency)
    Entry.objects.create(
        tenant=tenant,
        key=key,
        currency=currency,
        amount=amount,
        source=Account.AVAILABLE,
        target=Account.RESERVED,
    )
