"""Holds: set aside once, spent or given back part by part, never overdrawn."""

import pytest
from django.db import IntegrityError, transaction

from billing.errors import CurrencyMismatch, InsufficientCredit
from billing.models import Entry, Reservation, Wallet
from billing.services import reserve, settle

pytestmark = pytest.mark.django_db(transaction=True)
UNIT = 1_000_000


@pytest.fixture
def held(team, paid):
    """Ten dollars paid in, four of them held for a campaign."""
    paid(10)
    reserve(team, key="reserve:campaign:1", subject="campaign:1", amount=4 * UNIT, currency="USD")
    return team


def available():
    return Wallet.objects.get().available


def test_captured_is_spent_and_released_comes_back(held, sound, balance):
    entries = settle(held, key="1:a", subject="campaign:1", captured=UNIT, released=2 * UNIT)
    assert Entry.objects.get(pk=entries["captured"]).subject == "campaign:1"
    hold = Reservation.objects.get()
    assert (hold.open, hold.captured, hold.released) == (UNIT, UNIT, 2 * UNIT)
    assert available() == 8 * UNIT
    assert balance("spent") == UNIT
    sound()


def test_a_batch_told_twice_moves_nothing_more(held, sound):
    settle(held, key="1:a", subject="campaign:1", captured=UNIT)
    assert settle(held, key="1:a", subject="campaign:1", captured=UNIT) == {}
    assert Reservation.objects.get().captured == UNIT
    sound()


def test_a_hold_is_never_overdrawn(held, sound):
    with pytest.raises(IntegrityError), transaction.atomic():
        settle(held, key="1:a", subject="campaign:1", captured=3 * UNIT, released=2 * UNIT)
    assert Reservation.objects.get().open == 4 * UNIT
    sound()


def test_a_success_after_a_release_is_the_platforms_loss(held, sound, balance):
    settle(held, key="1:a", subject="campaign:1", released=4 * UNIT)
    settle(held, key="1:b", subject="campaign:1", lost=UNIT)
    assert (available(), balance("losses"), balance("spent")) == (10 * UNIT, -UNIT, UNIT)
    assert Reservation.objects.get().lost == UNIT
    sound()


def test_nothing_to_settle_books_nothing(held):
    assert settle(held, key="1:a", subject="campaign:1") == {}
    with pytest.raises(LookupError):
        settle(held, key="9:a", subject="campaign:9", captured=1)


def test_a_hold_is_of_one_currency(held, sound):
    Wallet.objects.create(tenant=held, currency="HKD", available=UNIT)
    with pytest.raises(CurrencyMismatch, match="HKD"):
        reserve(held, key="reserve:campaign:1:hkd", subject="campaign:1", amount=UNIT, currency="HKD")
    assert Wallet.objects.get(currency="HKD").available == UNIT
    assert not Entry.objects.filter(currency="HKD").exists()
    assert Reservation.objects.get().open == 4 * UNIT


def test_a_hold_can_grow(held, sound):
    reserve(held, key="reserve:campaign:1:more", subject="campaign:1", amount=UNIT, currency="USD")
    assert Reservation.objects.get().open == 5 * UNIT
    with pytest.raises(InsufficientCredit) as refused:
        reserve(held, key="reserve:campaign:2", subject="campaign:2", amount=9 * UNIT, currency="USD")
    assert refused.value.shortfall == 4 * UNIT
    assert not Reservation.objects.filter(subject="campaign:2").exists()
    sound()
