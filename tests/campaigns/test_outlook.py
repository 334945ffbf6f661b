"""What a campaign waits for and when it should be through, on a real database and a real Valkey."""

from datetime import timedelta

import pytest
from django.utils import timezone

from campaigns.models import Campaign, Recipient, Shard, State
from campaigns.outlook import Outlook, Waiting, outlook_of, outlooks
from campaigns.services import create_campaign, pause_campaign
from channels.adapters import ADAPTERS
from channels.sending import gauges
from channels.sending.pacing import Pacer, bucket_of, limits_of
from tenants import heartbeat

WHATSAPP = ADAPTERS["whatsapp"].spec
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def at_work(valkey):
    """A worker of every queue has just beaten."""
    seconds, _ = valkey.time()
    for queue in heartbeat.QUEUES:
        valkey.zadd(f"workers:{queue}", {"somebody": seconds})


@pytest.fixture
def running(shop):
    """A campaign of two texts to 40 people on WhatsApp at 80 a second."""
    shop.whatsapp.pace = 80
    shop.whatsapp.save()
    shop.chats(shop.whatsapp, 40)
    return shop.launch("One", "Two")


def left(outlook):
    return (outlook.finish_at - timezone.now()).total_seconds()


def test_the_finish_follows_from_people_parts_and_the_limit(running, shop, at_work):
    rate, _burst = bucket_of(limits_of(WHATSAPP, 80)["messages"])
    found = outlook_of(running)
    assert left(found) == pytest.approx(80 / rate, abs=0.5)
    assert found.codes == []


@pytest.mark.requirement("B-8")
def test_campaigns_that_share_the_channel_put_the_finish_off(running, shop, at_work):
    alone = outlook_of(running)
    small = shop.launch("Short", chats=shop.chats(shop.whatsapp, 10, start=100))
    shared, quick = outlook_of(running), outlook_of(small)
    assert shared.codes == [Waiting.OTHER_CAMPAIGNS]
    assert shared.left == pytest.approx(
        alone.left * 90 / 80, rel=0.05
    )  # all of the small one's comes in between
    assert quick.left == pytest.approx(
        alone.left * 20 / 80, rel=0.1
    )  # by turns: as much of ours as of theirs


def test_many_are_looked_at_with_one_query(running, shop, at_work, django_assert_num_queries):
    others = [shop.launch("Again") for _ in range(3)]
    with django_assert_num_queries(1):
        found = outlooks([running, *others])
    assert {len(outlook.waits) for outlook in found.values()} == {1}


def test_what_is_finished_waits_for_nothing_and_costs_no_query(shop, running, django_assert_num_queries):
    Campaign.objects.update(status="completed")
    running.refresh_from_db()
    with django_assert_num_queries(0):
        assert outlook_of(running) == Outlook()


def test_the_providers_request_to_slow_down_is_told_with_its_end(running, shop, at_work, valkey):
    Pacer(valkey).slow_down(shop.whatsapp.pk, "messages", 90)
    found = outlook_of(running)
    (wait,) = found.waits
    assert wait.code == Waiting.RATE_LIMITED
    assert 85 < (wait.until - timezone.now()).total_seconds() <= 90
    assert wait.channel == "Shop WhatsApp"
    assert left(found) > 90


@pytest.mark.requirement("B-8")
def test_a_full_bucket_is_the_number_limit(running, shop, at_work, valkey):
    Pacer(valkey).take(shop.whatsapp.pk, "messages", limits_of(WHATSAPP, 80)["messages"], 500)
    assert outlook_of(running).codes == [Waiting.RATE_LIMIT]


def test_a_slow_provider_is_reckoned_with_as_it_is(running, shop, at_work, valkey):
    """Nothing holds us up but the provider's own slowness: what really left lately says how long it takes."""
    key = f"pace:{{{shop.whatsapp.pk}}}:messages"
    seconds, _ = valkey.time()
    valkey.hset(key, mapping={"flow": 4, "flow_at": seconds * 10**6, "flow_since": (seconds - 300) * 10**6})
    assert outlook_of(running).left == pytest.approx(80 / 4, rel=0.15)


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"enabled": False}, Waiting.CHANNEL_OFF),
        ({"state": "disconnected"}, Waiting.CHANNEL_DISCONNECTED),
        ({"state": "restricted"}, Waiting.CHANNEL_RESTRICTED),
    ],
)
def test_a_channel_that_cannot_send_is_named_and_there_is_no_finish(running, shop, at_work, change, code):
    for name, value in change.items():
        setattr(shop.whatsapp, name, value)
    shop.whatsapp.save()
    found = outlook_of(running)
    assert (found.codes, found.finish_at) == ([code], None)
    assert found.left > 0


@pytest.mark.requirement("B-8")
def test_people_put_off_are_told_with_why_and_until_when(running, shop, at_work):
    Shard.objects.update(due_at=timezone.now() + timedelta(minutes=3))
    assert outlook_of(running).codes == [Waiting.PROVIDER_UNAVAILABLE]
    Recipient.objects.filter(pk=Recipient.objects.first().pk).update(reason="pair_limited")
    found = outlook_of(running)
    assert found.codes == [Waiting.PAIR_LIMITED]
    assert left(found) > 170


def test_a_worker_that_stopped_is_told_with_the_end_of_its_lease(running, at_work):
    until = timezone.now() + timedelta(seconds=70)
    Shard.objects.update(state=1, lease=1, leased_until=until)
    (wait,) = outlook_of(running).waits
    assert (wait.code, wait.until) == (Waiting.WORKER_LOST, until)


def test_nobody_at_work_and_redis_away(running, valkey, settings):
    assert outlook_of(running).codes == [Waiting.NO_WORKER]
    gauges._client.cache_clear()
    settings.TOKENS_REDIS_URL = "redis://127.0.0.1:1/0"
    found = outlook_of(running)
    gauges._client.cache_clear()
    assert (found.codes, found.finish_at) == ([Waiting.REDIS], None)


def test_paused_scheduled_and_preparing(running, shop, at_work):
    pause_campaign(running, shop.sales)
    found = outlook_of(running)
    assert (found.codes, found.finish_at) == ([Waiting.RESUME], None)
    assert found.left > 0
    Campaign.objects.filter(pk=running.pk).update(reason="insufficient_credit")
    running.refresh_from_db()
    assert outlook_of(running).codes == [Waiting.BALANCE]

    at = timezone.now() + timedelta(hours=2)
    later = create_campaign(shop.sales, shop.draft("Later", scheduled_at=at))
    (wait,) = outlook_of(later).waits
    assert (wait.code, wait.until) == (Waiting.START_TIME, at)
    soon = create_campaign(shop.sales, shop.draft("Soon"))
    assert outlook_of(soon).codes == [Waiting.PREPARING]


def test_whoever_is_in_flight_alone_still_counts(running, at_work):
    Recipient.objects.update(state=State.SENDING)
    running.counters.update(waiting=0, sending=40)
    assert outlook_of(running).left > 0
