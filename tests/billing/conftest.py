"""A tenant with an owner, in its scope; money in millionths."""

import pytest

from billing.models import Entry, TopUp, Wallet
from billing.money import minor_units
from billing.topups import confirm, start_top_up
from tenants.scopes import tenant_scope

UNIT = 1_000_000


@pytest.fixture
def team(tenant, owner):
    with tenant_scope(tenant):
        yield tenant


@pytest.fixture
def balance(team):
    """What the ledger says of an account of the tenant's, summed up from its entries."""

    def of(account):
        entries = Entry.objects.all()
        return sum(e.amount for e in entries.filter(target=account)) - sum(
            e.amount for e in entries.filter(source=account)
        )

    return of


@pytest.fixture
def sound(team, balance):
    """Asserts what must always hold of wallet, reservations, top-ups and entries."""

    def check():
        wallet = Wallet.objects.filter(currency="USD").first()
        assert balance("available") == (wallet.available if wallet else 0) >= 0
        paid_in = sum(t.amount - t.refunded for t in TopUp.objects.filter(paid_at__isnull=False))
        assert -balance("top_ups") == paid_in
        assert sum(balance(a) for a in ("available", "reserved", "spent", "top_ups", "losses")) == 0

    return check


@pytest.fixture
def paid(team, owner):
    """`paid(20)`: a top-up of so many dollars that was paid by card."""

    def make(units, payment="pi_1", session="cs_1"):
        top_up = start_top_up(owner, amount=units * UNIT, currency="USD")
        TopUp.objects.filter(pk=top_up.pk).update(session=session)
        confirm(top_up, payment=payment, total=minor_units(top_up.amount, "USD"), currency="USD")
        top_up.refresh_from_db()
        return top_up

    return make
