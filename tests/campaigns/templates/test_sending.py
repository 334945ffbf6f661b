"""A template to many, through the real engine to the real sandbox."""

from dataclasses import replace
from datetime import timedelta

import pytest
from django.utils import timezone

from billing.errors import InsufficientCredit
from billing.models import Price, Wallet
from campaigns.checking import Verdict, check_campaign
from campaigns.drafts import draft_of
from campaigns.engine.prepare import prepare_campaigns
from campaigns.history import parts_in_thread
from campaigns.models import Campaign, Status
from campaigns.reports import campaigns_using, campaigns_visible_to
from campaigns.services import create_campaign, duplicate_campaign, retry_campaign
from campaigns.single import single_faults
from campaigns.trying import send_test
from channels.adapters.base import Reason
from channels.models import ProviderFile
from conversations import outbox
from conversations.errors import InvalidTemplateMessage
from conversations.replies import refusal_of
from templates_app.models import Template
from tests.campaigns.templates.conftest import PICTURE
from tests.campaigns.test_engine import states
from tests.campaigns.test_retry import fail, people, run
from tests.factories import MediaFactory

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.requirement("S0-13", "S3-23")
def test_everybody_gets_the_template_filled_in_for_them_whatever_their_reply_window(selling):
    shop = selling.shop
    (mei,) = shop.chats(shop.whatsapp, 1)
    (nameless,) = shop.chats(
        shop.whatsapp, 1, start=2, name="  ", window_closes_at=timezone.now() - timedelta(days=9)
    )
    campaign = shop.send(selling.launch())
    assert (campaign.status, states(campaign)) == (Status.COMPLETED, {"accepted": 2})
    arrived = selling.arrived()
    assert arrived["886912000001"] == {
        "name": "order_here",
        "language": {"code": "en"},
        "components": [
            {"type": "header", "parameters": [{"type": "text", "parameter_name": "number", "text": "A7"}]},
            {
                "type": "body",
                "parameters": [
                    {"type": "text", "parameter_name": "first_name", "text": "Mei"},
                    {"type": "text", "parameter_name": "what", "text": "your vase"},
                ],
            },
            {
                "type": "button",
                "sub_type": "url",
                "index": "1",
                "parameters": [{"type": "text", "text": str(mei.number)}],
            },
        ],
    }
    assert arrived["886912000002"]["components"][1]["parameters"][0]["text"] == "friend"
    assert campaigns_visible_to(shop.sales).get().message == "order_here"
    assert list(campaigns_using(selling.template, shop.sales)) == [campaign]
    (part,) = parts_in_thread(nameless.contact)
    assert part.text.splitlines()[2] == "Hello friend, your vase is ready. Come by, friend, any time."
    assert part.kind == "template"


def test_a_running_campaign_says_what_the_template_said_when_it_began(selling):
    shop = selling.shop
    shop.chats(shop.whatsapp, 1)
    campaign = selling.launch()
    Template.objects.update(name="renamed", components=PICTURE)
    assert states(shop.send(campaign)) == {"accepted": 1}
    assert selling.arrived()["886912000001"]["name"] == "order_here"


def test_the_headers_file_is_uploaded_once_and_sent_by_its_id(selling, settings):
    settings.PUBLIC_URL = "https://shop.example"
    shop = selling.shop
    shop.chats(shop.whatsapp, 5)
    picture = MediaFactory()
    campaign = shop.send(
        selling.launch(template=selling.another(PICTURE), values={}, header_media=picture.key)
    )
    assert states(campaign) == {"accepted": 5}
    uploaded = {"type": "image", "image": {"id": ProviderFile.objects.get().provider_media_id}}
    assert {str(sent["components"]) for sent in selling.arrived().values()} == {
        str([{"type": "header", "parameters": [uploaded]}])
    }
    assert shop.summary()["uploads"] == 1


@pytest.mark.requirement("S0-10")
def test_a_template_leaves_only_where_there_is_credit_for_it(selling):
    shop = selling.shop
    shop.chats(shop.whatsapp, 2)
    Price.objects.create(
        market="*",
        category="utility",
        currency="USD",
        amount=700,
        valid_from=timezone.now() - timedelta(days=1),
    )
    wallet = Wallet.objects.create(tenant=shop.tenant, currency="USD", available=1399)
    with pytest.raises(InsufficientCredit) as short:
        create_campaign(shop.sales, selling.draft())
    assert (short.value.shortfall, Campaign.objects.count()) == (1, 0)
    Wallet.objects.update(available=1400)
    campaign = create_campaign(shop.sales, selling.draft())
    Wallet.objects.update(available=1399)  # spent elsewhere since Send
    prepare_campaigns()
    campaign = shop.fresh(campaign)
    assert (campaign.status, campaign.reason, states(campaign)) == (
        Status.REFUSED,
        "insufficient_credit",
        {"cancelled": 2},
    )
    Wallet.objects.update(available=1400)
    assert states(shop.send(selling.launch())) == {"accepted": 2}
    wallet.refresh_from_db()
    assert wallet.available == 0


def test_the_journal_of_the_sandbox_agrees(selling, settings):
    shop = selling.shop
    settings.PROVIDER_URLS = dict.fromkeys(settings.PROVIDER_URLS, shop.providers.base) | {
        "graph": f"{shop.providers.base}/{settings.GRAPH_VERSION}"
    }
    shop.chats(shop.whatsapp, 3)
    campaign = shop.send(selling.launch())
    check = check_campaign(campaign)
    assert (check.people, check.agrees, len(check.lines)) == (3, True, 3)
    # One that bears no name of ours is found by what it says.
    again = selling.arrived()["886912000002"]
    sent = {"messaging_product": "whatsapp", "to": "+886912000002", "type": "template", "template": again}
    path = f"/{settings.GRAPH_VERSION}/{shop.whatsapp.account_id}/messages"
    assert shop.providers.post(path, sent, token=shop.whatsapp.access_token).status == 200
    assert check_campaign(campaign).counts[Verdict.DOUBLED] == 1


def test_whom_it_failed_for_gets_it_again_and_a_copy_keeps_it(selling):
    shop = selling.shop
    shop.chats(shop.whatsapp, 2)
    campaign = shop.send(selling.launch())
    fail(shop, people(campaign)[0], 0, Reason.RECIPIENT_LIMITED)
    retry = run(shop, retry_campaign(campaign, shop.sales))
    assert (retry.kind, retry.total, states(retry)) == ("template", 1, {"accepted": 1})
    copy = duplicate_campaign(campaign, shop.sales)
    assert (copy.kind, draft_of(copy).template) == ("template", draft_of(campaign).template)


def test_the_chat_waits_for_the_customers_answer_until_it_comes(selling):
    shop = selling.shop
    closed = timezone.now() - timedelta(days=1)
    (chat,) = shop.chats(
        shop.whatsapp, 1, last_inbound_at=closed - timedelta(days=1), window_closes_at=closed
    )
    assert refusal_of(chat, timezone.now()).code == "window_closed"
    shop.send(selling.launch())
    assert refusal_of(chat, timezone.now()).code == "template_sent"
    chat.contact.last_inbound_at = timezone.now()  # and a day later, when the window is closed again
    assert refusal_of(chat, timezone.now()).code == "window_closed"


def test_a_test_goes_to_one_chat_as_a_reply_and_counts_nowhere(selling):
    shop = selling.shop
    (chat,) = shop.chats(shop.whatsapp, 1, name="Me")
    campaign = create_campaign(shop.sales, selling.draft(), keep_as_draft=True)
    (message,) = send_test(shop.sales, draft_of(campaign), chat)
    outbox.send_due()
    message.refresh_from_db()
    assert (message.status, message.test, message.author) == ("accepted", True, "member")
    assert selling.arrived()["886912000001"]["name"] == "order_here"
    assert (shop.fresh(campaign).status, shop.fresh(campaign).total) == (Status.DRAFT, 0)
    nothing = replace(draft_of(campaign), template=None)
    with pytest.raises(InvalidTemplateMessage):
        send_test(shop.sales, nothing, chat)
    assert single_faults(chat, nothing.template)[0]["field"] == "template"
    assert single_faults(chat, draft_of(campaign).template) == []
