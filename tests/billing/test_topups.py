import pytest

from billing.errors import AlreadyBooked, InvalidAmount, PaymentMismatch
from billing.models import Entry, Method, TopUp, TopUpStatus, Wallet
from billing.services import reserve, settle
from billing.topups import book_transfer, confirm, expire, start_top_up, take_back
from tenants.errors import NotAllowed

pytestmark = pytest.mark.django_db(transaction=True)
UNIT = 1_000_000


def available():
    return Wallet.objects.get().available


@pytest.mark.requirement("S0-9")
@pytest.mark.parametrize("role", ["admin", "manager", "sales"])
def test_only_the_owner_tops_up(team, role, request):
    with pytest.raises(NotAllowed):
        start_top_up(request.getfixturevalue(role), amount=20 * UNIT, currency="USD")
    assert not TopUp.objects.exists()


def test_nothing_is_credited_before_it_is_paid(team, owner):
    start_top_up(owner, amount=20 * UNIT, currency="USD")
    assert not Wallet.objects.exists()
    assert not Entry.objects.exists()


def test_a_payment_is_credited_once(team, paid, sound):
    top_up = paid(20)
    assert not confirm(top_up, payment="pi_1", total=2000, currency="USD")
    assert available() == 20 * UNIT
    assert (top_up.status, top_up.payment) == (TopUpStatus.PAID, "pi_1")
    sound()


@pytest.mark.parametrize(("total", "currency"), [(1999, "USD"), (2000, "HKD"), (0, "USD")])
def test_another_sum_than_asked_for_is_not_credited(team, owner, total, currency):
    top_up = start_top_up(owner, amount=20 * UNIT, currency="USD")
    with pytest.raises(PaymentMismatch):
        confirm(top_up, payment="pi_1", total=total, currency=currency)
    assert not Entry.objects.exists()


def test_a_payment_that_comes_after_all_is_credited(team, owner, sound):
    top_up = start_top_up(owner, amount=20 * UNIT, currency="USD")
    expire(top_up)
    assert confirm(top_up, payment="pi_1", total=2000, currency="USD")
    top_up.refresh_from_db()
    assert (top_up.status, available()) == (TopUpStatus.PAID, 20 * UNIT)
    expire(top_up)
    top_up.refresh_from_db()
    assert top_up.status == TopUpStatus.PAID
    sound()


@pytest.mark.parametrize(
    ("amount", "currency", "code"),
    [
        (20 * UNIT, "TWD", "currency_mismatch"),
        (4 * UNIT, "USD", "out_of_range"),
        (100_001 * UNIT, "USD", "out_of_range"),
        (20 * UNIT + 1, "USD", "too_many_decimals"),
        (0, "USD", "out_of_range"),
        (-20 * UNIT, "USD", "out_of_range"),
    ],
)
def test_amounts_out_of_bounds_are_named(team, owner, amount, currency, code):
    with pytest.raises(InvalidAmount) as refused:
        start_top_up(owner, amount=amount, currency=currency)
    assert refused.value.errors[0]["code"] == code


def test_what_is_refunded_leaves_the_credit_once(team, paid, sound):
    top_up = paid(20)
    for _again in range(2):
        take_back(top_up, in_all=5 * UNIT, status=TopUpStatus.REFUNDED)
    assert available() == 15 * UNIT
    take_back(top_up, in_all=20 * UNIT, status=TopUpStatus.REFUNDED)
    assert available() == 0
    sound()


def test_what_is_spent_already_is_the_platforms_when_it_is_disputed(team, paid, sound, balance):
    top_up = paid(20)
    reserve(team, key="reserve:campaign:1", subject="campaign:1", amount=8 * UNIT, currency="USD")
    settle(team, key="1", subject="campaign:1", captured=8 * UNIT)
    take_back(top_up, in_all=20 * UNIT, status=TopUpStatus.DISPUTED)
    assert (available(), balance("losses")) == (0, -8 * UNIT)
    sound()


def test_a_dispute_that_is_won_gives_the_credit_back_and_can_come_again(team, paid, sound):
    top_up = paid(20)
    for _time in range(2):
        take_back(top_up, in_all=20 * UNIT, status=TopUpStatus.DISPUTED)
        assert available() == 0
        take_back(top_up, in_all=0, status=TopUpStatus.PAID)
        assert available() == 20 * UNIT
        sound()
    top_up.refresh_from_db()
    assert top_up.status == TopUpStatus.PAID


def test_a_transfer_waits_for_the_operator_and_is_booked_once(team, owner, sound):
    top_up = start_top_up(owner, amount=300 * UNIT, currency="USD", method=Method.TRANSFER)
    with pytest.raises(InvalidAmount):
        book_transfer(team, number=top_up.number, amount=200 * UNIT, currency="USD")
    assert (
        book_transfer(team, number=top_up.number, amount=300 * UNIT, currency="USD").status
        == TopUpStatus.PAID
    )
    with pytest.raises(AlreadyBooked):
        book_transfer(team, number=top_up.number, amount=300 * UNIT, currency="USD")
    assert available() == 300 * UNIT
    sound()
