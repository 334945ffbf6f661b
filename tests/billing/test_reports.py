from datetime import timedelta

import pytest
from django.utils import timezone

from billing.models import Entry, TopUpStatus
from billing.reports import balance_of, lines_of, movements
from billing.services import reserve, settle
from billing.topups import take_back

pytestmark = pytest.mark.django_db(transaction=True)
UNIT = 1_000_000


@pytest.fixture
def moved(team, paid):
    """Paid in 20, held 8, spent 3, gave back 4, refunded 1."""
    top_up = paid(20)
    reserve(team, key="reserve:campaign:1", subject="campaign:1", amount=8 * UNIT, currency="USD")
    settle(team, key="a", subject="campaign:1", captured=3 * UNIT, released=4 * UNIT)
    take_back(top_up, in_all=UNIT, status=TopUpStatus.REFUNDED)


def test_the_balance_adds_up(moved):
    found = balance_of("USD")
    assert (found.available, found.reserved, found.spent) == (15 * UNIT, UNIT, 3 * UNIT)
    assert found.spent_this_month == 3 * UNIT
    assert found.days_left == 15 * 14 // 3


def test_what_is_not_spent_never_runs_out(team, paid):
    paid(20)
    assert balance_of("USD").days_left is None
    assert balance_of("TWD").available == 0


def test_the_pace_is_that_of_the_last_weeks(moved):
    assert balance_of("USD", now=timezone.now() + timedelta(days=40)).days_left is None


def test_every_movement_says_what_it_did_and_what_it_left(moved):
    lines = lines_of(list(movements("USD")), "USD")
    assert [(line.kind, line.change, line.held, line.after) for line in lines] == [
        ("taken_back", -UNIT, 0, 15 * UNIT),
        ("release", 4 * UNIT, -4 * UNIT, 16 * UNIT),
        ("capture", 0, -3 * UNIT, 12 * UNIT),
        ("reserve", -8 * UNIT, 8 * UNIT, 12 * UNIT),
        ("top_up", 20 * UNIT, 0, 20 * UNIT),
    ]


def test_balances_are_right_under_a_filter_and_on_a_later_page(moved):
    every = lines_of(list(movements("USD")), "USD")
    some = lines_of(list(movements("USD").filter(subject="campaign:1")[1:]), "USD")
    assert some == every[2:4]


def test_the_platforms_losses_are_not_the_tenants_business(moved, team):
    settle(team, key="b", subject="campaign:1", lost=UNIT)
    assert Entry.objects.count() == 6
    assert movements("USD").count() == 5
