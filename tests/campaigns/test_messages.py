"""How many messages of a campaign left, part by part."""

import pytest

from campaigns.doors import uncounted_campaigns
from campaigns.engine.messages import count_ended_campaigns
from campaigns.engine.recount import recount_campaigns
from campaigns.engine.settle import settle
from campaigns.models import Recipient
from channels.adapters.base import Delivery
from tests.campaigns.test_settle import report

pytestmark = pytest.mark.django_db(transaction=True)


def counted(campaign):
    return {row.channel.kind: row.messages for row in campaign.counters.select_related("channel")}


def test_each_part_counts_the_people_who_got_it(shop):
    shop.chats(shop.line, 2)
    shop.chats(shop.whatsapp, 3)
    campaign = shop.launch("Hello", "Again")
    assert uncounted_campaigns() == []
    campaign = shop.send(campaign)
    assert uncounted_campaigns() == [(shop.tenant.pk, campaign.pk)]
    stopped = Recipient.objects.filter(channel=shop.whatsapp).order_by("pk").first()
    Recipient.objects.filter(pk=stopped.pk).update(part_states=[3, 4], state=4)
    assert count_ended_campaigns() == 1
    assert uncounted_campaigns() == []
    assert counted(campaign) == {"line": [2, 2], "whatsapp": [3, 2]}


def test_what_is_proved_later_is_counted_at_night(shop):
    shop.chats(shop.whatsapp, 2)
    campaign = shop.launch("Hello")
    shop.scenario(cut_rate=1.0, accepted_share=0.0)
    campaign = shop.send(campaign)
    count_ended_campaigns()
    assert counted(campaign) == {"whatsapp": [0]}
    settle(shop.tenant, [report(shop, Recipient.objects.order_by("pk")[0], Delivery.SENT)])
    recount_campaigns()
    assert counted(campaign) == {"whatsapp": [1]}
