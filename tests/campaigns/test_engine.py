"""A campaign from selection to the last answer, through the real engine to the real sandbox."""

import threading
import time
from datetime import timedelta

import pytest
from django.conf import settings
from django.db import connection
from django.utils import timezone

from campaigns.engine.clerk import Clerk
from campaigns.engine.connections import connected
from campaigns.engine.groups import Script, patterns_of
from campaigns.engine.lease import rows_of, take_lease
from campaigns.engine.mark import mark
from campaigns.engine.settle import settle
from campaigns.engine.slice import Slice, run_slice
from campaigns.models import Attempt, Campaign, PartState, Recipient, Shard, State, Status
from campaigns.reports import counts_of, reasons_of
from campaigns.services import cancel_campaign, pause_campaign, resume_campaign
from channels.adapters import ADAPTERS
from channels.adapters.base import Delivery, StatusChange
from channels.models import Channel, ChannelState, Sighting
from channels.sending.pacing import Pacer, limits_of
from channels.signals import Received
from conversations.models import Contact

pytestmark = pytest.mark.django_db(transaction=True)


def states(campaign):
    return {term: n for term, n in counts_of(campaign).as_dict().items() if n}


def expire_leases():
    Shard.objects.filter(state=1).update(leased_until=timezone.now())


def die_after_marking(shop, campaign, channel):
    """What a worker leaves that is killed between the commit of its marks and the first byte."""
    lease = take_lease(shop.tenant.pk, channel.pk)
    adapter = ADAPTERS[channel.kind]
    script = Script(
        adapter, channel.credentials(), patterns_of(campaign, channel), limits_of(adapter.spec, None)
    )
    groups = list(script.group(rows_of(lease, State.WAITING)))
    marked = mark(lease, groups, script.prepare, retry_keys=script.retry_keys)
    assert marked.held
    return lease


@pytest.mark.requirement("S1-5")
def test_two_parts_reach_everybody_on_both_channels_once(shop):
    shop.chats(shop.line, 30, name=lambda n: f"Person {n % 3}")
    shop.chats(shop.whatsapp, 20)
    campaign = shop.send(shop.launch("Hello {{ name|there }}", "See you"))
    assert campaign.status == Status.COMPLETED
    assert counts_of(campaign).completed == campaign.total == 50
    assert shop.arrived("+886912000001") == ["Hello Mei", "See you"]
    assert shop.arrived(f"U{1:032x}") == ["Hello Person 1", "See you"]
    summary = shop.summary()
    assert (summary["people"], summary["duplicates"]) == (50, 0)


def test_equal_texts_share_a_line_call_and_its_retry_key(shop):
    shop.chats(shop.line, 7)
    campaign = shop.send(shop.launch("Same for all"))
    attempts = set(Recipient.objects.filter(campaign=campaign).values_list("attempt_id", flat=True))
    assert len(attempts) == 1
    assert shop.summary()["people"] == 7


def test_a_refused_person_fails_alone_with_the_reason(shop):
    shop.chats(shop.whatsapp, 3)
    shop.chats(shop.line, 5)
    bad = Contact.objects.filter(channel=shop.line).first()
    Contact.objects.filter(pk=bad.pk).update(address="not-a-line-id")
    campaign = shop.send(shop.launch("Hello"))
    assert campaign.status == Status.COMPLETED
    assert states(campaign) == {"accepted": 7, "failed": 1}
    assert [reason.count for reason in reasons_of(campaign)] == [1]
    assert shop.summary()["duplicates"] == 0


def test_codes_nobody_knows_are_counted(shop):
    shop.chats(shop.whatsapp, 3)
    shop.launch("Hello")
    shop.scenario(account_error=131999)
    run_slice()
    assert Sighting.objects.get(what="code").value == "131999"


@pytest.mark.requirement("B-3")
def test_line_calls_in_doubt_go_again_under_the_same_key(shop):
    shop.chats(shop.line, 12, name=lambda n: f"Person {n}")
    campaign = shop.launch("Hello {{ name|there }}")
    die_after_marking(shop, campaign, shop.line)
    keys = set(Attempt.objects.values_list("key", flat=True))
    expire_leases()
    campaign = shop.send(campaign)
    assert states(campaign) == {"accepted": 12}
    assert set(Attempt.objects.values_list("key", flat=True)) == keys
    assert (shop.summary()["people"], shop.summary()["duplicates"]) == (12, 0)


def test_line_answers_that_were_lost_cost_nobody_a_second_message(shop):
    shop.chats(shop.line, 12, name=lambda n: f"Person {n}")
    campaign = shop.launch("Hello {{ name|there }}")
    shop.scenario(cut_rate=0.5, accepted_share=1.0)
    campaign = shop.fresh(campaign)
    run_slice()
    shop.scenario(cut_rate=0.0)
    expire_leases()
    Shard.objects.update(due_at=timezone.now())
    campaign = shop.send(campaign)
    assert states(campaign) == {"accepted": 12}
    assert shop.summary()["duplicates"] == 0


def test_whatsapp_messages_in_doubt_are_not_sent_again(shop):
    shop.chats(shop.whatsapp, 6)
    campaign = shop.launch("Hello")
    die_after_marking(shop, campaign, shop.whatsapp)
    expire_leases()
    campaign = shop.send(campaign)
    assert campaign.status == Status.COMPLETED
    assert states(campaign) == {"unconfirmed": 6}
    assert shop.summary()["accepted"] == 0


def test_a_part_that_was_reported_before_the_worker_died_is_not_in_doubt(shop):
    shop.chats(shop.whatsapp, 3)
    campaign = shop.launch("One", "Two")
    die_after_marking(shop, campaign, shop.whatsapp)
    proved, *doubtful = Recipient.objects.filter(campaign=campaign).order_by("pk")
    event = StatusChange(
        shop.whatsapp.account_id,
        "sent",
        timezone.now(),
        {},
        provider_id="wamid.1",
        status=Delivery.SENT,
        opaque_id=f"{proved.pk}.0.0",
        recipient=proved.address,
    )
    settle(shop.tenant, [Received(shop.whatsapp, event)])
    expire_leases()
    campaign = shop.send(campaign)
    assert campaign.status == Status.COMPLETED
    assert states(campaign) == {"accepted": 1, "unconfirmed": 2}
    assert shop.arrived(proved.address) == ["Two"]  # the first had left with the worker that died
    assert [shop.arrived(person.address) for person in doubtful] == [[], []]


def test_what_was_reported_counts_when_a_broadcast_is_cancelled(shop):
    shop.chats(shop.whatsapp, 2)
    campaign = shop.launch("One", "Two")
    die_after_marking(shop, campaign, shop.whatsapp)
    proved = Recipient.objects.filter(campaign=campaign).first()
    Recipient.objects.filter(pk=proved.pk).update(part_states=[PartState.ACCEPTED, PartState.WAITING])
    cancel_campaign(campaign, shop.sales)
    expire_leases()
    assert states(shop.send(campaign)) == {"partial": 1, "unconfirmed": 1}


def test_an_answer_lost_on_whatsapp_is_in_doubt_and_stops_later_parts(shop):
    shop.chats(shop.whatsapp, 4)
    campaign = shop.launch("One", "Two")
    shop.scenario(cut_rate=1.0, accepted_share=1.0)
    campaign = shop.send(campaign)
    assert states(campaign) == {"unconfirmed": 4}
    assert all(shop.arrived(f"+8869120{n:05}") == ["One"] for n in range(1, 5))


def test_a_lease_that_was_lost_writes_nothing(shop):
    shop.chats(shop.whatsapp, 3)
    campaign = shop.launch("Hello")
    lease = take_lease(shop.tenant.pk, shop.whatsapp.pk)
    Shard.objects.update(lease=lease.number + 1)
    adapter = ADAPTERS["whatsapp"]
    script = Script(
        adapter, shop.whatsapp.credentials(), patterns_of(campaign, shop.whatsapp), adapter.spec.pacing
    )
    marked = mark(lease, list(script.group(rows_of(lease, State.WAITING))), script.prepare, retry_keys=False)
    assert (marked.held, marked.groups) == (False, [])
    assert states(shop.fresh(campaign)) == {"waiting": 3}


def test_a_provider_that_throttles_slows_the_channel_and_loses_nobody(shop):
    shop.chats(shop.whatsapp, 20)
    campaign = shop.launch("Hello")
    shop.scenario(throttle_rate=0.3)
    for _ in range(40):
        run_slice()
        Shard.objects.filter(state=0).update(due_at=timezone.now())
        shop.scenario(throttle_rate=0.0)
        if not Shard.objects.filter(state__lt=2).exists():
            break
    campaign = shop.send(campaign)
    assert states(campaign) == {"accepted": 20}
    assert shop.summary()["duplicates"] == 0


def test_who_has_a_token_leaves_though_the_next_must_wait_longer_than_the_slice_lasts(shop, settings):
    shop.chats(shop.whatsapp, 2)
    Channel.objects.filter(pk=shop.whatsapp.pk).update(pace=1)
    campaign = shop.launch("Hello")
    settings.ENGINE_TIME_SCALE = 1 / 60
    run_slice()
    assert states(shop.fresh(campaign)) == {"accepted": 1, "waiting": 1}


def test_who_is_marked_when_a_throttled_slice_ends_is_given_back_and_in_no_doubt(shop, settings):
    shop.chats(shop.whatsapp, 60)
    Channel.objects.filter(pk=shop.whatsapp.pk).update(
        pace=80
    )  # more have a token than are in flight at once
    campaign = shop.launch("Hello")
    shop.scenario(throttle_rate=1.0, latency_ms=50)
    settings.ENGINE_TIME_SCALE = (
        1 / 60
    )  # a slice ends before the second is over that a 429 makes the channel wait
    run_slice()
    assert states(shop.fresh(campaign)) == {"waiting": 60}
    shop.scenario(throttle_rate=0.0)
    settings.ENGINE_TIME_SCALE = 1.0
    Shard.objects.filter(state=0).update(due_at=timezone.now())
    assert states(shop.send(campaign)) == {"accepted": 60}


def test_a_provider_that_answers_nothing_leaves_few_in_doubt_and_the_rest_waiting(shop, settings):
    shop.chats(shop.whatsapp, 400)
    Channel.objects.filter(pk=shop.whatsapp.pk).update(pace=200)
    campaign = shop.launch("Hello")
    shop.scenario(error_rate=1.0)
    settings.ENGINE_TIME_SCALE = 1 / 10  # of a slice of three seconds, in which all of them would leave
    run_slice()
    found = states(shop.fresh(campaign))
    assert found["unconfirmed"] + found["waiting"] == 400
    assert found["waiting"] > 200
    shop.scenario(error_rate=0.0)
    settings.ENGINE_TIME_SCALE = 1.0
    Shard.objects.filter(state=0).update(due_at=timezone.now())
    assert states(shop.send(campaign)) == {"accepted": found["waiting"], "unconfirmed": found["unconfirmed"]}


def test_a_provider_that_cannot_be_reached_is_tried_five_times(shop, settings):
    shop.chats(shop.whatsapp, 2)
    campaign = shop.launch("Hello")
    settings.PROVIDER_URLS = settings.PROVIDER_URLS | {"graph": "http://127.0.0.1:9"}
    for _ in range(6):
        run_slice()
        Shard.objects.filter(state=0).update(due_at=timezone.now())
    campaign = shop.send(campaign)
    assert states(campaign) == {"failed": 2}
    assert {row.reason for row in Recipient.objects.all()} == {"connection_failed"}
    assert {row.tries for row in Recipient.objects.all()} == {4}


def test_a_revoked_token_pauses_the_campaign_and_says_why(shop):
    shop.chats(shop.whatsapp, 5)
    campaign = shop.launch("Hello")
    shop.scenario(token_revoked=True)
    campaign = shop.send(campaign)
    assert (campaign.status, campaign.reason) == (Status.PAUSED, "channel_disconnected")
    assert states(campaign) == {"waiting": 5}
    assert Channel.objects.get(pk=shop.whatsapp.pk).state == ChannelState.DISCONNECTED


def test_pausing_stops_and_resuming_goes_on(shop):
    shop.chats(shop.whatsapp, 5)
    campaign = shop.launch("Hello")
    pause_campaign(campaign, shop.sales)
    assert run_slice() is False
    assert shop.summary()["accepted"] == 0
    resume_campaign(campaign, shop.sales)
    assert states(shop.send(campaign)) == {"accepted": 5}


def test_cancelling_keeps_those_in_flight_and_sends_to_nobody_else(shop):
    shop.chats(shop.whatsapp, 3)
    shop.chats(shop.line, 4)
    campaign = shop.launch("Hello")
    die_after_marking(shop, campaign, shop.whatsapp)
    cancel_campaign(campaign, shop.sales)
    expire_leases()
    campaign = shop.send(campaign)
    assert campaign.status == Status.CANCELLED
    assert states(campaign) == {"unconfirmed": 3, "cancelled": 4}
    assert shop.summary()["accepted"] == 0


class LateClerk(Clerk):
    """Hands marks back when the deadline of the slice has passed."""

    def __init__(self, deadline):
        self.deadline = deadline
        super().__init__()

    def give(self, job, then):
        def late():
            result = job()
            threading.Event().wait(max(0, self.deadline - time.monotonic()))
            return result

        super().give(late, then)


@pytest.mark.parametrize("kind", ["line", "whatsapp"])
def test_what_was_marked_when_the_deadline_came_is_in_doubt_for_nobody(shop, kind):
    channel = getattr(shop, kind)
    shop.chats(channel, 4, name=lambda n: f"Person {n}")
    campaign = shop.launch("Hello {{ name|there }}")
    deadline = time.monotonic() + 3  # long enough to lease and mark on a busy machine
    clerk = LateClerk(deadline)
    with connected() as transport:
        Slice(transport, clerk, Pacer.open(settings.TOKENS_REDIS_URL), deadline).run(
            [(shop.tenant.pk, channel.pk)]
        )
    clerk.close()
    assert states(shop.fresh(campaign)) == {"waiting": 4}
    assert Recipient.objects.filter(marked_at__isnull=False).count() == 4
    assert shop.summary()["accepted"] == 0
    assert states(shop.send(campaign)) == {"accepted": 4}


def test_a_request_that_cannot_be_written_fails_alone(shop):
    shop.chats(shop.whatsapp, 2)
    shop.chats(shop.line, 2)
    shop.whatsapp.access_token = "of two\nlines"
    shop.whatsapp.save()
    campaign = shop.send(shop.launch("Hello"))
    assert states(campaign) == {"accepted": 2, "failed": 2}
    assert {r.reason for r in Recipient.objects.filter(channel=shop.whatsapp)} == {"internal_error"}


@pytest.mark.requirement("B-2")
def test_those_whose_window_closes_soonest_are_in_the_first_shard(shop, monkeypatch):
    monkeypatch.setattr("campaigns.engine.prepare.SHARD_PEOPLE", 2)
    for n in range(6):
        closes = timezone.now() + timedelta(hours=10 - n)
        shop.chats(shop.whatsapp, 1, start=n + 1, window_closes_at=closes)
    campaign = shop.launch("Hello")
    lease = take_lease(shop.tenant.pk, shop.whatsapp.pk)
    soonest = Recipient.objects.filter(campaign=campaign).order_by("closes_at")[:2]
    assert {row.id for row in rows_of(lease, State.WAITING)} == {row.pk for row in soonest}


def test_preparing_can_be_taken_up_where_it_stopped(shop, monkeypatch):
    monkeypatch.setattr("campaigns.engine.prepare.PREPARE_CHUNK", 4)
    shop.chats(shop.line, 10)
    campaign = shop.launch("Hello")
    assert campaign.total == 10
    assert states(shop.send(campaign)) == {"accepted": 10}


def test_the_lease_number_rises_with_every_lease(shop):
    shop.chats(shop.line, 1)
    shop.launch("Hello")
    first = take_lease(shop.tenant.pk, shop.line.pk)
    assert take_lease(shop.tenant.pk, shop.line.pk) is None
    expire_leases()
    assert take_lease(shop.tenant.pk, shop.line.pk).number == first.number + 1


def test_slice_hard_limit_and_lease_keep_their_order_at_every_scale(settings):
    from campaigns.engine.times import times

    for scale in (1.0, 1 / 40):
        settings.ENGINE_TIME_SCALE = scale
        now = times()
        assert now.slice + now.answer < now.hard_limit < now.lease


def test_campaign_rows_of_other_tenants_are_out_of_reach(shop, other_tenant):
    shop.chats(shop.line, 2)
    campaign = shop.launch("Hello")
    assert take_lease(other_tenant.pk, shop.line.pk) is None
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM campaigns_shard WHERE state = 1")
        assert cursor.fetchone() == (0,)
    assert Campaign.objects.get(pk=campaign.pk).total == 2
