"""A broadcast of messages tried on one chat: all of it, marked as a test, counted nowhere; or refused in words."""

from datetime import timedelta

import pytest
from django.utils import timezone

from billing.errors import InsufficientCredit
from billing.models import Price, Wallet
from campaigns.errors import InvalidCampaign, TrialOptedOut, TrialRefused, TrialWindowClosed
from campaigns.models import OnUnsupported, Status
from campaigns.services import create_campaign
from campaigns.trying import send_test
from channels.adapters.base import PartKind
from conversations import outbox
from conversations.models import Contact, Conversation, Message
from tests.campaigns.test_kinds import kinds_by_channel, part  # noqa: F401  (fixture)
from tests.campaigns.test_meta_threads import connect  # noqa: F401  (fixture)
from tests.channels.media.film import film
from tests.channels.media.samples import picture

pytestmark = pytest.mark.django_db(transaction=True)
MINUTE = timedelta(minutes=1)


@pytest.fixture
def phones(shop, connect, settings):  # noqa: F811
    """One's own chat with the shop on each of the four channels."""
    settings.PUBLIC_URL = "https://shop.test"
    shop.chats(shop.line, 1)
    shop.chats(shop.whatsapp, 1)
    for kind in ("facebook", "instagram"):
        connect(kind)
    mine = {}
    for chat in Conversation.objects.select_related("channel", "contact", "customer").order_by("-pk"):
        mine[chat.channel.kind] = chat
    return mine


def nothing_written():
    return not Message.objects.exists()


def test_on_every_channel_it_is_what_the_broadcast_says_marked_and_counted_nowhere(shop, phones, part):  # noqa: F811
    parts = ("Hello {{ name|there }}", part("image", picture(), "coat.jpg"))
    draft = shop.draft(*parts)
    campaign = create_campaign(shop.sales, draft, keep_as_draft=True)
    for chat in phones.values():
        first, second = send_test(shop.sales, draft, chat)
        assert (first.text, second.kind) == (f"Hello {chat.customer.name or 'there'}", PartKind.IMAGE)
    while outbox.send_due():
        pass
    assert {message.status for message in Message.objects.filter(test=True)} == {"accepted"}
    assert kinds_by_channel(shop) == {kind: {("text", "image")} for kind in phones}
    assert (shop.fresh(campaign).status, shop.fresh(campaign).total) == (Status.DRAFT, 0)


def test_where_the_broadcast_would_not_go_the_test_does_not_either(shop, phones, part):  # noqa: F811
    line, whatsapp, page = phones["line"], phones["whatsapp"], phones["facebook"]
    with pytest.raises(InvalidCampaign):
        send_test(shop.sales, shop.draft(" "), line)
    two = ("Hello", part("video", film(), "spring.mp4"))
    with pytest.raises(TrialRefused, match="Instagram"):
        send_test(shop.sales, shop.draft(*two), phones["instagram"])
    Contact.objects.filter(pk=line.contact_id).update(opted_out_at=timezone.now())
    # The seven days that a member's own answer has on Messenger are none of a broadcast's.
    page.channel.meta_app.human_agent = True
    page.channel.meta_app.save()
    closed = {
        "window_closes_at": timezone.now() - MINUTE,
        "last_inbound_at": timezone.now() - timedelta(hours=25),
    }
    Contact.objects.filter(pk__in=[whatsapp.contact_id, page.contact_id]).update(**closed)
    for chat, error in ((line, TrialOptedOut), (whatsapp, TrialWindowClosed), (page, TrialWindowClosed)):
        with pytest.raises(error):
            send_test(shop.sales, shop.draft("Hello"), Conversation.objects.get(pk=chat.pk))
    assert nothing_written()
    rest = shop.draft(*two, on_unsupported=OnUnsupported.DROP_PART)
    assert [message.text for message in send_test(shop.sales, rest, phones["instagram"])] == ["Hello"]


def test_it_costs_what_a_message_costs_and_is_whole_or_not_at_all(shop, phones):
    Price.objects.create(
        market="*", category="service", currency="USD", amount=500, valid_from=timezone.now() - timedelta(9)
    )
    wallet = Wallet.objects.create(tenant=shop.tenant, currency="USD", available=999)
    with pytest.raises(InsufficientCredit):
        send_test(shop.sales, shop.draft("One", "Two"), phones["whatsapp"])
    wallet.refresh_from_db()
    assert (wallet.available, nothing_written()) == (999, True)
    Wallet.objects.update(available=1000)
    messages = send_test(shop.sales, shop.draft("One", "Two"), phones["whatsapp"])
    wallet.refresh_from_db()
    assert (wallet.available, [message.price for message in messages]) == (0, [500, 500])
