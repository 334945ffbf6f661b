"""Credit: set aside once per key, never more than there is, and no entry ever changes."""

import threading

import pytest
from django.db import DatabaseError, connection, transaction

from billing.errors import InsufficientCredit
from billing.models import Account, Entry, Wallet
from billing.services import reserve
from tenants.scopes import tenant_scope

pytestmark = pytest.mark.django_db(transaction=True)
PRICE = 11_300  # millionths


@pytest.fixture
def wallet(tenant):
    """Credit for ten messages."""
    with tenant_scope(tenant):
        yield Wallet.objects.create(tenant=tenant, currency="USD", available=10 * PRICE)


def available():
    return Wallet.objects.get().available


def test_a_key_books_once(tenant, wallet):
    for _ in range(3):
        reserve(tenant, key="reserve:campaign:1", subject="campaign:1", amount=PRICE, currency="USD")
    entry = Entry.objects.get()
    assert (entry.amount, entry.source, entry.target) == (PRICE, Account.AVAILABLE, Account.RESERVED)
    assert available() == 9 * PRICE


def test_a_shortfall_is_named_and_nothing_moves(tenant, wallet):
    with pytest.raises(InsufficientCredit) as refused:
        reserve(tenant, key="reserve:campaign:1", subject="campaign:1", amount=12 * PRICE, currency="USD")
    assert (refused.value.shortfall, refused.value.currency) == (2 * PRICE, "USD")
    assert available() == 10 * PRICE
    assert not Entry.objects.exists()


def test_without_a_wallet_everything_is_short(tenant, wallet):
    with pytest.raises(InsufficientCredit) as refused:
        reserve(tenant, key="reserve:campaign:1", subject="campaign:1", amount=PRICE, currency="TWD")
    assert refused.value.shortfall == PRICE


def test_what_costs_nothing_books_nothing(tenant, wallet):
    reserve(tenant, key="reserve:campaign:1", subject="campaign:1", amount=0, currency="USD")
    assert not Entry.objects.exists()


def test_many_at_once_cannot_spend_more_than_there_is(tenant, wallet):
    together, refused = threading.Barrier(20), []

    def launch(number):
        try:
            with tenant_scope(tenant):
                together.wait()
                reserve(
                    tenant,
                    key=f"reserve:campaign:{number}",
                    subject=f"campaign:{number}",
                    amount=PRICE,
                    currency="USD",
                )
        except InsufficientCredit:
            refused.append(number)
        finally:
            connection.close()

    threads = [threading.Thread(target=launch, args=(number,)) for number in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(refused) == Entry.objects.count() == 10
    assert available() == 0


@pytest.mark.parametrize(
    "statement",
    ["UPDATE billing_entry SET amount = 1", "DELETE FROM billing_entry", "TRUNCATE billing_entry"],
)
def test_no_entry_changes_or_disappears(tenant, wallet, statement):
    reserve(tenant, key="reserve:campaign:1", subject="campaign:1", amount=PRICE, currency="USD")
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)
    assert Entry.objects.get().amount == PRICE
