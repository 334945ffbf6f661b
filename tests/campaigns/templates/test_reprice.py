"""A template that Meta counts as another category while its broadcast runs: who still waits is priced anew."""

import pytest
from django.utils import timezone

from billing.errors import InsufficientCredit
from billing.topups import confirm, start_top_up
from campaigns.costs import cost_of
from campaigns.engine import prepare
from campaigns.engine.groups import Group
from campaigns.engine.lease import release, rows_of, take_lease
from campaigns.engine.mark import mark
from campaigns.engine.prepare import prepare_campaigns
from campaigns.engine.record import record
from campaigns.engine.reprice import reprice_campaigns
from campaigns.engine.result import Result
from campaigns.models import Campaign, PartState, Recipient, State, Status
from campaigns.outlook import Waiting, outlook_of
from campaigns.services import create_campaign, pause_campaign, resume_campaign
from channels.direct import BudgetExceeded, budget_left, set_payer
from templates_app.models import Template
from templates_app.verdicts import Before, News, apply_news, tell_others
from tenants.models import AuditEntry
from tests.campaigns.test_charges import (  # noqa: F401  (fixtures)
    PAID,
    SENT,
    borne,
    listed,
    people,
    priced,
    report,
    sound,
    tell,
)

pytestmark = pytest.mark.django_db(transaction=True)
UTILITY, MARKETING = 1_000_000, 3_000_000


@pytest.fixture
def costly(selling, priced):  # noqa: F811
    """The template shop with ten dollars of credit: a utility template costs one, a marketing one three."""
    listed("utility", TW=UTILITY)
    listed("marketing", TW=MARKETING)
    return selling


def meta_says(template, category):
    row = Template.objects.get(pk=template.pk)
    before = Before.of(row)
    apply_news(row, News(category=category), timezone.now())
    row.save()
    tell_others([(row, before)])


def send_one(shop):
    """A worker sends the first in the shard what they are to get."""
    lease = take_lease(shop.tenant.pk, shop.whatsapp.pk)
    row = rows_of(lease, State.WAITING)[0]
    mark(lease, [Group([row])], lambda _group: None, retry_keys=False)
    record(lease, [Result(row.id, 0, PartState.ACCEPTED, (f"wamid.{row.id}.0",))], whole=False)
    release(lease, 0.0)


def frozen(campaign):
    return [(row.prices, row.category) for row in people(campaign)]


@pytest.mark.requirement("B-4")
def test_who_has_not_been_sent_to_is_priced_anew_and_it_goes_on_by_itself(costly, sound):  # noqa: F811
    shop = costly.shop
    shop.chats(shop.whatsapp, 3)
    campaign = costly.launch()
    send_one(shop)
    assert sound() == (PAID - 3 * UTILITY, 3 * UTILITY)
    meta_says(costly.template, "MARKETING")
    campaign = shop.fresh(campaign)
    assert (campaign.status, campaign.reason) == (Status.PAUSED, "repricing")
    assert outlook_of(campaign).codes == [Waiting.PRICES]
    assert take_lease(shop.tenant.pk, shop.whatsapp.pk) is None
    assert reprice_campaigns() == 1
    campaign = shop.fresh(campaign)
    assert (campaign.status, campaign.reason) == (Status.RUNNING, "")
    assert (campaign.repriced_category, campaign.repriced_by) == ("marketing", 2 * (MARKETING - UTILITY))
    assert frozen(campaign) == [([UTILITY], None), ([MARKETING], "marketing"), ([MARKETING], "marketing")]
    held = UTILITY + 2 * MARKETING
    assert sound() == (PAID - held, held)
    assert cost_of(campaign).reserved == held
    noted = AuditEntry.objects.get(action="campaign.repriced").details
    assert noted == {"before": "utility", "after": "marketing", "more": 2 * (MARKETING - UTILITY)}
    assert reprice_campaigns() == 0
    campaign = shop.send(campaign)
    billed = {"billable": True, "pricing_category": "marketing"}
    tell(shop, *[report(shop, row, SENT, **billed) for row in people(campaign)])
    assert sound() == (PAID - held, 0)
    assert borne() == MARKETING - UTILITY  # of the one who was sent to before
    assert [row.category for row in people(campaign)] == ["marketing"] * 3


@pytest.mark.parametrize(("billed", "charge"), [("utility", UTILITY), ("authentication", 500_000)])
def test_for_who_was_on_the_way_the_report_alone_decides(costly, sound, billed, charge):  # noqa: F811
    """The template counts as marketing by now; this one left before."""
    shop = costly.shop
    listed("authentication", TW=500_000)
    shop.chats(shop.whatsapp, 2)
    campaign = costly.launch()
    send_one(shop)
    meta_says(costly.template, "MARKETING")
    reprice_campaigns()
    left, waits = people(campaign)
    assert (left.prices, waits.prices) == ([UTILITY], [MARKETING])
    tell(shop, report(shop, left, SENT, billable=True, pricing_category=billed))
    assert people(campaign)[0].charges == [charge]
    assert sound() == (PAID - charge - MARKETING, MARKETING)
    assert borne() == 0


def test_what_is_cheaper_now_goes_back_and_what_turns_back_is_held_again(costly, sound):  # noqa: F811
    shop = costly.shop
    shop.chats(shop.whatsapp, 2)
    Template.objects.update(category="MARKETING")
    campaign = costly.launch()
    pause_campaign(campaign, shop.sales)
    meta_says(costly.template, "UTILITY")
    assert reprice_campaigns() == 1
    assert sound() == (PAID - 2 * UTILITY, 2 * UTILITY)
    campaign = shop.fresh(campaign)
    assert (campaign.status, campaign.reason, campaign.repriced_by) == (
        Status.PAUSED,  # a member paused it, and it stays so
        "member",
        2 * (UTILITY - MARKETING),
    )
    meta_says(costly.template, "MARKETING")
    assert reprice_campaigns() == 1
    assert sound() == (PAID - 2 * MARKETING, 2 * MARKETING)
    assert shop.fresh(campaign).repriced_by == 0


@pytest.mark.requirement("B-4")
def test_where_the_credit_lacks_it_stays_paused_until_a_top_up_and_resume(costly, sound, owner):  # noqa: F811
    shop = costly.shop
    shop.chats(shop.whatsapp, 5)
    campaign = costly.launch()
    meta_says(costly.template, "MARKETING")
    assert reprice_campaigns() == 0
    campaign = shop.fresh(campaign)
    missing = 5 * MARKETING - PAID
    assert (campaign.status, campaign.reason, campaign.shortfall) == (
        Status.PAUSED,
        "insufficient_credit",
        missing,
    )
    assert outlook_of(campaign).codes == [Waiting.BALANCE]
    assert frozen(campaign) == [([UTILITY], None)] * 5
    with pytest.raises(InsufficientCredit) as refused:
        resume_campaign(campaign, shop.sales)
    assert refused.value.shortfall == missing
    top_up = start_top_up(owner, amount=missing, currency="USD")
    confirm(top_up, payment="pi_2", total=missing // 10_000, currency="USD")
    resume_campaign(campaign, shop.sales)
    assert shop.fresh(campaign).reason == "repricing"  # nobody is sent to before the prices are right
    assert reprice_campaigns() == 1
    campaign = shop.fresh(campaign)
    assert (campaign.status, campaign.shortfall) == (Status.RUNNING, 0)
    assert sound() == (0, 5 * MARKETING)


@pytest.mark.requirement("D-16")
def test_on_an_account_that_meta_bills_the_budget_decides(costly, sound, owner):  # noqa: F811
    shop = costly.shop
    set_payer(costly.account, owner, payer="meta", monthly_budget=4 * UTILITY)
    shop.chats(shop.whatsapp, 2)
    campaign = costly.launch()
    meta_says(costly.template, "MARKETING")
    reprice_campaigns()
    campaign = shop.fresh(campaign)
    assert (campaign.reason, campaign.shortfall) == (BudgetExceeded.code, 2 * MARKETING - 4 * UTILITY)
    set_payer(costly.account, owner, payer="meta", monthly_budget=7 * UTILITY)
    resume_campaign(campaign, shop.sales)
    assert reprice_campaigns() == 1
    assert shop.fresh(campaign).status == Status.RUNNING
    assert (budget_left(costly.account), sound()) == (UTILITY, (PAID, 0))


@pytest.mark.parametrize("when", ["between chunks", "before the launch"])
def test_what_changes_while_people_are_written_is_written_again(costly, sound, monkeypatch, when):  # noqa: F811
    shop = costly.shop
    shop.chats(shop.whatsapp, 2)
    campaign = create_campaign(shop.sales, costly.draft())
    if when == "between chunks":
        monkeypatch.setattr(prepare, "PREPARE_CHUNK", 1)
        assert prepare._prepare_chunk(campaign.pk) is False
        meta_says(costly.template, "MARKETING")
    else:
        meet = prepare.is_stopped
        monkeypatch.setattr(
            prepare,
            "is_stopped",
            lambda campaign: (meta_says(costly.template, "MARKETING"), meet(campaign))[1],
        )
    prepare_campaigns()
    campaign = shop.fresh(campaign)
    assert (campaign.status, campaign.total, campaign.category) == (Status.RUNNING, 2, "marketing")
    assert frozen(campaign) == [([MARKETING], None)] * 2
    assert sound() == (PAID - 2 * MARKETING, 2 * MARKETING)


def test_where_nothing_costs_anything_nothing_pauses(selling):
    shop = selling.shop
    shop.chats(shop.whatsapp, 1)
    campaign = selling.launch()
    meta_says(selling.template, "MARKETING")
    assert (shop.fresh(campaign).status, reprice_campaigns()) == (Status.RUNNING, 0)
    assert Recipient.objects.get().charges is None
    assert Campaign.objects.get().repriced_category == ""
