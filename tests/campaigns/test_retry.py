"""Retry failed and Send again: who is in it, from which part on, once, and with everything looked at anew."""

from datetime import timedelta

import pytest
from django.utils import timezone

from billing.models import Price
from campaigns.engine.prepare import prepare_campaigns
from campaigns.engine.settle import settle
from campaigns.errors import NobodyReachable
from campaigns.models import PartState, Recipient, State, Status
from campaigns.reports import counts_of
from campaigns.retrying import RETRYABLE, doubtful_people, failed_people, preflight_again
from campaigns.services import pause_campaign, retry_campaign, send_again
from channels.adapters.base import Delivery, Reason, StatusChange
from channels.signals import Received
from conversations.models import Contact
from tenants.errors import NotAllowed, WrongStatus
from tenants.models import AuditEntry
from tests.campaigns.test_engine import states

pytestmark = pytest.mark.django_db(transaction=True)


def people(campaign):
    return list(Recipient.objects.filter(campaign=campaign).order_by("pk"))


def report(recipient, status, part=0, **more):
    event = StatusChange(
        recipient.channel.account_id,
        f"{recipient.pk}-{part}-{status}",
        timezone.now(),
        {},
        provider_id=recipient.provider_ids[part] if part < len(recipient.provider_ids) else "wamid.late",
        status=status,
        opaque_id=f"{recipient.pk}.{part}.0",
        recipient=recipient.address,
        **more,
    )
    return Received(recipient.channel, event)


def fail(shop, recipient, part, reason=Reason.RECIPIENT_UNAVAILABLE):
    settle(shop.tenant, [report(recipient, Delivery.FAILED, part, reason=reason)])


def run(shop, retry):
    prepare_campaigns()
    return shop.send(shop.fresh(retry))


@pytest.fixture
def half_failed(shop):
    """Two parts to four people on WhatsApp: one got all, one nothing, one the first only, one can never be reached."""
    shop.chats(shop.whatsapp, 4)
    campaign = shop.send(shop.launch("One {{ name|you }}", "Two"))
    _fine, nothing, partial, never = people(campaign)
    for person, parts, reason in (
        (nothing, (0, 1), Reason.RECIPIENT_UNAVAILABLE),
        (partial, (1,), Reason.EXPIRED),
        (never, (0, 1), Reason.RECIPIENT_INVALID),
    ):
        for part in parts:
            fail(shop, person, part, reason)
    assert states(shop.fresh(campaign)) == {"accepted": 1, "partial": 1, "failed": 2}
    return shop.fresh(campaign)


@pytest.mark.requirement("D-14")
def test_a_retry_sends_each_person_what_is_missing_and_links_both_ways(shop, half_failed):
    found = preflight_again(shop.sales, half_failed, failed_people(half_failed, shop.sales))
    assert (found.sendable, found.total) == (2, 2)
    retry = run(shop, retry_campaign(half_failed, shop.sales))
    assert (retry.status, retry.total, states(retry)) == (Status.COMPLETED, 2, {"accepted": 2})
    assert (retry.retry_of, list(half_failed.retries.all())) == (half_failed, [retry])
    _fine, nothing, partial, never = (person.address for person in people(half_failed))
    assert shop.arrived(nothing)[2:] == ["One Mei", "Two"]
    assert shop.arrived(partial)[2:] == ["Two"]
    assert shop.arrived(never)[2:] == []
    first, second = people(retry)
    assert (first.part_states, second.part_states) == ([3, 3], [5, 3])
    entry = AuditEntry.objects.get(action="campaign.retried")
    assert entry.details == {"number": retry.number, "people": 2}


def test_only_what_is_missing_is_priced(shop, half_failed):
    Price.objects.create(
        currency="USD", market="TW", category="service", amount=700, valid_from=timezone.now()
    )
    found = preflight_again(shop.sales, half_failed, failed_people(half_failed, shop.sales))
    assert found.price == 3 * 700  # two messages for one person, one for the other


def test_nobody_is_retried_twice(shop, half_failed):
    retry = retry_campaign(half_failed, shop.sales)
    with pytest.raises(NobodyReachable):
        retry_campaign(half_failed, shop.sales)
    run(shop, retry)
    with pytest.raises(NobodyReachable):
        retry_campaign(half_failed, shop.sales)


def test_whoever_the_retry_sent_nothing_may_be_retried_again(shop, half_failed):
    contact = people(half_failed)[1].contact_id
    retry = retry_campaign(half_failed, shop.sales)
    Contact.objects.filter(pk=contact).update(window_closes_at=timezone.now())
    retry = run(shop, retry)
    assert states(retry) == {"accepted": 1, "skipped": 1}
    Contact.objects.filter(pk=contact).update(window_closes_at=timezone.now() + timedelta(hours=3))
    assert run(shop, retry_campaign(half_failed, shop.sales)).total == 1


def test_windows_and_opt_outs_are_looked_at_again(shop, half_failed):
    _fine, nothing, partial, _never = people(half_failed)
    Contact.objects.filter(pk=nothing.contact_id).update(opted_out_at=timezone.now())
    Contact.objects.filter(pk=partial.contact_id).update(window_closes_at=timezone.now())
    found = preflight_again(shop.sales, half_failed, failed_people(half_failed, shop.sales))
    assert sorted(line.code for line in found.lines) == ["opted_out", "window_closed"]
    with pytest.raises(NobodyReachable):
        retry_campaign(half_failed, shop.sales)


def test_a_retry_is_retried_in_its_turn(shop, half_failed):
    retry = run(shop, retry_campaign(half_failed, shop.sales))
    fail(shop, people(retry)[1], 1)
    again = run(shop, retry_campaign(shop.fresh(retry), shop.sales))
    assert (again.retry_of, again.total) == (retry, 1)
    assert people(again)[0].part_states == [5, 3]


def test_nothing_is_retried_before_the_end_or_by_somebody_else(shop, half_failed, admin):
    with pytest.raises(NotAllowed):
        retry_campaign(half_failed, admin)
    running = shop.launch("Hello")
    pause_campaign(running, shop.sales)
    with pytest.raises(WrongStatus):
        retry_campaign(running, shop.sales)


def test_every_reason_says_whether_it_can_be_retried():
    assert set(RETRYABLE) == set(Reason)


# --- doubts ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def doubtful(shop):
    """Three people on WhatsApp whose first of two messages may have left, twenty minutes ago."""
    shop.chats(shop.whatsapp, 3)
    campaign = shop.launch("One", "Two")
    shop.scenario(cut_rate=1.0, accepted_share=1.0)
    campaign = shop.send(campaign)
    assert states(campaign) == {"unconfirmed": 3}
    Recipient.objects.update(marked_at=timezone.now() - timedelta(minutes=20))
    shop.scenario(cut_rate=0.0)
    return campaign


@pytest.mark.requirement("B-3")
def test_a_person_decides_to_send_again_and_the_doubt_stays_on_record(shop, doubtful):
    first, second, _third = people(doubtful)
    retry = run(shop, send_again(doubtful, shop.sales, [first.pk]))
    assert (retry.in_doubt, states(retry)) == (True, {"accepted": 1})
    assert shop.arrived(first.address) == ["One", "One", "Two"]
    assert states(shop.fresh(doubtful)) == {"unconfirmed": 3}
    first.refresh_from_db()
    assert first.retried_in == retry
    assert run(shop, send_again(doubtful, shop.sales)).total == 2
    assert AuditEntry.objects.filter(action="campaign.sent_again").count() == 2
    settle(shop.tenant, [report(second, Delivery.DELIVERED)])
    assert states(shop.fresh(doubtful)) == {"partial": 1, "unconfirmed": 2}


def test_a_doubt_is_left_alone_for_a_quarter_of_an_hour(shop, doubtful):
    Recipient.objects.filter(pk=people(doubtful)[0].pk).update(
        marked_at=timezone.now() - timedelta(minutes=14)
    )
    assert doubtful_people(doubtful, shop.sales).count() == 2


@pytest.mark.requirement("B-3")
@pytest.mark.parametrize(("hours", "offered"), [(1, 0), (23, 0), (25, 1)])
def test_line_is_never_sent_again_while_its_key_can_still_settle_it(shop, hours, offered):
    shop.chats(shop.line, 1)
    campaign = shop.send(shop.launch("One"))
    ago = timezone.now() - timedelta(hours=hours)
    person = people(campaign)[0]
    Recipient.objects.filter(pk=person.pk).update(state=State.UNCONFIRMED, part_states=[2], marked_at=ago)
    type(person.attempt).objects.update(first_sent_at=ago)
    assert doubtful_people(campaign, shop.sales).count() == offered


def test_nobody_in_doubt_is_in_a_retry(shop, doubtful):
    person = people(doubtful)[0]
    Recipient.objects.filter(pk=person.pk).update(part_states=[PartState.FAILED, PartState.UNCONFIRMED])
    assert not failed_people(doubtful, shop.sales).exists()


def test_a_stopped_person_is_retried_from_the_part_that_was_stopped(shop, doubtful):
    person = people(doubtful)[0]
    settle(shop.tenant, [report(person, Delivery.DELIVERED)])
    retry = run(shop, retry_campaign(shop.fresh(doubtful), shop.sales))
    assert (retry.total, counts_of(retry).completed) == (1, 1)
    assert shop.arrived(person.address) == ["One", "Two"]
