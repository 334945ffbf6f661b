"""Before a template is sent: whom it is for, what it says, and of which account it is."""

import pytest
from django.utils import timezone
from django.utils.translation import override

from billing.models import Price, Wallet
from campaigns.accounts import accounts_chosen
from campaigns.drafts import CampaignDraft
from campaigns.engine.prepare import prepare_campaigns
from campaigns.errors import AccountChats, AccountConflict, InvalidCampaign
from campaigns.models import Campaign, CampaignKind, Recipient, State
from campaigns.preflight import outlook, preflight
from campaigns.services import create_campaign, send_campaign
from channels.adapters.base import ChannelKind
from conversations.models import Conversation
from conversations.variables import render_line
from templates_app.lifecycle import SENDABLE
from templates_app.lifecycle import Status as TemplateStatus
from templates_app.models import Template
from tenants.scopes import tenant_scope
from tests.campaigns.templates.conftest import COMPONENTS, PICTURE, VALUES
from tests.campaigns.test_preflight import lines
from tests.factories import ChannelFactory, MediaFactory, TemplateFactory, WhatsAppAccountFactory

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def elsewhere(selling):
    """A number of another WhatsApp account."""
    return ChannelFactory(
        kind="whatsapp", name="Second", whatsapp_account=WhatsAppAccountFactory(name="Outlet"), account_id="2"
    )


@pytest.mark.requirement("S2-8")
def test_every_outcome_is_named_and_is_what_happens(selling):
    shop = selling.shop
    shop.chats(shop.whatsapp, 3)
    shop.chats(shop.whatsapp, 2, start=20, window_closes_at=timezone.now())
    shop.chats(shop.whatsapp, 1, start=30, opted_out_at=timezone.now())
    shop.chats(shop.whatsapp, 1, start=40, name="\u3000\n ")
    shop.chats(shop.whatsapp, 1, start=41, name="N" * 60)
    shop.chats(shop.line, 4)
    Price.objects.create(
        market="*", category="utility", currency="USD", amount=700, valid_from=timezone.now()
    )
    Wallet.objects.create(tenant=shop.tenant, currency="USD", available=10_000)
    values = VALUES | {"number": "{{ name }}", "first_name": "{{ name }}"}
    found = preflight(shop.sales, selling.draft(values=values))
    assert lines(found) == {
        ("takes_all", "whatsapp"): 5,
        ("not_whatsapp", "line"): 4,
        ("opted_out", "whatsapp"): 1,
        ("value_missing", "whatsapp"): 1,
        ("value_too_long", "whatsapp"): 1,
    }
    assert (found.total, found.sendable, found.price) == (12, 5, 3500)
    assert found.accounts == [AccountChats(selling.account.pk, "Spring Shop", 8)]
    campaign = selling.launch(values=values)
    skipped = Recipient.objects.filter(campaign=campaign, state=State.SKIPPED)
    assert sorted(skipped.values_list("reason", flat=True)) == [
        *["not_whatsapp"] * 4,
        "opted_out",
        "value_missing",
        "value_too_long",
    ]


def test_the_database_counts_a_persons_values_as_they_are_filled_in(selling):
    """A header takes 60 characters: whoever is left out is told by the length of what would be sent."""
    shop = selling.shop
    values = {name: VALUES[name] for name in ("first_name", "what")}
    for n, (name, text) in enumerate(
        [
            ("Mei", "{{ name }}{{ phone }}"),
            ("", "Dear {{ name|our  friend }}"),
            (" \u2003x\x85y\t", "{{ name }}"),
            ("字" * 20, "to {{name}} and {{ name|you }}"),
        ]
    ):
        (chat,) = shop.chats(shop.whatsapp, 1, start=100 + n, name=name)
        line = render_line(text, {"name": name, "phone": chat.contact.phone})
        for room, code in ((len(line), "takes_all"), (len(line) - 1, "value_too_long")):
            header = {"type": "HEADER", "format": "TEXT", "text": "x" * (60 - room) + "{{number}}"}
            template = TemplateFactory(account=selling.account, components=[header, COMPONENTS[1]])
            draft = selling.draft([chat], values=values | {"number": text}, template=template)
            assert lines(preflight(shop.sales, draft)) == {(code, "whatsapp"): 1}, (name, text)


@pytest.mark.requirement("S2-30", "S2-31", "D-11")
def test_chats_of_two_accounts_are_refused_with_the_references_words(selling, elsewhere):
    shop = selling.shop
    shop.chats(shop.whatsapp, 1)
    shop.chats(elsewhere, 2, start=50)
    accounts = [
        AccountChats(elsewhere.whatsapp_account_id, "Outlet", 2),
        AccountChats(selling.account.pk, "Spring Shop", 1),
    ]
    with pytest.raises(AccountConflict) as refused:
        create_campaign(shop.sales, selling.draft())
    assert refused.value.accounts == accounts
    assert accounts_chosen(shop.sales, selling.draft().audience) == accounts
    assert not Campaign.objects.exists()
    with override("zh-hant"):
        assert str(refused.value.message) == (
            "請重新選擇對話事件。訊息範本僅支援發送相同WhatsApp商業帳號的顧客"
        )


def test_the_template_must_be_of_the_chats_account(selling, elsewhere):
    shop = selling.shop
    chats = shop.chats(elsewhere, 2, start=50)
    with pytest.raises(AccountConflict):
        preflight(shop.sales, selling.draft(chats))


def test_several_numbers_of_one_account_each_write_to_their_own(selling):
    shop = selling.shop
    second = ChannelFactory(kind="whatsapp", whatsapp_account=selling.account, account_id="3")
    shop.chats(shop.whatsapp, 1)
    shop.chats(second, 2, start=50)
    campaign = selling.launch()
    assert list(campaign.counters.order_by("channel").values_list("channel", "waiting")) == [
        (shop.whatsapp.pk, 1),
        (second.pk, 2),
    ]


def test_a_selection_that_grew_by_another_account_before_its_start_is_refused_whole(selling, elsewhere):
    shop = selling.shop
    chats = shop.chats(shop.whatsapp, 1) + shop.chats(elsewhere, 1, start=50)
    campaign = create_campaign(shop.sales, selling.draft(chats), keep_as_draft=True)
    with pytest.raises(AccountConflict):
        send_campaign(campaign, shop.sales)
    Campaign.objects.update(status="preparing")
    prepare_campaigns()
    campaign = shop.fresh(campaign)
    assert (campaign.status, campaign.reason, campaign.total) == ("refused", "whatsapp_account_conflict", 0)


@pytest.mark.requirement("S2-34")
def test_only_what_whatsapp_has_approved_can_be_sent(selling):
    shop = selling.shop
    shop.chats(shop.whatsapp, 1)
    for status in set(TemplateStatus) - SENDABLE:
        Template.objects.update(status=status)
        assert fields(shop, selling.draft()) == {("template", "not_sendable")}, status


def fields(shop, draft):
    """Field and code of each fault; sending is refused for them."""
    _found, faults = outlook(shop.sales, draft)
    with pytest.raises(InvalidCampaign) as refused:
        create_campaign(shop.sales, draft)
    assert refused.value.errors == faults
    return {(entry["field"], entry["code"]) for entry in faults}


def test_what_whatsapp_would_refuse_for_everybody_is_named_at_the_field(selling):
    shop = selling.shop
    shop.chats(shop.whatsapp, 1)
    for values, field, code in (
        ({"what": ""}, "parameters.what", "missing"),
        ({"what": "a\nb"}, "parameters.what", "characters"),
        ({"what": "a   {{ name }}   b"}, "parameters.what", "characters"),
        ({"what": "{{ shoe }}"}, "parameters.what", "unknown_variable"),
        ({"who": "x"}, "parameters.who", "unknown"),
        ({"number": "x" * 61}, "header", "too_long"),
        ({"what": "x" * 1024}, "body", "too_long"),
        ({"button.1": "x" * 2000}, "parameters.button.1", "too_long"),
    ):
        assert fields(shop, selling.draft(values=VALUES | values)) == {(f"template.{field}", code)}


def test_headers_take_their_kind_of_file_or_a_place(selling):
    shop = selling.shop
    shop.chats(shop.whatsapp, 1)
    picture, pdf = MediaFactory(), MediaFactory(kind="file", mime="application/pdf", extension=".pdf")
    shown = selling.another(PICTURE)
    place = selling.another([{"type": "HEADER", "format": "LOCATION"}, PICTURE[1]], name="here")
    here = {"latitude": "25.03", "longitude": 121.5, "name": "Shop", "address": "Main St. 1"}

    def faults(template, **more):
        return fields(shop, selling.draft(template=template, values={}, **more))

    assert faults(shown) == {("template.header_media", "missing")}
    assert faults(shown, header_media=pdf.key) == {("template.header_media", "type")}
    assert faults(shown, header_media="gone") == {("template.header_media", "not_found")}
    assert faults(place) == {("template.location", "missing")}
    assert faults(place, place=here | {"latitude": "north"}) == {("template.location", "place")}
    assert outlook(shop.sales, selling.draft(template=shown, values={}, header_media=picture.key))[1] == []
    assert outlook(shop.sales, selling.draft(template=place, values={}, place=here))[1] == []


def test_a_template_is_chosen_and_is_there_and_ones_own(selling, other_tenant):
    shop = selling.shop
    shop.chats(shop.whatsapp, 1)
    with tenant_scope(other_tenant):
        foreign = TemplateFactory()
    audience = selling.draft().audience
    assert fields(shop, CampaignDraft(audience, (), CampaignKind.TEMPLATE)) == {("template", "required")}
    assert fields(shop, selling.draft(template=foreign)) == {("template", "not_found")}
    assert ChannelKind.WHATSAPP in preflight(shop.sales, selling.draft()).by_channel
    assert Conversation.objects.count() == 1
