"""The statement of a month adds up, and what was spent is known by day and broadcast."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.utils import timezone

from billing.models import Account, Entry
from billing.reconcile import losses
from billing.statements import Spent, months, spent_by_day, statement_of

pytestmark = pytest.mark.django_db
UNIT = 1_000_000
AVAILABLE, RESERVED, SPENT, TOP_UPS = Account.AVAILABLE, Account.RESERVED, Account.SPENT, Account.TOP_UPS
NOW = datetime(2026, 11, 20, 4, tzinfo=UTC)


@pytest.fixture
def zone():
    with timezone.override("Asia/Taipei"):
        yield


@pytest.fixture
def moved(team, zone):
    """October: 20 in, 8 held, 3 spent. November begins in Taipei at 16:00 UTC: 2 spent, 3 given back, 1 paid back."""
    moves = [
        (datetime(2026, 10, 5, tzinfo=UTC), "top_up:1", 20, TOP_UPS, AVAILABLE),
        (datetime(2026, 10, 6, tzinfo=UTC), "campaign:7", 8, AVAILABLE, RESERVED),
        (datetime(2026, 10, 31, 15, 59, tzinfo=UTC), "campaign:7", 3, RESERVED, SPENT),
        (datetime(2026, 10, 31, 16, 0, tzinfo=UTC), "campaign:7", 2, RESERVED, SPENT),
        (datetime(2026, 11, 2, tzinfo=UTC), "campaign:7", 3, RESERVED, AVAILABLE),
        (datetime(2026, 11, 3, tzinfo=UTC), "top_up:1", 1, AVAILABLE, TOP_UPS),
        (datetime(2026, 11, 3, tzinfo=UTC), "campaign:7", 9, Account.LOSSES, SPENT),
    ]
    for n, (at, subject, units, source, target) in enumerate(moves):
        Entry.objects.create(
            tenant=team,
            key=str(n),
            subject=subject,
            currency="USD",
            amount=units * UNIT,
            source=source,
            target=target,
            at=at,
        )


def test_a_month_begins_with_what_the_last_one_left(moved):
    october, november = statement_of(date(2026, 10, 1), "USD"), statement_of(date(2026, 11, 1), "USD")
    assert (october.opening, october.paid_in, october.reserved, october.closing) == (
        0,
        20 * UNIT,
        8 * UNIT,
        12 * UNIT,
    )
    assert (october.spent, october.held_at_end) == (3 * UNIT, 5 * UNIT)
    assert (november.opening, november.held_at_start) == (october.closing, october.held_at_end)
    assert (november.released, november.taken_back, november.closing) == (3 * UNIT, UNIT, 14 * UNIT)
    assert (november.spent, november.held_at_end) == (2 * UNIT, 0)
    assert (october.borne, november.borne) == (0, 9 * UNIT)
    assert [(loss.messages, loss.payments) for loss in losses()] == [(9 * UNIT, 0)]


def test_the_months_go_back_to_the_first_movement(moved):
    assert months(NOW) == [date(2026, 11, 1), date(2026, 10, 1)]


def test_before_anything_moved_there_is_this_month(team, zone):
    assert months(NOW) == [date(2026, 11, 1)]
    assert statement_of(date(2026, 11, 1), "USD").closing == 0


def test_what_failed_after_all_was_not_spent(moved, team):
    Entry.objects.create(
        tenant=team,
        key="back",
        subject="campaign:7",
        currency="USD",
        amount=UNIT,
        source=SPENT,
        target=AVAILABLE,
        at=datetime(2026, 11, 1, 1, tzinfo=UTC),
    )
    november = statement_of(date(2026, 11, 1), "USD")
    assert (november.spent, november.released, november.closing) == (UNIT, 4 * UNIT, 15 * UNIT)
    assert spent_by_day("USD", NOW - timedelta(days=60), NOW)[-1] == Spent(
        date(2026, 11, 1), "campaign:7", UNIT
    )


def test_what_was_spent_is_told_by_the_teams_days(moved, team):
    for n in (8, 9):
        Entry.objects.create(
            tenant=team,
            key=f"reply-{n}",
            subject=f"message:{n}",
            currency="USD",
            amount=UNIT,
            source=RESERVED,
            target=SPENT,
            at=datetime(2026, 11, 1, 1, tzinfo=UTC),
        )
    assert spent_by_day("USD", NOW - timedelta(days=60), NOW) == [
        Spent(date(2026, 10, 31), "campaign:7", 3 * UNIT),
        Spent(date(2026, 11, 1), "campaign:7", 2 * UNIT),
        Spent(date(2026, 11, 1), "message", 2 * UNIT),
    ]
