"""Who drops out between Send and their turn: windows that close, opting out, texts that cannot be built."""

import json

import pytest
from django.db import connection
from django.utils import timezone

from campaigns.engine.prepare import prepare_campaigns
from campaigns.models import Part, Recipient, Status
from campaigns.services import create_campaign
from conversations.models import Contact, Conversation, ConversationStatus
from tests.campaigns.test_engine import states

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.requirement("B-2")
def test_a_window_that_closes_while_queued_is_skipped(shop):
    shop.chats(shop.whatsapp, 3)
    campaign = shop.launch("Hello")
    gone = Contact.objects.filter(channel=shop.whatsapp).first()
    Contact.objects.filter(pk=gone.pk).update(window_closes_at=timezone.now())
    campaign = shop.send(campaign)
    assert states(campaign) == {"accepted": 2, "skipped": 1}
    skipped = Recipient.objects.select_related("channel").get(contact=gone)
    assert skipped.reason == "window_closed"
    assert skipped.closes_at == Contact.objects.get(pk=gone.pk).window_closes_at
    assert skipped.provider_ids == []  # nothing left, so nothing is charged


@pytest.mark.requirement("D-14")
def test_a_window_that_closes_between_two_messages_leaves_the_person_partial(shop):
    shop.chats(shop.whatsapp, 1)
    campaign = shop.launch("One", "Two")
    person = Recipient.objects.get(campaign=campaign)
    Recipient.objects.filter(pk=person.pk).update(part_states=[3, 0], part=1, accepted_at=timezone.now())
    Contact.objects.filter(pk=person.contact_id).update(window_closes_at=timezone.now())
    assert states(shop.send(campaign)) == {"partial": 1}
    assert shop.arrived(person.address) == []


def test_a_chat_that_ends_before_the_launch_is_left_out_by_name(shop):
    chats = shop.chats(shop.line, 3)
    campaign = create_campaign(shop.sales, shop.draft("Hello", chats=chats))
    Conversation.objects.filter(pk=chats[0].pk).update(status=ConversationStatus.ENDED)
    prepare_campaigns()
    campaign = shop.send(shop.fresh(campaign))
    assert (campaign.status, states(campaign)) == (Status.COMPLETED, {"accepted": 2, "skipped": 1})
    assert Recipient.objects.get(conversation=chats[0]).reason == "chat_ended"


def test_someone_who_opts_out_while_queued_is_left_out(shop):
    shop.chats(shop.line, 3)
    campaign = shop.launch("Hello")
    gone = Contact.objects.first()
    Contact.objects.filter(pk=gone.pk).update(opted_out_at=timezone.now())
    campaign = shop.send(campaign)
    assert states(campaign) == {"accepted": 2, "skipped": 1}
    assert shop.arrived(gone.address) == []


def test_a_poison_text_fails_alone(shop):
    shop.chats(shop.line, 1, name="Mei")
    shop.chats(shop.whatsapp, 2, start=10)
    campaign = shop.launch("Hello {{ name|there }}")
    Part.objects.update(text="{{ name|there }}")
    broken = Recipient.objects.filter(channel=shop.whatsapp).first()
    Recipient.objects.filter(pk=broken.pk).update(fields={"name": "x" * 9000})
    campaign = shop.send(campaign)
    assert states(campaign) == {"accepted": 2, "failed": 1}
    assert Recipient.objects.get(pk=broken.pk).reason == "internal_error"


@pytest.mark.parametrize("fields", [[], "text", {"name": 7}, {"name": {"a": 1}}, None])
def test_fields_that_cannot_be_rendered_fail_alone(shop, fields):
    """On LINE texts are compared before anything is marked, so that one of them would take the shard along."""
    shop.chats(shop.line, 3)
    shop.chats(shop.whatsapp, 2, start=10)
    campaign = shop.launch("Hello {{ name|there }}")
    broken = [Recipient.objects.filter(channel=channel).first().pk for channel in (shop.line, shop.whatsapp)]
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE campaigns_recipient SET fields = %s WHERE id = ANY(%s)", [json.dumps(fields), broken]
        )
    campaign = shop.send(campaign)
    assert states(campaign) == {"accepted": 3, "failed": 2}
    assert {*Recipient.objects.filter(pk__in=broken).values_list("reason", flat=True)} == {"internal_error"}
