"""People whom the provider wants left alone for a while wait by themselves; nobody waits with them."""

import time

import pytest
from django.utils import timezone

from campaigns.engine.flow import Flow
from campaigns.engine.lease import Lease, release, take_lease
from campaigns.engine.slice import run_slice
from campaigns.models import Recipient, Shard, State, Status
from tests.campaigns.test_engine import states

pytestmark = pytest.mark.django_db(transaction=True)


def open_shards():
    return Shard.objects.exclude(state=2)


def test_a_person_who_was_sent_too_much_waits_alone(shop):
    shop.chats(shop.whatsapp, 12)
    shop.scenario(recipients={"+886912000003": "pair_limited"})
    campaign = shop.launch("One", "Two")
    run_slice()
    assert states(shop.fresh(campaign)) == {"accepted": 11, "waiting": 1}
    (apart,) = open_shards()
    person = Recipient.objects.get(state=State.WAITING)
    assert (person.shard, person.reason, person.tries) == (apart, "pair_limited", 1)
    assert apart.due_at > timezone.now()
    for _ in range(4):
        open_shards().update(due_at=timezone.now())
        run_slice()
    campaign = shop.send(campaign)
    assert (campaign.status, states(campaign)) == (Status.COMPLETED, {"accepted": 12})
    assert shop.arrived(person.address) == ["One", "Two"]
    assert shop.summary()["duplicates"] == 0


def test_nobody_else_of_a_shard_waits_for_one_persons_pause(shop):
    """A slice that ends early gives the shard back due at once, without the one who has to wait."""
    shop.chats(shop.whatsapp, 5)
    campaign = shop.launch("Hello")
    lease = take_lease(shop.tenant.pk, shop.whatsapp.pk)
    first, *others = Recipient.objects.filter(campaign=campaign).order_by("pk")
    assert release(lease, 0.0, {first.pk: 300.0}) is False
    again = take_lease(shop.tenant.pk, shop.whatsapp.pk)
    assert again.shard_id == lease.shard_id
    assert set(Recipient.objects.filter(shard=again.shard_id)) == set(others)
    assert take_lease(shop.tenant.pk, shop.whatsapp.pk) is None


def test_many_with_pauses_of_their_own_share_few_shards(shop):
    shop.chats(shop.whatsapp, 40)
    campaign = shop.launch("Hello")
    lease = take_lease(shop.tenant.pk, shop.whatsapp.pk)
    people = Recipient.objects.filter(campaign=campaign)
    release(lease, 0.0, {person.pk: 3.0 + n * 0.4 for n, person in enumerate(people)})
    assert open_shards().count() == 4  # up to 4, 8, 16 and 32 seconds; nobody is left in the first
    assert Shard.objects.get(pk=lease.shard_id).state == 2
    assert sum(shard.people for shard in open_shards()) == 40


def test_a_lease_that_was_lost_puts_nobody_apart(shop):
    shop.chats(shop.whatsapp, 2)
    campaign = shop.launch("Hello")
    lease = take_lease(shop.tenant.pk, shop.whatsapp.pk)
    stale = Lease(lease.shard_id, lease.number - 1, lease.tenant_id, lease.campaign_id, lease.channel_id)
    person = Recipient.objects.filter(campaign=campaign).first()
    release(stale, 0.0, {person.pk: 60.0})
    assert Shard.objects.count() == 1


def test_pauses_run_while_the_shard_is_worked_on():
    flow = object.__new__(Flow)
    flow.apart = {1: time.monotonic() + 100, 2: time.monotonic() - 1}
    pauses = flow.pauses()
    assert 90 < pauses[1] <= 100
    assert pauses[2] == 0
