"""Credit held for what may cost something, and what becomes of it. A task run twice moves money once.

A hold ends part by part: *captured* was spent, *released* goes back to the available credit, *returned* had been
captured and goes back all the same (reported failed later), *lost* is the platform's: delivered after its hold had gone
back, or dearer than was held; *recovered* had been lost, and was not billed after all.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from django.db import connection, transaction

from billing.errors import CurrencyMismatch
from billing.ledger import book
from billing.models import Account, Entry
from tenants import live
from tenants.arrays import numbers, texts
from tenants.models import Tenant


class End(StrEnum):
    """How a part of a hold ends."""

    CAPTURED = "captured"
    RELEASED = "released"
    RETURNED = "returned"
    LOST = "lost"
    RECOVERED = "recovered"


MOVES = {
    End.CAPTURED: (Account.RESERVED, Account.SPENT),
    End.RELEASED: (Account.RESERVED, Account.AVAILABLE),
    End.RETURNED: (Account.SPENT, Account.AVAILABLE),
    End.LOST: (Account.LOSSES, Account.SPENT),
    End.RECOVERED: (Account.SPENT, Account.LOSSES),
}


@dataclass(frozen=True)
class Settlement:
    """`amount` (millionths, above 0) of a hold that ended one way, booked as the entry with the id `entry`."""

    tenant_id: int
    subject: str
    end: End
    amount: int
    entry: int


_HOLD = """
INSERT INTO billing_reservation AS hold
    (tenant_id, subject, currency, reserved, captured, released, lost, created_at)
VALUES (%s, %s, %s, %s, 0, 0, 0, clock_timestamp())
ON CONFLICT (tenant_id, subject) DO UPDATE SET reserved = hold.reserved + excluded.reserved
WHERE hold.currency = excluded.currency
"""
_SETTLE = """
WITH ended AS (
    SELECT * FROM unnest(%s::bigint[], %s::text[], %s::bigint[], %s::bigint[], %s::bigint[], %s::bigint[], %s::bigint[])
        AS ended(tenant_id, subject, captured, released, returned, lost, recovered)
),
locked AS (
    SELECT hold.id, ended.* FROM billing_reservation hold JOIN ended USING (tenant_id, subject)
    ORDER BY hold.tenant_id, hold.subject FOR UPDATE OF hold
)
UPDATE billing_reservation hold SET captured = hold.captured + locked.captured - locked.returned,
       released = hold.released + locked.released + locked.returned, lost = hold.lost + locked.lost - locked.recovered
FROM locked WHERE hold.id = locked.id AND hold.tenant_id = locked.tenant_id
RETURNING hold.tenant_id, hold.subject, hold.currency
"""
_BOOK = """
INSERT INTO billing_entry (id, tenant_id, key, subject, currency, amount, source, target, at)
SELECT id, tenant_id, key, subject, currency, amount, source, target, clock_timestamp()
FROM unnest(%s::bigint[], %s::bigint[], %s::text[], %s::text[], %s::text[], %s::bigint[], %s::text[], %s::text[])
    AS made(id, tenant_id, key, subject, currency, amount, source, target)
"""
_GIVE_BACK = """
WITH back AS (SELECT * FROM unnest(%s::bigint[], %s::text[], %s::bigint[]) AS back(tenant_id, currency, amount)),
locked AS (
    SELECT wallet.id, back.* FROM billing_wallet wallet JOIN back USING (tenant_id, currency)
    ORDER BY wallet.tenant_id, wallet.currency FOR UPDATE OF wallet
)
UPDATE billing_wallet wallet SET available = wallet.available + locked.amount
FROM locked WHERE wallet.id = locked.id AND wallet.tenant_id = locked.tenant_id
"""
_LOCK = "SELECT currency FROM billing_reservation WHERE tenant_id = %s AND subject = %s FOR UPDATE"
_IDS = "SELECT nextval(pg_get_serial_sequence('billing_entry', 'id')) FROM generate_series(1, %s)"


@transaction.atomic
def reserve(tenant: Tenant, *, key: str, subject: str, amount: int, currency: str) -> None:
    """Hold `amount` (millionths) of the available credit for `subject`, or raise InsufficientCredit, CurrencyMismatch.

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
            if not cursor.rowcount:
                raise CurrencyMismatch(currency)


def entry_ids(count: int) -> list[int]:
    """Ids for entries that are booked later in this transaction, so that rows can name them before."""
    with connection.cursor() as cursor:
        cursor.execute(_IDS, [count])
        return [id for (id,) in cursor.fetchall()]


@transaction.atomic
def settle(
    tenant: Tenant, *, key: str, subject: str, captured: int = 0, released: int = 0, lost: int = 0
) -> dict[str, int]:
    """End parts of one hold, once under this key. Millionths each; a hold is never overdrawn
    (`reservation_never_overdrawn` refuses).

    Answers the ids of the entries by the same words, so that each part can keep the one that paid for it. Repeated
    under the same key: no further movement, no ids. Lock order: the reservation's row, then the wallet's.
    """
    amounts = {End.CAPTURED: captured, End.RELEASED: released, End.LOST: lost}
    if not any(amounts.values()):
        return {}
    with connection.cursor() as cursor:
        cursor.execute(_LOCK, [tenant.pk, subject])
        row = cursor.fetchone()
        if row is None:
            raise LookupError(f"nothing is held for {subject}")
        if Entry.objects.filter(key__in=[f"{end}:{key}" for end in amounts]).exists():
            return {}
        cursor.execute(
            _SETTLE,
            [numbers([tenant.pk]), texts([subject]), *[numbers([amounts.get(end, 0)]) for end in End]],
        )
    booked = {
        end.value: book(
            tenant,
            key=f"{end}:{key}",
            subject=subject,
            amount=amount,
            currency=row[0],
            source=MOVES[end][0],
            target=MOVES[end][1],
        )
        for end, amount in amounts.items()
        if amount
    }
    return {word: entry for word, entry in booked.items() if entry is not None}


@transaction.atomic
def settle_all(settlements: Sequence[Settlement]) -> None:
    """Book how parts of holds ended, in three statements however many there are. What ends is for the caller to decide,
    once, by a conditional update in the same transaction; a hold is never overdrawn (`reservation_never_overdrawn`).

    Lock order: reservations, then wallets, each by tenant. Raises LookupError where nothing is held for a subject.
    """
    if not settlements:
        return
    holds: dict[tuple[int, str], dict[End, int]] = {}
    for one in settlements:
        hold = holds.setdefault((one.tenant_id, one.subject), dict.fromkeys(End, 0))
        hold[one.end] += one.amount
    keys = sorted(holds)
    with connection.cursor() as cursor:
        cursor.execute(
            _SETTLE,
            [
                numbers([tenant_id for tenant_id, _subject in keys]),
                texts([subject for _tenant_id, subject in keys]),
                *[numbers([holds[key][end] for key in keys]) for end in End],
            ],
        )
        currencies = {(tenant_id, subject): currency for tenant_id, subject, currency in cursor.fetchall()}
        if missing := holds.keys() - currencies.keys():
            raise LookupError(f"nothing is held for {sorted(missing)}")
        _book(settlements, currencies)
        _give_back(settlements, currencies)
    for tenant_id in {one.tenant_id for one in settlements}:
        live.publish(tenant_id, "credit")


def _book(settlements: Sequence[Settlement], currencies: dict[tuple[int, str], str]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            _BOOK,
            [
                numbers([one.entry for one in settlements]),
                numbers([one.tenant_id for one in settlements]),
                texts([f"{one.end}:{one.subject}:{one.entry}" for one in settlements]),
                texts([one.subject for one in settlements]),
                texts([currencies[one.tenant_id, one.subject] for one in settlements]),
                numbers([one.amount for one in settlements]),
                *[texts([MOVES[one.end][side].value for one in settlements]) for side in (0, 1)],
            ],
        )


def _give_back(settlements: Sequence[Settlement], currencies: dict[tuple[int, str], str]) -> None:
    back: dict[tuple[int, str], int] = {}
    for one in settlements:
        if MOVES[one.end][1] is Account.AVAILABLE:
            wallet = one.tenant_id, currencies[one.tenant_id, one.subject]
            back[wallet] = back.get(wallet, 0) + one.amount
    if not back:
        return
    keys = sorted(back)
    with connection.cursor() as cursor:
        cursor.execute(
            _GIVE_BACK,
            [
                numbers([tenant_id for tenant_id, _currency in keys]),
                texts([currency for _tenant_id, currency in keys]),
                numbers([back[key] for key in keys]),
            ],
        )
