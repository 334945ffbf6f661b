"""A start time: stored with its zone, everything looked at again when it comes, and missed rather than late."""

from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from billing.models import Price
from billing.services import reserve
from billing.topups import confirm, start_top_up
from campaigns.doors import claim_due_campaigns
from campaigns.engine.finish import finish_campaigns
from campaigns.engine.prepare import prepare_campaigns
from campaigns.models import Campaign, Recipient, State, Status
from campaigns.outlook import Waiting, outlook_of
from campaigns.services import (
    cancel_campaign,
    create_campaign,
    reschedule_campaign,
    resume_campaign,
    unschedule_campaign,
)
from conversations.models import Contact
from tenants.errors import WrongStatus
from tenants.models import AuditEntry

pytestmark = pytest.mark.django_db(transaction=True)
LATER = timedelta(hours=2)


@pytest.fixture
def scheduled(shop):
    shop.chats(shop.whatsapp, 2)
    return create_campaign(shop.sales, shop.draft("Hello", scheduled_at=timezone.now() + LATER))


def comes(campaign, *, late=timedelta()):
    """The start time comes, or has come so long ago when somebody looks."""
    Campaign.objects.filter(pk=campaign.pk).update(scheduled_at=timezone.now() - late)
    claim_due_campaigns()


@pytest.mark.requirement("B-11")
def test_the_zone_is_kept_with_the_moment_whatever_the_team_does(shop, scheduled):
    assert scheduled.scheduled_zone == shop.tenant.time_zone == "Asia/Taipei"
    shop.tenant.time_zone = "Europe/London"
    shop.tenant.save()
    kept = Campaign.objects.get(pk=scheduled.pk)
    assert (kept.scheduled_at, kept.scheduled_zone) == (scheduled.scheduled_at, "Asia/Taipei")
    at = timezone.now() + LATER
    abroad = shop.draft("Hello", scheduled_at=at, scheduled_zone="America/New_York")
    assert create_campaign(shop.sales, abroad).scheduled_zone == "America/New_York"
    assert create_campaign(shop.sales, shop.draft("At once")).scheduled_zone == ""


@pytest.mark.requirement("B-11")
def test_windows_and_credit_are_looked_at_again_when_it_starts(shop, scheduled, owner):
    """One window has closed since, and the credit has gone elsewhere: nothing is sent, and it can be taken up again."""
    Price.objects.create(
        currency="USD",
        market="TW",
        category="service",
        amount=11_300,
        valid_from=datetime(2026, 1, 1, tzinfo=UTC),
    )
    confirm(
        start_top_up(owner, amount=10_000_000, currency="USD"), payment="pi_1", total=1000, currency="USD"
    )
    Contact.objects.filter(address="+886912000001").update(window_closes_at=timezone.now())
    reserve(shop.tenant, key="r", subject="replies:2026-11-26", amount=10_000_000, currency="USD")
    comes(scheduled)
    prepare_campaigns()
    refused = shop.fresh(scheduled)
    assert (refused.status, refused.reason, refused.shortfall) == (
        Status.REFUSED,
        "insufficient_credit",
        11_300,
    )
    assert shop.summary()["accepted"] == 0

    confirm(start_top_up(owner, amount=5_000_000, currency="USD"), payment="pi_2", total=500, currency="USD")
    resume_campaign(refused, shop.sales)
    prepare_campaigns()
    sent = shop.send(scheduled)
    assert sent.status == Status.COMPLETED
    skipped = Recipient.objects.get(campaign=sent, state=State.SKIPPED)
    assert (skipped.address, skipped.reason) == ("+886912000001", "window_closed")
    assert shop.summary()["people"] == 1


@pytest.mark.requirement("B-11")
def test_one_that_could_not_start_for_an_hour_waits_for_a_person_who_sends_it(shop, scheduled):
    comes(scheduled, late=timedelta(minutes=61))
    prepare_campaigns()
    missed = shop.fresh(scheduled)
    assert (missed.status, missed.reason) == (Status.MISSED, "too_late")
    assert outlook_of(missed).codes == [Waiting.CONFIRMATION]
    resume_campaign(missed, shop.sales)
    prepare_campaigns()
    assert shop.send(scheduled).status == Status.COMPLETED
    assert shop.summary()["people"] == 2


def test_up_to_an_hour_late_it_starts_by_itself(shop, scheduled):
    comes(scheduled, late=timedelta(minutes=59))
    assert shop.fresh(scheduled).status == Status.PREPARING


def test_or_gives_it_another_time_changes_it_or_drops_it(shop, scheduled):
    comes(scheduled, late=LATER)
    at = timezone.now() + LATER
    reschedule_campaign(shop.fresh(scheduled), shop.sales, at, "Asia/Tokyo")
    again = shop.fresh(scheduled)
    assert (again.status, again.reason, again.scheduled_at) == (Status.SCHEDULED, "", at)
    assert again.scheduled_zone == "Asia/Tokyo"
    entry = AuditEntry.objects.get(action="campaign.rescheduled")
    assert (entry.member, entry.details["after"]) == (shop.sales, at.isoformat())

    comes(scheduled, late=LATER)
    unschedule_campaign(shop.fresh(scheduled), shop.sales)
    draft = shop.fresh(scheduled)
    assert (draft.status, draft.scheduled_at, draft.scheduled_zone) == (Status.DRAFT, None, "")
    with pytest.raises(WrongStatus):
        reschedule_campaign(draft, shop.sales, at)

    other = create_campaign(shop.sales, shop.draft("Hello", scheduled_at=at))
    comes(other, late=LATER)
    cancel_campaign(other, shop.sales)
    finish_campaigns()
    assert shop.fresh(other).status == Status.CANCELLED
