"""Who is sent to first: campaigns by turns, soonest windows first, other channels at once, replies always."""

from datetime import timedelta

import pytest
from django.utils import timezone

from campaigns.engine import slice as slices
from campaigns.engine.hold import held_people
from campaigns.engine.lease import release, take_lease
from campaigns.engine.slice import run_slice
from campaigns.models import Recipient, Shard, State
from campaigns.outlook import Waiting, outlook_of
from campaigns.services import continue_held, leave_out_held
from channels.services import set_enabled
from conversations.models import Contact
from conversations.outbox import send_due
from conversations.replies import send_reply
from tenants.errors import WrongStatus
from tests.factories import MemberFactory

pytestmark = pytest.mark.django_db(transaction=True)


def in_two_shards(campaign):
    """Split the campaign's one shard, so that there is something to take turns with; the later half closes later."""
    (shard,) = Shard.objects.filter(campaign=campaign)
    ids = list(Recipient.objects.filter(campaign=campaign).order_by("pk").values_list("pk", flat=True))
    other = Shard.objects.create(
        tenant=campaign.tenant,
        campaign=campaign,
        channel=shard.channel,
        people=1,
        due_at=shard.due_at,
        closes_at=shard.closes_at and shard.closes_at + timedelta(hours=1),
    )
    Recipient.objects.filter(pk__in=ids[len(ids) // 2 :]).update(shard=other)


@pytest.mark.requirement("B-8")
def test_campaigns_of_one_channel_take_turns(shop):
    chats = shop.chats(shop.line, 4)
    first, second = shop.launch("One", chats=chats), shop.launch("Two", chats=chats)
    in_two_shards(first)
    in_two_shards(second)
    order = []
    while lease := take_lease(shop.tenant.pk, shop.line.pk):
        order.append(lease.campaign_id)
        release(lease, 3600)
    assert order == [first.pk, second.pk, first.pk, second.pk]


def test_within_a_campaign_the_soonest_window_goes_first(shop):
    shop.chats(shop.whatsapp, 4, window_closes_at=timezone.now() + timedelta(hours=3))
    campaign = shop.launch("Hello")
    in_two_shards(campaign)
    soonest = Shard.objects.order_by("closes_at").first()
    assert take_lease(shop.tenant.pk, shop.whatsapp.pk).shard_id == soonest.pk


def test_what_becomes_due_while_a_slice_is_busy_joins_it(shop, monkeypatch):
    """Nobody waits for the end of a slice that another channel's campaign keeps busy."""
    monkeypatch.setattr(slices, "LOOK_EVERY", 0.01)
    shop.scenario(latency_ms=300)
    busy = shop.launch("Busy", chats=shop.chats(shop.whatsapp, 40))
    late = shop.launch("Late", chats=shop.chats(shop.line, 3))
    Shard.objects.filter(campaign=late).update(due_at=timezone.now() + timedelta(seconds=0.2))
    run_slice()
    assert shop.fresh(late).status == "completed"
    assert shop.fresh(busy).status == "completed"


def test_a_channel_switched_off_holds_its_people_and_the_others_go_on(shop):
    owner = MemberFactory(tenant=shop.tenant, roles=["owner"])
    shop.chats(shop.line, 2)
    shop.chats(shop.whatsapp, 3)
    campaign = shop.launch("Hello")
    set_enabled(shop.whatsapp, False, by=owner)
    campaign = shop.send(campaign)
    assert campaign.status == "running"
    assert Recipient.objects.filter(channel=shop.line, state=State.ACCEPTED).count() == 2
    assert Recipient.objects.filter(channel=shop.whatsapp, state=State.WAITING).count() == 3
    assert outlook_of(campaign).codes == [Waiting.CHANNEL_OFF, Waiting.NO_WORKER]
    with pytest.raises(WrongStatus):
        continue_held(campaign, shop.sales, shop.whatsapp)

    set_enabled(shop.whatsapp, True, by=owner)
    shop.send(campaign)
    assert Recipient.objects.filter(channel=shop.whatsapp, state=State.WAITING).count() == 3
    assert Waiting.CHANNEL_HELD in outlook_of(campaign).codes


def test_continuing_leaves_out_whose_window_closed_meanwhile(shop):
    owner = MemberFactory(tenant=shop.tenant, roles=["owner"])
    shop.chats(shop.whatsapp, 3, window_closes_at=timezone.now() + timedelta(hours=1))
    campaign = shop.launch("Hello")
    set_enabled(shop.whatsapp, False, by=owner)
    set_enabled(shop.whatsapp, True, by=owner)
    gone = Contact.objects.filter(channel=shop.whatsapp).first()
    Contact.objects.filter(pk=gone.pk).update(window_closes_at=timezone.now() - timedelta(minutes=1))
    (held,) = held_people(shop.tenant.pk, campaign.pk)
    assert (held.people, held.closed, held.ready) == (3, 1, True)
    continue_held(campaign, shop.sales, shop.whatsapp)
    assert shop.send(campaign).status == "completed"
    assert Recipient.objects.get(contact=gone).reason == "window_closed"
    assert Recipient.objects.filter(state=State.ACCEPTED).count() == 2
    with pytest.raises(WrongStatus):
        continue_held(campaign, shop.sales, shop.whatsapp)


def test_leaving_them_out_completes_the_campaign(shop):
    owner = MemberFactory(tenant=shop.tenant, roles=["owner"])
    shop.chats(shop.whatsapp, 3)
    campaign = shop.launch("Hello")
    set_enabled(shop.whatsapp, False, by=owner)
    leave_out_held(campaign, shop.sales, shop.whatsapp)
    campaign = shop.fresh(campaign)
    assert campaign.status == "completed"
    assert Recipient.objects.filter(state=State.CANCELLED, reason="cancelled").count() == 3


def test_a_reply_passes_a_campaign_that_fills_its_channel(shop, monkeypatch):
    """The campaign would need minutes at this pace; the reply leaves while it is still at it."""
    shop.whatsapp.pace = 4
    shop.whatsapp.save()
    chats = shop.chats(shop.whatsapp, 100, window_closes_at=timezone.now() + timedelta(hours=1))
    campaign = shop.launch("Hello")
    monkeypatch.setattr("campaigns.engine.times.Times.slice", 0.2)
    run_slice()
    send_reply(chats[-1], by=shop.sales, text="For you alone")
    send_due()
    assert "For you alone" in shop.arrived(chats[-1].contact.address)
    assert Recipient.objects.filter(campaign=campaign, state=State.WAITING).count() > 50
