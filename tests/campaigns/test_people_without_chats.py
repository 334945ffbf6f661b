"""People who have no chat are reached like all others, and their answers find their way."""

import pytest
from django.utils import timezone

from campaigns.audience import BoundCustomers, ChatNumbers
from campaigns.drafts import CampaignDraft, PartDraft
from campaigns.engine.prepare import prepare_campaigns
from campaigns.models import Campaign, Recipient, Status
from campaigns.reports import counts_of
from campaigns.services import create_campaign
from channels.adapters.base import PartKind
from conversations.inbound import receive_messages
from conversations.models import Conversation, ConversationStatus
from tests.conversations.conftest import inbound

pytestmark = pytest.mark.django_db(transaction=True)


def launched(shop, audience):
    draft = CampaignDraft(
        audience, (PartDraft(PartKind.TEXT, "Hello {{ name|there }}, {{ number|as ever }}"),)
    )
    campaign = create_campaign(shop.sales, draft)
    prepare_campaigns()
    return shop.fresh(campaign)


def test_bound_customers_without_a_chat_are_reached_and_answer(shop):
    chats = shop.chats(shop.line, 2)
    people = [chat.contact for chat in chats]
    for person in people:
        person.customer.bound_to = shop.sales
        person.customer.save()
    Conversation.objects.filter(pk=chats[1].pk).delete()
    campaign = shop.send(launched(shop, BoundCustomers(shop.line.pk, "all")))
    assert campaign.status == Status.COMPLETED
    assert shop.arrived(people[0].address) == [f"Hello Mei, {chats[0].number}"]
    assert shop.arrived(people[1].address) == ["Hello Mei, as ever"]
    assert Recipient.objects.get(contact=people[1]).conversation is None

    receive_messages(shop.tenant, shop.line, [inbound(people[1].address, "Yes please", at=timezone.now())])
    opened = Conversation.objects.get(contact=people[1])
    assert (opened.assignee, opened.status) == (shop.sales, ConversationStatus.IN_PROGRESS)
    assert counts_of(campaign.__class__.objects.get(pk=campaign.pk)).replied == 1


@pytest.mark.requirement("S3-1", "D-5")
def test_chats_in_every_state_are_reached_by_number(shop):
    chats = shop.chats(shop.line, 3)
    for chat, status in zip(chats, ConversationStatus, strict=True):
        Conversation.objects.filter(pk=chat.pk).update(status=status)
    numbers = "、".join(str(chat.number) for chat in chats)
    campaign = shop.send(launched(shop, ChatNumbers(numbers)))
    assert counts_of(campaign).completed == 3
    for chat in chats:
        assert len(shop.arrived(chat.contact.address)) == 1


def test_preparing_in_chunks_reaches_everybody_once(shop, monkeypatch):
    monkeypatch.setattr("campaigns.engine.prepare.PREPARE_CHUNK", 3)
    shop.chats(shop.line, 7)
    campaign = launched(shop, ChatNumbers(" ".join(str(chat.number) for chat in Conversation.objects.all())))
    assert campaign.total == 7
    assert Recipient.objects.filter(campaign=campaign).count() == 7
    assert Campaign.objects.get().prepare_cursor == Recipient.objects.order_by("-contact").first().contact_id
