"""Reports about the first part that come while the next is under way: counters and rows stay the same story."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from campaigns.engine.lease import Lease
from campaigns.engine.record import Result, record
from campaigns.engine.recount import differences
from campaigns.engine.settle import settle
from campaigns.models import Counter, PartState, Recipient, Shard, State
from channels.adapters.base import Delivery, StatusChange
from channels.signals import Received
from tenants.scopes import tenant_scope
from tests.factories import CampaignFactory, ChannelFactory, ContactFactory, RecipientFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def under_way(tenant):
    """One person: the first of two parts accepted, the second being sent under lease 1."""
    with tenant_scope(tenant):
        channel = ChannelFactory(kind="whatsapp")
        campaign = CampaignFactory(status="running", total=1)
        shard = Shard.objects.create(
            tenant=tenant, campaign=campaign, channel=channel, state=1, lease=1, people=1
        )
        recipient = RecipientFactory(
            campaign=campaign,
            contact=ContactFactory(channel=channel),
            shard=shard,
            state=State.SENDING,
            lease=1,
            part=1,
            part_states=[PartState.ACCEPTED, PartState.SENDING],
            provider_ids=["wamid.0", ""],
            prices=[0, 0],
        )
        Counter.objects.create(tenant=tenant, campaign=campaign, channel=channel, sending=1)
        yield recipient


def reported(recipient, status, part):
    event = StatusChange(
        account_id=recipient.channel.account_id,
        event_id=f"{part}-{status}",
        at=datetime(2026, 11, 21, 9, part, tzinfo=UTC),
        raw={},
        provider_id=f"wamid.{part}",
        status=status,
        opaque_id=f"{recipient.pk}.{part}.0",
        recipient=recipient.address,
    )
    return Received(recipient.channel, event)


def record_second_part(recipient):
    lease = Lease(recipient.shard_id, 1, recipient.tenant_id, recipient.campaign_id, recipient.channel_id)
    done = Result(recipient.pk, 1, 2, State.ACCEPTED, PartState.ACCEPTED, ("wamid.1",))
    record(lease, [done], whole=False)


@pytest.mark.parametrize("first", [Delivery.DELIVERED, Delivery.READ])
def test_a_delivered_first_part_does_not_deliver_the_person(tenant, under_way, first):
    settle(tenant, [reported(under_way, first, 0)])
    record_second_part(under_way)
    assert differences(tenant.pk, under_way.campaign_id) == []
    settle(tenant, [reported(under_way, Delivery.DELIVERED, 1)])
    assert differences(tenant.pk, under_way.campaign_id) == []
    counter = Counter.objects.get()
    assert (counter.sending, counter.accepted, counter.delivered) == (0, 0, 1)


def test_a_report_overtakes_the_answer(tenant, under_way):
    settle(tenant, [reported(under_way, Delivery.DELIVERED, 0), reported(under_way, Delivery.DELIVERED, 1)])
    record_second_part(under_way)
    assert differences(tenant.pk, under_way.campaign_id) == []
    assert Recipient.objects.get().state == State.ACCEPTED
