"""Credit held for what may cost something, and what becomes of it. A task run twice moves money once."""

from __future__ import annotations

from django.db import connection, transaction

from billing.ledger import book
from billing.models import Account, Entry
from tenants.models import Tenant

_HOLD = """
INSERT INTO billing_reservation AS hold
    (tenant_id, subject, currency, reserved, captured, released, lost, created_at)
VALUES (%s, %s, %s, %s, 0, 0, 0, clock_timestamp())
ON CONFLICT (tenant_id, subject) DO UPDATE SET reserved = hold.reserved + excluded.reserved
"""
_SETTLE = """
UPDATE billing_reservation SET captured = captured + %s, released = released + %s, lost = lost + %s
WHERE tenant_id = %s AND subject = %s
"""
_LOCK = "SELECT currency FROM billing_reservation WHERE tenant_id = %s AND subject = %s FOR UPDATE"


@transaction.atomic
def reserve(tenant: Tenant, *, key: str, subject: str, amount: int, currency: str) -> None:
    """Hold `amount` (millionths) of the available credit for `subject`, or raise InsufficientCredit.

    Nothing to hold is nothing to book. Repeated under the same key: no further movement.
    """
    if amount == 0:
        return
    entry = book(
        tenant,
        key=key,
        subject=subject,
        amount=amount,
        currency=currency,
        source=Account.AVAILABLE,
        target=Account.RESERVED,
    )
    if entry is not None:
        with connection.cursor() as cursor:
            cursor.execute(_HOLD, [tenant.pk, subject, currency, amount])


@transaction.atomic
def settle(
    tenant: Tenant, *, key: str, subject: str, captured: int = 0, released: int = 0, lost: int = 0
) -> dict[str, int]:
    """End parts of a hold: `captured` was spent, `released` goes back to the available credit, `lost` was delivered
    after its hold had been given back and is the platform's. Millionths each; a hold is never overdrawn
    (`reservation_never_overdrawn` refuses).

    Answers the ids of the entries by the same words, so that each part can keep the one that paid for it. Repeated
    under the same key: no further movement, no ids. Lock order: the reservation's row, then the wallet's.
    """
    amounts = {"captured": captured, "released": released, "lost": lost}
    if not any(amounts.values()):
        return {}
    with connection.cursor() as cursor:
        cursor.execute(_LOCK, [tenant.pk, subject])
        row = cursor.fetchone()
        if row is None:
            raise LookupError(f"nothing is held for {subject}")
        if Entry.objects.filter(key__in=[f"{word}:{key}" for word in amounts]).exists():
            return {}
        cursor.execute(_SETTLE, [captured, released, lost, tenant.pk, subject])
    booked = {
        word: book(
            tenant,
            key=f"{word}:{key}",
            subject=subject,
            amount=amount,
            currency=row[0],
            source=_MOVES[word][0],
            target=_MOVES[word][1],
        )
        for word, amount in amounts.items()
        if amount
    }
    return {word: entry for word, entry in booked.items() if entry is not None}


_MOVES = {
    "captured": (Account.RESERVED, Account.SPENT),
    "released": (Account.RESERVED, Account.AVAILABLE),
    "lost": (Account.LOSSES, Account.SPENT),
}
