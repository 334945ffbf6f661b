"""As many people a day as WhatsApp lets a number begin with: whoever is beyond waits, and the page says until when."""

from datetime import timedelta

import pytest
from django.db.models import F
from django.utils import timezone, translation

from campaigns.doors import due_channels
from campaigns.engine.lease import take_lease
from campaigns.models import Recipient, Shard, State, Status
from campaigns.outlook import Waiting, outlook_of
from channels.adapters.base import Reason
from channels.models import DailyLimit, Health
from tenants import heartbeat
from tests.sandbox.conftest import WHATSAPP
from workspace.broadcasts.waiting import brief, shown_waits

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def limited(shop, selling, valkey):
    """`limited(250)`: so many people a day, here and at the provider. A worker has just beaten."""
    seconds, _ = valkey.time()
    valkey.zadd("workers:send", {"somebody": seconds})
    assert "send" in heartbeat.QUEUES

    def make(reach, *, told=True):
        tier = {"account": WHATSAPP["phone_number_id"], "tier": "TIER_250", "throughput": 1000}
        assert shop.providers.post("/_sandbox/numbers", tier).status == 200
        if told:
            Health.objects.update_or_create(
                tenant=shop.tenant,
                channel=shop.whatsapp,
                defaults={"tier": "TIER_X", "reach": reach, "portfolio": "one"},
            )
        return selling

    return make


@pytest.fixture
def closed(shop):
    """Chats whose reply window is closed."""

    def make(count, **more):
        return shop.chats(shop.whatsapp, count, window_closes_at=timezone.now() - timedelta(hours=30), **more)

    return make


def waiting(campaign):
    return Recipient.objects.filter(campaign=campaign, state=State.WAITING).count()


def age(hours):
    """So much time passes for everybody who was sent to."""
    Recipient.objects.filter(accepted_at__isnull=False).update(
        accepted_at=F("accepted_at") - timedelta(hours=hours),
        marked_at=F("marked_at") - timedelta(hours=hours),
    )
    Shard.objects.filter(state=0).update(due_at=timezone.now())


@pytest.mark.requirement("B-8")
def test_the_rest_waits_until_the_first_leave_the_24_hours_and_then_goes_on(shop, limited, closed):
    selling = limited(10)
    closed(14)
    campaign = shop.send(selling.launch())
    assert (campaign.status, waiting(campaign), len(selling.arrived())) == (Status.RUNNING, 4, 10)
    assert due_channels(16) == []  # nobody looks until it can go on
    found = outlook_of(campaign)
    (wait,) = found.waits
    assert (wait.code, wait.channel, wait.count) == (Waiting.DAILY_LIMIT, "Shop WhatsApp", 10)
    first = Recipient.objects.filter(accepted_at__isnull=False).order_by("accepted_at")[0].accepted_at
    assert abs(wait.until - first - timedelta(hours=24)) < timedelta(minutes=1)
    assert found.finish_at >= wait.until
    with translation.override("en"):
        assert brief(found).startswith("Daily limit reached · until about ")
        (shown,) = shown_waits(found)
    assert shown.text.startswith("The limit of 10 people a day")
    age(25)
    campaign = shop.send(campaign)
    assert (campaign.status, len(selling.arrived())) == (Status.COMPLETED, 14)


def test_messages_within_the_window_are_not_held(shop, limited, closed):
    selling = limited(2)
    shop.send(selling.launch(closed(4)))
    answer = shop.send(shop.launch("Hello", chats=shop.chats(shop.whatsapp, 3, start=50)))
    assert (answer.status, waiting(answer)) == (Status.COMPLETED, 0)


def test_who_counts_already_or_may_be_answered_is_let_through(shop, limited, closed):
    selling = limited(2)
    chats = closed(4)
    shop.send(selling.launch(chats[:2]))
    again = shop.send(selling.launch([*chats, *shop.chats(shop.whatsapp, 1, start=50)]))
    assert waiting(again) == 2  # of five: two are begun with, one wrote today
    assert [one.used for one in _reaches()] == [3]  # more than Meta counts: the window of one was open


def test_a_raised_limit_lets_the_rest_go(shop, limited, closed):
    selling = limited(2)
    campaign = shop.send(selling.launch(closed(4)))
    assert waiting(campaign) == 2
    until = Shard.objects.filter(state=0).latest("due_at").due_at
    assert until <= timezone.now() + timedelta(minutes=10)  # somebody looks again so soon
    Health.objects.update(reach=100)
    age(0)
    assert waiting(shop.send(campaign)) == 0


def test_what_another_worker_was_let_through_with_is_not_given_out_twice(shop, limited, closed, settings):
    selling = limited(3)
    chats = closed(4)
    selling.launch(chats[:2])
    selling.launch(chats[2:])
    first = take_lease(shop.tenant.pk, shop.whatsapp.pk)
    second = take_lease(shop.tenant.pk, shop.whatsapp.pk)
    held = [Recipient.objects.filter(shard=lease.shard_id).count() for lease in (first, second)]
    assert sorted(held) == [1, 2]
    assert DailyLimit.objects.get().left == 0


def test_the_providers_refusal_is_waited_out_and_nobody_fails(shop, limited, closed):
    selling = limited(None, told=False)
    chats = closed(3)
    shop.scenario(accounts={WHATSAPP["phone_number_id"]: {"account_error": 131048}})
    campaign = shop.send(selling.launch(chats))
    assert (campaign.status, waiting(campaign), selling.arrived()) == (Status.RUNNING, 3, {})
    assert set(Recipient.objects.values_list("reason", flat=True)) <= {"", Reason.DAILY_LIMIT.value}
    shop.whatsapp.refresh_from_db()
    assert shop.whatsapp.state == "connected"
    (wait,) = outlook_of(campaign).waits
    assert (wait.code, wait.count) == (Waiting.DAILY_LIMIT, 0)
    assert wait.until > timezone.now() + timedelta(hours=3)
    shop.scenario(accounts={WHATSAPP["phone_number_id"]: {"account_error": 0}})
    DailyLimit.objects.update(refused_until=timezone.now())
    age(0)
    assert shop.send(campaign).status == Status.COMPLETED


def test_a_count_that_meta_has_not_is_waited_out_too(shop, limited, closed):
    """We were told 300, the provider lets 250 through."""
    selling = limited(300)
    campaign = shop.send(selling.launch(closed(252)))
    assert waiting(campaign) == 2


def _reaches():
    from campaigns.reach import reaches

    return reaches()
