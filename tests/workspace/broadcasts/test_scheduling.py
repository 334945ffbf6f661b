"""Send later: a time of the team's zone, changed or cancelled until it comes."""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.utils import timezone

from campaigns.doors import claim_due_campaigns
from campaigns.models import Campaign, Status
from tests.workspace.broadcasts.conftest import reload, text
from tests.workspace.broadcasts.test_composer import page
from workspace.broadcasts.scheduling import PICKED, named_zone


def skipped_hour():
    """Half past one on the last Sunday of March, when London's clocks go from one to two."""
    day = date(timezone.now().year + 1, 3, 31)
    return f"{day - timedelta(days=(day.weekday() + 1) % 7)}T01:30"


@pytest.fixture
def scheduled(draft, write, chats, line, sales):
    """A broadcast that starts in two hours."""
    number = draft(chats(line, 2))
    later = timezone.localtime(timezone=sales.tenant.zone) + timedelta(hours=2)
    assert write(number, [text("Hello")], to="schedule", start=later.strftime(PICKED)).status_code == 302
    return Campaign.objects.get(number=number)


def test_the_time_is_that_of_the_teams_zone_which_is_named(browser, draft, write, chats, line, tenant):
    tenant.time_zone = "America/New_York"
    tenant.save()
    number = draft(chats(line, 1))
    assert "America/New_York (UTC-0" in page(browser.get(f"/campaigns/{number}/edit/"))
    write(number, [text("Hello")], to="schedule", start=f"{timezone.now().year + 1}-01-15T09:00")
    campaign = Campaign.objects.get(number=number)
    assert campaign.status == Status.SCHEDULED
    assert campaign.scheduled_at == datetime(timezone.now().year + 1, 1, 15, 14, 0, tzinfo=UTC)
    assert "9 a.m." in page(browser.get(f"/campaigns/{number}/")) or "09:00" in page(
        browser.get(f"/campaigns/{number}/")
    )


def test_when_its_time_comes_it_starts(scheduled):
    assert claim_due_campaigns() == 0
    Campaign.objects.filter(pk=scheduled.pk).update(scheduled_at=timezone.now())
    assert claim_due_campaigns() == 1
    assert reload(scheduled).status == Status.PREPARING


def test_it_can_be_changed_until_it_starts(browser, scheduled, write):
    shown = page(browser.get(f"/campaigns/{scheduled.number}/"))
    assert f'action="/campaigns/{scheduled.number}/change/"' in shown
    answer = browser.post(f"/campaigns/{scheduled.number}/change/")
    assert answer.url == f"/campaigns/{scheduled.number}/edit/"
    campaign = reload(scheduled)
    assert (campaign.status, campaign.scheduled_at) == (Status.DRAFT, None)
    write(scheduled.number, [text("Hello again")], to="send")
    assert reload(scheduled).status == Status.PREPARING
    assert browser.post(f"/campaigns/{scheduled.number}/change/").status_code == 409


def test_it_can_be_cancelled_before_it_starts(browser, scheduled):
    assert "It will not start. Nobody has been sent anything." in page(
        browser.get(f"/campaigns/{scheduled.number}/")
    )
    browser.post(f"/campaigns/{scheduled.number}/cancel/")
    assert reload(scheduled).status == Status.CANCELLING


def test_only_its_author_changes_it(sign_in, manager, scheduled):
    colleague = sign_in(manager)
    assert "/change/" not in page(colleague.get(f"/campaigns/{scheduled.number}/"))
    assert colleague.post(f"/campaigns/{scheduled.number}/change/").status_code == 404
    assert reload(scheduled).status == Status.SCHEDULED


@pytest.mark.parametrize(
    ("zone", "start", "words"),
    [
        ("Asia/Taipei", "", "Choose the day and the time"),
        ("Asia/Taipei", "tomorrow", "Choose the day and the time"),
        ("Asia/Taipei", "2020-01-01T09:00", "This time has passed."),
        ("Asia/Taipei", "2190-01-01T09:00", "within a year"),
        ("Europe/London", skipped_hour(), "This time does not exist"),
    ],
)
def test_a_time_that_cannot_be_is_refused_and_nothing_typed_is_lost(
    browser, draft, write, chats, line, tenant, zone, start, words
):
    tenant.time_zone = zone
    tenant.save()
    number = draft(chats(line, 1))
    answer = write(number, [text("Kept as typed")], to="schedule", start=start)
    assert answer.status_code == 400
    assert words in page(answer)
    campaign = Campaign.objects.get(number=number)
    assert (campaign.status, campaign.scheduled_at) == (Status.DRAFT, None)
    assert campaign.parts.get().text == "Kept as typed"


def test_a_zone_is_named_with_its_distance():
    with timezone.override("Asia/Taipei"):
        assert named_zone() == "Asia/Taipei (UTC+08:00)"


@pytest.fixture
def quiet_nights(tenant):
    """From nine in the evening to nine in the morning."""
    tenant.quiet_days = list(range(1, 8))
    tenant.save()


def tomorrow(tenant, clock):
    day = timezone.localdate(timezone=tenant.zone) + timedelta(days=1)
    return f"{day}T{clock}"


@pytest.mark.requirement("B-11")
def test_a_start_in_quiet_hours_is_asked_about_with_the_next_free_time(
    draft, write, chats, line, tenant, quiet_nights
):
    number = draft(chats(line, 1))
    asked = write(number, [text("Late")], to="schedule", start=tomorrow(tenant, "22:30"))
    assert asked.status_code == 409
    shown = page(asked)
    assert "22:30 falls into your team" in shown
    free = (date.fromisoformat(tomorrow(tenant, "")[:10]) + timedelta(days=1)).isoformat() + "T09:00"
    assert f'value="{free}"' in shown
    campaign = Campaign.objects.get(number=number)
    assert (campaign.status, campaign.parts.get().text) == (Status.DRAFT, "Late")

    write(number, [text("Late")], to="schedule", start=free, keep=tomorrow(tenant, "22:30"))
    campaign = Campaign.objects.get(number=number)
    assert campaign.status == Status.SCHEDULED
    assert timezone.localtime(campaign.scheduled_at, tenant.zone).strftime(PICKED) == tomorrow(
        tenant, "22:30"
    )


def test_only_who_leads_is_offered_to_send_in_quiet_hours(
    browser, sign_in, manager, draft, write, chats, line, tenant, quiet_nights
):
    number = draft(chats(line, 1))
    write(number, [text("Late")], to="schedule", keep=tomorrow(tenant, "22:30"))
    assert "/at-any-hour/" not in page(browser.get(f"/campaigns/{number}/"))
    assert browser.post(f"/campaigns/{number}/at-any-hour/").status_code == 403
    lead = sign_in(manager)
    assert f'action="/campaigns/{number}/at-any-hour/"' in page(lead.get(f"/campaigns/{number}/"))
    assert lead.post(f"/campaigns/{number}/at-any-hour/").status_code == 302
    shown = page(lead.get(f"/campaigns/{number}/"))
    assert "Leaves in quiet hours, too." in shown
    assert "/at-any-hour/" not in shown


@pytest.mark.requirement("B-11")
def test_the_page_of_one_that_missed_its_start_says_so_and_offers_what_helps(browser, scheduled, tenant):
    late = timezone.now() - timedelta(hours=2)
    Campaign.objects.filter(pk=scheduled.pk).update(scheduled_at=late)
    claim_due_campaigns()
    shown = page(browser.get(f"/campaigns/{scheduled.number}/"))
    assert "Its start time passed by more than an hour before it could start." in shown
    for act in ("resume", "reschedule", "cancel", "change"):
        assert f'action="/campaigns/{scheduled.number}/{act}/"' in shown
    past = browser.post(f"/campaigns/{scheduled.number}/reschedule/", {"start": "2020-01-01T09:00"})
    assert past.status_code == 400
    assert reload(scheduled).status == Status.MISSED
    browser.post(f"/campaigns/{scheduled.number}/reschedule/", {"start": tomorrow(tenant, "10:00")})
    campaign = reload(scheduled)
    assert campaign.status == Status.SCHEDULED
    assert timezone.localtime(campaign.scheduled_at, tenant.zone).strftime(PICKED) == tomorrow(
        tenant, "10:00"
    )


@pytest.mark.requirement("B-11")
def test_a_start_picked_in_another_zone_is_shown_on_both_clocks(browser, scheduled, tenant):
    at = datetime(timezone.now().year + 1, 1, 15, 14, 0, tzinfo=UTC)
    Campaign.objects.filter(pk=scheduled.pk).update(scheduled_at=at, scheduled_zone="America/New_York")
    shown = page(browser.get(f"/campaigns/{scheduled.number}/"))
    assert "America/New_York (UTC-05:00)" in shown
    assert (
        f'data-zone-name="{tenant.time_zone}"' in shown
    )  # what the browser adds the reader's own clock from
