"""Quiet hours through the engine: nothing leaves in them, everything after, unless a member says otherwise."""

from datetime import timedelta

import pytest
from django.utils import timezone

from campaigns.affected import people_behind
from campaigns.doors import claim_due_campaigns, due_channels
from campaigns.engine.groups import Group
from campaigns.engine.lease import rows_of, take_lease
from campaigns.engine.mark import mark
from campaigns.engine.prepare import prepare_campaigns
from campaigns.engine.slice import run_slice
from campaigns.models import Campaign, Recipient, State, Status
from campaigns.outlook import Waiting, outlook_of
from campaigns.preflight import preflight
from campaigns.services import create_campaign, send_at_any_hour
from conversations.models import Contact, Conversation
from conversations.outbox import send_due
from conversations.replies import send_reply
from tenants.errors import NotAllowed, WrongStatus
from tenants.models import AuditEntry

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def quiet(shop):
    """`quiet(begins, ends)`: every day, from and to so many minutes from now; `quiet()` ends them. Returns the end."""

    def set_hours(begins=None, ends=None):
        tenant = shop.tenant
        tenant.quiet_days = [] if begins is None else list(range(1, 8))
        if begins is not None:
            now = timezone.localtime(timezone=tenant.zone).replace(second=0, microsecond=0)
            tenant.quiet_from = (now + timedelta(minutes=begins)).time()
            tenant.quiet_to = (now + timedelta(minutes=ends)).time()
        tenant.save()
        return tenant.quiet_hours.until(timezone.now())

    return set_hours


@pytest.fixture
def running(shop):
    shop.chats(shop.whatsapp, 3)
    shop.chats(shop.line, 2)
    return shop.launch("Hello")


@pytest.mark.requirement("B-11")
def test_in_quiet_hours_nothing_leaves_and_nobody_is_rung_for(shop, quiet, running):
    quiet(-60, 60)
    assert due_channels(16) == []
    assert take_lease(shop.tenant.pk, shop.whatsapp.pk) is None
    assert run_slice() is False
    assert shop.summary()["accepted"] == 0
    quiet()
    running = shop.send(running)
    assert running.status == Status.COMPLETED
    assert shop.summary()["people"] == 5


def test_what_is_leased_when_they_begin_is_not_marked(shop, quiet, running):
    lease = take_lease(shop.tenant.pk, shop.whatsapp.pk)
    quiet(-1, 60)
    groups = [Group([row]) for row in rows_of(lease, State.WAITING)]
    marked = mark(lease, groups, lambda group: None, retry_keys=False)
    assert (marked.held, marked.groups) == (False, [])
    assert set(Recipient.objects.values_list("state", flat=True)) == {State.WAITING}


def test_replies_leave_all_the_same(shop, quiet, running):
    quiet(-60, 60)
    chat = Conversation.objects.filter(channel=shop.line).first()
    send_reply(chat, by=shop.sales, text="Yes, until six.")
    send_due()
    assert shop.arrived(chat.contact.address) == ["Yes, until six."]


@pytest.mark.requirement("B-11")
def test_whose_window_closes_meanwhile_is_skipped_with_the_reason_and_foretold(shop, quiet):
    until = quiet(-60, 60)
    shop.chats(shop.whatsapp, 2, window_closes_at=until - timedelta(minutes=1))
    shop.chats(shop.whatsapp, 3, start=10, window_closes_at=until + timedelta(minutes=1))
    found = preflight(shop.sales, shop.draft("Hello"))
    assert found.starts_at == until
    assert [(line.code, line.channel, line.count) for line in found.lines][1:] == [
        ("quiet_hours", "", 0),
        ("closes_before", "whatsapp", 2),
    ]
    behind = people_behind(shop.sales, shop.draft("Hello"), "closes_before", "whatsapp", 9)
    assert {person.contact.window_closes_at for person in behind} == {until - timedelta(minutes=1)}
    campaign = shop.launch("Hello")
    Contact.objects.filter(window_closes_at__lt=until).update(window_closes_at=timezone.now())
    quiet()
    campaign = shop.send(campaign)
    skipped = Recipient.objects.filter(campaign=campaign, state=State.SKIPPED)
    assert [person.reason for person in skipped] == ["window_closed"] * 2
    assert shop.summary()["people"] == 3


def test_a_member_who_leads_lets_one_leave_on_record(shop, quiet, running, manager):
    quiet(-60, 60)
    other = shop.launch("Another")
    with pytest.raises(NotAllowed):
        send_at_any_hour(running, shop.sales)
    send_at_any_hour(running, manager)
    with pytest.raises(WrongStatus):
        send_at_any_hour(running, manager)
    assert shop.send(running).status == Status.COMPLETED
    assert shop.fresh(other).status == Status.RUNNING
    entry = AuditEntry.objects.get(action="campaign.sent_at_any_hour")
    assert (entry.member, entry.subject_id) == (manager, running.pk)


def test_the_wait_is_told_with_its_end_and_the_finish_lies_after(shop, quiet, running):
    until = quiet(-60, 60)
    found = outlook_of(running)
    (wait, nobody) = found.waits
    assert (wait.code, wait.until, nobody.code) == (Waiting.QUIET_HOURS, until, Waiting.NO_WORKER)


@pytest.mark.requirement("B-11")
def test_a_scheduled_one_says_that_it_will_wait_and_waits(shop, quiet):
    shop.chats(shop.line, 1)
    until = quiet(60, 120)
    at = timezone.now() + timedelta(minutes=90)
    campaign = create_campaign(shop.sales, shop.draft("Hello", scheduled_at=at))
    assert [wait.code for wait in outlook_of(campaign).waits] == [Waiting.START_TIME, Waiting.QUIET_HOURS]
    assert until is None  # not now
    quiet(-60, 60)
    Campaign.objects.filter(pk=campaign.pk).update(scheduled_at=timezone.now())
    claim_due_campaigns()
    prepare_campaigns()
    assert run_slice() is False
    assert shop.fresh(campaign).status == Status.RUNNING
    assert outlook_of(shop.fresh(campaign)).codes[0] == Waiting.QUIET_HOURS
