"""What preflight says is what happens."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from django.utils.translation import override

from billing.errors import InsufficientCredit
from billing.models import Price, Wallet
from campaigns.audience import Filtered, Picked
from campaigns.drafts import CampaignDraft, PartDraft
from campaigns.engine.prepare import prepare_campaigns
from campaigns.errors import EmptySelection, InvalidCampaign, NobodyReachable
from campaigns.estimate import Estimate
from campaigns.models import Campaign, Recipient, Status
from campaigns.preflight import preflight
from campaigns.reports import counts_of
from campaigns.services import create_campaign, send_campaign, update_draft
from channels.adapters.base import PartKind
from conversations.filters import ConversationFilter
from conversations.models import Conversation, ConversationStatus
from tenants.errors import Invalid, NotAllowed, PlanRequired, WrongStatus
from tenants.plans import Plan
from tenants.scopes import tenant_scope
from tests.factories import ChannelFactory, ContactFactory, ConversationFactory, MediaFactory
from tests.sandbox.conftest import LINE

pytestmark = pytest.mark.django_db(transaction=True)


def listed(**prices):
    """The day's price list: millionths of a dollar by country."""
    for market, amount in prices.items():
        Price.objects.create(
            currency="USD", market=market, category="service", amount=amount, valid_from=timezone.now()
        )


def lines(found):
    return {(line.code, line.channel): line.count for line in found.lines}


def test_every_outcome_is_named_and_is_what_happens(shop):
    shop.chats(shop.line, 4)
    shop.chats(shop.line, 1, start=50, opted_out_at=timezone.now())
    shop.chats(shop.whatsapp, 3)
    shop.chats(shop.whatsapp, 2, start=60, window_closes_at=timezone.now())
    draft = shop.draft("Hello")
    found = preflight(shop.sales, draft)
    assert lines(found) == {
        ("takes_all", "line"): 4,
        ("takes_all", "whatsapp"): 3,
        ("opted_out", "line"): 1,
        ("window_closed", "whatsapp"): 2,
    }
    assert (found.total, found.sendable, found.blocking, found.price) == (10, 7, False, 0)
    campaign = shop.send(shop.launch("Hello"))
    assert counts_of(campaign).completed == found.sendable
    assert counts_of(campaign).skipped == found.total - found.sendable


@pytest.mark.requirement("S1-8", "S2-5")
def test_only_ones_own_chats_in_progress_can_be_chosen(shop, manager):
    mine, pending, ended = shop.chats(shop.line, 3)
    Conversation.objects.filter(pk=pending.pk).update(status=ConversationStatus.PENDING)
    Conversation.objects.filter(pk=ended.pk).update(status=ConversationStatus.ENDED)
    theirs = ConversationFactory(channel=shop.line, assignee=manager)
    with pytest.raises(Invalid) as refused:
        preflight(shop.sales, shop.draft("Hello", chats=[mine, pending, ended, theirs]))
    assert [error["code"] for error in refused.value.errors] == [
        "not_in_progress",
        "not_in_progress",
        "not_found",
    ]
    assert str(pending.number) in refused.value.errors[0]["detail"]
    everything = CampaignDraft(Filtered(ConversationFilter()), (PartDraft(PartKind.TEXT, "Hello"),))
    assert preflight(shop.sales, everything).total == 1


def test_a_sales_manager_may_choose_among_the_teams(shop, manager):
    shop.chats(shop.line, 2)
    assert preflight(manager, shop.draft("Hello")).total == 2


def test_chats_of_another_team_do_not_exist(shop, other_tenant):
    with tenant_scope(other_tenant):
        foreign = ConversationFactory()
    number = foreign.number + 1000
    with tenant_scope(other_tenant):
        Conversation.objects.filter(pk=foreign.pk).update(number=number)
    draft = CampaignDraft(Picked((number,)), (PartDraft(PartKind.TEXT, "Hello"),))
    with pytest.raises(Invalid) as refused:
        preflight(shop.sales, draft)
    assert refused.value.errors[0]["code"] == "not_found"


@pytest.mark.requirement("S1-3", "S1-4", "S2-4")
@pytest.mark.parametrize(
    ("role", "may"), [("owner", False), ("admin", False), ("manager", True), ("sales", True)]
)
def test_only_sales_roles_send(shop, request, role, may):
    shop.chats(shop.line, 1)
    member = request.getfixturevalue(role)
    if may:
        Conversation.objects.update(assignee=member)
        assert create_campaign(member, shop.draft("Hello")).status == Status.PREPARING
    else:
        with pytest.raises(NotAllowed):
            create_campaign(member, shop.draft("Hello"))
        assert not Campaign.objects.exists()


@pytest.mark.requirement("S1-2", "S2-3")
def test_a_team_without_the_omo_plan_cannot_send(shop):
    shop.chats(shop.line, 1)
    shop.tenant.plan = Plan.STARTER
    shop.tenant.save()
    shop.sales.tenant.plan = Plan.STARTER
    with pytest.raises(PlanRequired):
        create_campaign(shop.sales, shop.draft("Hello"))


@pytest.mark.parametrize(
    ("parts", "field", "code"),
    [
        ((), "parts", "required"),
        (("1", "2", "3", "4", "5", "6"), "parts", "too_many"),
        (("Hi", "  \n "), "parts.1.text", "empty"),
        (("x" * 5001,), "parts.0.text", "too_long"),
        (("🍎" * 2501,), "parts.0.text", "too_long"),
        (("Hello {{ nme }}",), "parts.0.text", "unknown_variable"),
        ((PartDraft(PartKind.IMAGE),), "parts.0.media", "required"),
        ((PartDraft(PartKind.IMAGE, media="0" * 32),), "parts.0.media", "not_found"),
    ],
)
def test_faulty_parts_are_named(shop, parts, field, code):
    shop.chats(shop.line, 1)
    with pytest.raises(InvalidCampaign) as refused:
        create_campaign(shop.sales, shop.draft(*parts))
    first = refused.value.errors[0]
    assert (first["field"], first["code"]) == (field, code)
    assert not Campaign.objects.exists()


def test_each_channel_counts_texts_its_own_way(shop):
    shop.chats(shop.line, 1)
    assert preflight(shop.sales, shop.draft("🍎" * 2500)).sendable == 1
    shop.chats(shop.whatsapp, 1)
    with pytest.raises(InvalidCampaign) as refused:
        preflight(shop.sales, shop.draft("x" * 4097))
    assert "WhatsApp" in refused.value.errors[0]["detail"]


def test_errors_are_told_in_the_readers_language(shop):
    shop.chats(shop.line, 1)
    with override("zh-hant"), pytest.raises(InvalidCampaign) as refused:
        preflight(shop.sales, shop.draft(" "))
    assert refused.value.errors[0]["detail"] != "This message is empty. Write something or remove it."


def test_nobody_chosen_and_nobody_reachable_send_nothing(shop):
    with pytest.raises(EmptySelection):
        create_campaign(shop.sales, shop.draft("Hello", chats=[]))
    shop.chats(shop.whatsapp, 2, window_closes_at=timezone.now())
    with pytest.raises(NobodyReachable):
        create_campaign(shop.sales, shop.draft("Hello"))
    assert not Campaign.objects.exists()


def test_a_draft_keeps_incomplete_content_and_is_sent_once(shop):
    chats = shop.chats(shop.line, 1)
    draft = create_campaign(shop.sales, shop.draft("", chats=chats), keep_as_draft=True)
    assert draft.parts.get().text == ""
    update_draft(draft, shop.sales, shop.draft("Now complete", chats=chats))
    send_campaign(draft, shop.sales)
    with pytest.raises(WrongStatus):
        send_campaign(Campaign.objects.get(pk=draft.pk), shop.sales)


def test_pictures_are_kept_from_changing_hands(shop, other_tenant):
    shop.chats(shop.line, 1)
    with tenant_scope(other_tenant):
        foreign = MediaFactory(tenant=other_tenant)
    with pytest.raises(InvalidCampaign) as refused:
        create_campaign(shop.sales, shop.draft(PartDraft(PartKind.IMAGE, media=foreign.key)))
    assert refused.value.errors[0]["code"] == "not_found"


@pytest.mark.requirement("S0-11")
def test_without_credit_for_a_priced_broadcast_nothing_is_sent(shop):
    listed(TW=11_300)
    shop.chats(shop.whatsapp, 3)
    found = preflight(shop.sales, shop.draft("Hello"))
    assert (found.price, found.shortfall, found.blocking) == (33_900, 33_900, True)
    assert lines(found)["insufficient_credit", "whatsapp"] == 3
    with pytest.raises(InsufficientCredit) as refused:
        create_campaign(shop.sales, shop.draft("Hello"))
    assert refused.value.shortfall == 33_900
    assert not Campaign.objects.exists()
    Wallet.objects.create(tenant=shop.tenant, currency="USD", available=33_900)
    campaign = shop.send(shop.launch("Hello"))
    assert (campaign.status, campaign.reserved) == (Status.COMPLETED, 33_900)
    assert Wallet.objects.get().available == 0


def test_credit_spent_since_send_ends_as_refused_with_the_shortfall(shop):
    listed(TW=11_300)
    shop.chats(shop.whatsapp, 3)
    wallet = Wallet.objects.create(tenant=shop.tenant, currency="USD", available=33_900)
    campaign = create_campaign(shop.sales, shop.draft("Hello"))
    Wallet.objects.filter(pk=wallet.pk).update(available=20_000)
    prepare_campaigns()
    campaign = shop.send(campaign)
    assert (campaign.status, campaign.reason, campaign.shortfall) == (
        Status.REFUSED,
        "insufficient_credit",
        13_900,
    )
    assert (shop.summary()["accepted"], campaign.settled_at) == (0, campaign.finished_at)


def test_each_country_has_its_price_frozen_for_each_part(shop):
    """By number or by user id; who has none is named and left out, and LINE costs nothing."""
    listed(TW=11_300, MY=14_000)
    Wallet.objects.create(tenant=shop.tenant, currency="USD", available=10**9)
    shop.chats(shop.line, 1)
    shop.chats(shop.whatsapp, 2)
    for address in ("+60121234567", "MY.12345678901234", "+442071234567", "GB.1234567"):
        person = ContactFactory(channel=shop.whatsapp, address=address)
        ConversationFactory(channel=shop.whatsapp, contact=person, assignee=shop.sales)
    found = preflight(shop.sales, shop.draft("One", "Two"))
    assert lines(found) == {
        ("takes_all", "line"): 1,
        ("takes_all", "whatsapp"): 4,
        ("no_price", "whatsapp"): 2,
    }
    assert found.estimates == (
        Estimate("MY", "service", False, 2, 4 * 14_000),
        Estimate("TW", "service", False, 2, 4 * 11_300),
    )
    campaign = shop.launch("One", "Two")
    assert campaign.reserved == found.price == 4 * 14_000 + 4 * 11_300
    rows = Recipient.objects.filter(campaign=campaign).order_by("address")
    assert {(row.address[:3], tuple(row.prices), tuple(row.charges or ()), row.reason) for row in rows} == {
        ("U00", (0, 0), (), ""),
        ("+88", (11_300, 11_300), (None, None), ""),
        ("+60", (14_000, 14_000), (None, None), ""),
        ("MY.", (14_000, 14_000), (None, None), ""),
        ("+44", (0, 0), (), "no_price"),
        ("GB.", (0, 0), (), "no_price"),
    }


def test_a_team_whose_currency_has_no_list_is_told_which(shop):
    shop.tenant.currency = shop.sales.tenant.currency = "TWD"
    shop.tenant.save()
    shop.chats(shop.line, 1)
    assert preflight(shop.sales, shop.draft("Hello")).price == 0
    shop.chats(shop.whatsapp, 1)
    assert preflight(shop.sales, shop.draft("Hello")).price == 0  # nobody is billed here
    listed(TW=11_300)
    with pytest.raises(InvalidCampaign) as refused:
        preflight(shop.sales, shop.draft("Hello"))
    assert refused.value.errors[0]["code"] == "no_price_list"
    assert "TWD" in refused.value.errors[0]["detail"]


def test_a_quota_that_does_not_cover_the_selection_blocks_it(shop):
    shop.chats(shop.line, 3)
    accounts = {**LINE, "quota": 2, "webhook_url": ""}
    assert shop.providers.post("/_sandbox/accounts", accounts).status == 200
    found = preflight(shop.sales, shop.draft("Hello"))
    assert found.blocking
    assert lines(found)["quota_exceeded", "line"] == 1


def test_a_team_that_has_just_brought_in_everybody_is_not_read_again_for_each_of_them(shop, other_tenant):
    """PostgreSQL knows other teams by then and takes this one for a single person."""
    with tenant_scope(other_tenant):
        person = ContactFactory(channel=ChannelFactory(), address="U0")
        with connection.cursor() as cursor:
            cursor.execute(
                """INSERT INTO conversations_contact SELECT (jsonb_populate_record(k, jsonb_build_object(
                       'id', 1000000 + n, 'address', 'U' || n))).*
                   FROM conversations_contact k, generate_series(1, 3000) AS n WHERE k.id = %s""",
                [person.pk],
            )
            cursor.execute("ANALYZE conversations_contact")
    shop.chats(shop.line, 3)
    with CaptureQueriesContext(connection) as asked:
        preflight(shop.sales, shop.draft("Hello {{ name }}"))
    (counting,) = [query["sql"] for query in asked if "known AS" in query["sql"]]
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN {counting}")
        plan = "\n".join(line for (line,) in cursor.fetchall())
    assert "conversations_contact" in plan
    assert "conversations_contact_tenant_id" not in plan
