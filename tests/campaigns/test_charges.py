"""What becomes of the price held for each part: once, by the reports, the answers, or the end of a broadcast."""

from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from billing.errors import InsufficientCredit
from billing.models import Account, Entry, Price, Reservation, Wallet
from billing.reconcile import Loss, ledger_differences, losses
from billing.services import reserve
from billing.topups import confirm, start_top_up
from campaigns.balance import waiting_for_balance
from campaigns.costs import Cost, cost_of
from campaigns.doors import note_settled
from campaigns.engine.finish import finish_campaigns
from campaigns.engine.groups import Group
from campaigns.engine.horizon import HORIZON, close_overdue
from campaigns.engine.lease import rows_of, take_lease
from campaigns.engine.mark import mark
from campaigns.engine.prepare import prepare_campaigns
from campaigns.engine.record import record
from campaigns.engine.result import Result
from campaigns.engine.settle import settle
from campaigns.models import Campaign, PartState, Recipient, State, Status
from campaigns.preflight import preflight
from campaigns.reconcile import campaign_differences
from campaigns.services import cancel_campaign, create_campaign, pause_campaign, resume_campaign
from channels.adapters.base import Delivery, Reason, StatusChange
from channels.direct import BudgetExceeded, budget_left, set_payer
from channels.models import FreeUse
from channels.signals import Received
from channels.webhooks.afterwards import batch
from conversations.models import Contact
from tenants.errors import NotAllowed, WrongStatus
from tests.factories import ChannelFactory

pytestmark = pytest.mark.django_db(transaction=True)
AT = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)
PRICE = 11_300
PAID = 10_000_000
BILLED, FREE = (
    {"billable": True, "pricing_category": "service"},
    {"billable": False, "pricing_category": "service"},
)
FAILED = {"reason": Reason.RECIPIENT_UNAVAILABLE, "provider_code": "131026"}


def listed(category="service", **prices):
    for market, amount in prices.items():
        Price.objects.create(
            currency="USD", market=market, category=category, amount=amount, valid_from=AT - timedelta(days=9)
        )


@pytest.fixture
def priced(shop, owner):
    """Ten dollars of credit, and messages to Taiwan that cost something."""
    listed(TW=PRICE)
    top_up = start_top_up(owner, amount=PAID, currency="USD")
    confirm(top_up, payment="pi_1", total=1000, currency="USD")
    return shop


@pytest.fixture
def sound(priced):
    """Asserts that ledger, wallet, holds and parts agree; answers (available, on hold)."""

    def check():
        assert ledger_differences() + campaign_differences(everything=True) == []
        held = sum(hold.open for hold in Reservation.objects.all())
        return Wallet.objects.get().available, held

    return check


def report(shop, recipient, status, *, part=0, minutes=0, **more):
    event = StatusChange(
        account_id=shop.whatsapp.account_id,
        event_id=f"{recipient.pk}-{part}-{status}-{minutes}",
        at=AT + timedelta(minutes=minutes),
        raw={},
        provider_id=recipient.provider_ids[part]
        if recipient.provider_ids
        else f"wamid.{recipient.pk}.{part}",
        status=status,
        opaque_id=f"{recipient.pk}.{part}.0",
        recipient=recipient.address,
        **more,
    )
    return Received(shop.whatsapp, event)


def tell(shop, *reports):
    """As absorption does: one batch."""
    with batch():
        assert settle(shop.tenant, reports) == set()


def borne():
    """What the ledger says the platform paid for messages."""
    (loss,) = losses() or [Loss(0, "USD", 0, 0)]
    return loss.messages


def people(campaign):
    return list(Recipient.objects.filter(campaign=campaign).order_by("pk"))


SENT, DELIVERED, READ, LOST = Delivery.SENT, Delivery.DELIVERED, Delivery.READ, Delivery.FAILED


@pytest.mark.requirement("D-12")
@pytest.mark.parametrize("together", [False, True])
def test_the_reports_settle_each_part_once(priced, sound, together):
    """Billed, free, failed, failed after it was billed, delivered after it had failed; everything told twice."""
    shop = priced
    shop.chats(shop.whatsapp, 5)
    campaign = shop.send(shop.launch("Hello"))
    assert sound() == (PAID - 5 * PRICE, 5 * PRICE)
    rows = people(campaign)
    story = [(SENT, BILLED), (SENT, FREE), (LOST, FAILED), (SENT, BILLED), (LOST, FAILED)]
    first = [report(shop, row, status, **more) for row, (status, more) in zip(rows, story, strict=True)]
    later = [
        report(shop, rows[0], DELIVERED, minutes=1, **BILLED),
        report(shop, rows[3], LOST, minutes=1, **FAILED),
        report(shop, rows[4], DELIVERED, minutes=1, **BILLED),
    ]
    for batch_ in [first, later] * 2:
        for some in [batch_] if together else [[one] for one in batch_]:
            tell(shop, *some)
            sound()
    assert [row.charges for row in people(campaign)] == [[PRICE], [0], [0], [0], [-PRICE]]
    assert sound() == (PAID - PRICE, 0)
    assert Reservation.objects.get().lost == PRICE
    for row in (people(campaign)[0], people(campaign)[4]):
        assert Entry.objects.get(pk=row.entries[0]).target == Account.SPENT


@pytest.mark.requirement("B-4")
def test_one_entry_a_batch_leads_to_every_person(priced, sound):
    shop = priced
    shop.chats(shop.whatsapp, 4)
    campaign = shop.send(shop.launch("One", "Two"))
    rows = people(campaign)
    tell(
        shop,
        *[report(shop, row, SENT, part=part, **BILLED) for row in rows[:3] for part in (0, 1)],
        report(shop, rows[3], LOST, part=0, **FAILED),
        report(shop, rows[3], SENT, part=1, **FREE),
    )
    captured = Entry.objects.get(target=Account.SPENT)
    released = Entry.objects.get(source=Account.RESERVED, target=Account.AVAILABLE)
    assert (captured.amount, released.amount, captured.subject) == (6 * PRICE, 2 * PRICE, campaign.subject)
    rows = people(campaign)
    assert [row.entries for row in rows] == [[captured.pk] * 2] * 3 + [[released.pk] * 2]
    assert FreeUse.objects.get(channel=shop.whatsapp).used == 1
    assert sound() == (PAID - 6 * PRICE, 0)
    assert note_settled() == 1


@pytest.mark.parametrize(
    ("category", "charge", "spent", "lost"),
    [
        ("utility", 9_000, 9_000, 0),
        ("marketing", 84_200, PRICE, 84_200 - PRICE),
        ("referral", PRICE, PRICE, 0),
        ("free", 0, 0, 0),
    ],
)
def test_the_report_wins_over_the_list_but_nobody_pays_more_than_was_held(
    priced, sound, category, charge, spent, lost
):
    shop = priced
    listed("utility", TW=9_000)
    listed("marketing", TW=84_200)
    listed("free", TW=0)
    shop.chats(shop.whatsapp, 1)
    campaign = shop.send(shop.launch("Hello"))
    tell(shop, report(shop, people(campaign)[0], SENT, billable=True, pricing_category=category))
    (person,) = people(campaign)
    assert (person.charges, person.category) == ([charge], category)
    assert sound() == (PAID - spent, 0)
    assert borne() == lost
    tell(shop, report(shop, person, LOST, minutes=1, **FAILED))  # not delivered: nobody pays for it
    assert sound() == (PAID, 0)
    assert (people(campaign)[0].charges, borne()) == ([0], 0)


@pytest.mark.parametrize(("dearer", "charge"), [(20_000, 20_000), (9_000, 9_000), (PRICE, PRICE)])
def test_a_list_that_changes_while_it_runs_bills_whoever_is_reported_from_its_day_on(
    priced, sound, dearer, charge
):
    shop = priced
    day = (timezone.now() + timedelta(days=1)).replace(hour=0, minute=0, second=0, microsecond=0)
    Price.objects.create(currency="USD", market="TW", category="service", amount=dearer, valid_from=day)
    shop.chats(shop.whatsapp, 2)
    campaign = shop.send(shop.launch("Hello"))
    before, after = people(campaign)
    minutes = int((day - AT).total_seconds() / 60)
    tell(
        shop,
        report(shop, before, SENT, minutes=minutes - 1, **BILLED),
        report(shop, after, SENT, minutes=minutes + 1, **BILLED),
    )
    assert [row.charges for row in people(campaign)] == [[PRICE], [charge]]
    assert sound() == (PAID - PRICE - min(charge, PRICE), 0)
    assert borne() == max(0, charge - PRICE)


def test_what_an_answer_refuses_and_what_that_stops_costs_nothing_at_once(priced, sound):
    """One is refused at the first part; another's second part is refused after the first has left."""
    shop = priced
    shop.chats(shop.whatsapp, 2)
    campaign = shop.launch("One", "Two", "Three")
    lease = take_lease(shop.tenant.pk, shop.whatsapp.pk)
    for refused in (0, 1):
        rows = rows_of(lease, State.WAITING)
        mark(lease, [Group([row]) for row in rows], lambda _group: None, retry_keys=False)
        first = [
            Result(row.id, row.part, PartState.FAILED, reason="message_rejected")
            if place == refused
            else Result(row.id, row.part, PartState.ACCEPTED, (f"wamid.{row.id}.{row.part}",))
            for place, row in zip((0, 1) if len(rows) == 2 else (1,), rows, strict=True)
        ]
        record(lease, first, whole=False)
        sound()
    assert [(row.state, row.charges) for row in people(campaign)] == [
        (State.FAILED, [0, 0, 0]),
        (State.PARTIAL, [None, 0, 0]),
    ]
    assert sound() == (PAID - PRICE, PRICE)


def test_a_doubt_holds_its_part_alone_until_a_report_settles_it(priced, sound):
    shop = priced
    shop.chats(shop.whatsapp, 1)
    campaign = shop.launch("One", "Two")
    shop.scenario(cut_rate=1.0, accepted_share=0.0)
    campaign = shop.send(campaign)
    (person,) = people(campaign)
    assert (person.state, person.charges) == (State.UNCONFIRMED, [None, 0])
    assert sound() == (PAID - PRICE, PRICE)
    note_settled()
    assert shop.fresh(campaign).settled_at is None
    tell(shop, report(shop, person, SENT, **BILLED))
    assert people(campaign)[0].charges == [PRICE, 0]
    assert sound() == (PAID - PRICE, 0)


@pytest.mark.requirement("B-2")
def test_whoever_may_no_longer_be_sent_to_gets_nothing_and_pays_nothing(priced, sound):
    shop = priced
    shop.chats(shop.whatsapp, 3)
    campaign = shop.launch("Hello")
    rows = people(campaign)
    Contact.objects.filter(pk=rows[0].contact_id).update(opted_out_at=timezone.now())
    Contact.objects.filter(pk=rows[1].contact_id).update(window_closes_at=timezone.now())
    shop.send(campaign)
    assert [row.charges for row in people(campaign)] == [[0], [0], [None]]
    assert sound() == (PAID - PRICE, PRICE)


def test_cancelling_gives_back_at_once_what_was_not_sent(priced, sound):
    shop = priced
    shop.chats(shop.whatsapp, 3)
    campaign = shop.launch("Hello")
    pause_campaign(campaign, shop.sales)
    assert sound() == (PAID - 3 * PRICE, 3 * PRICE)  # a pause holds it
    cancel_campaign(campaign, shop.sales)
    finish_campaigns()
    assert shop.fresh(campaign).status == Status.CANCELLED
    assert sound() == (PAID, 0)


def test_what_no_report_settles_by_the_horizon_goes_back(priced, sound):
    shop = priced
    shop.chats(shop.whatsapp, 3)
    campaign = shop.send(shop.launch("Hello"))
    rows = people(campaign)
    tell(shop, report(shop, rows[0], SENT, **BILLED))
    assert close_overdue() == 0
    Campaign.objects.update(finished_at=timezone.now() - HORIZON - timedelta(minutes=1))
    assert close_overdue() == 1
    assert [row.charges for row in people(campaign)] == [[PRICE], [0], [0]]
    assert sound() == (PAID - PRICE, 0)
    assert (note_settled(), close_overdue()) == (1, 0)
    tell(shop, report(shop, rows[1], DELIVERED, **BILLED))  # a month late: the platform bears it
    assert people(campaign)[1].charges == [-PRICE]
    assert sound() == (PAID - PRICE, 0)


def test_what_costs_nothing_is_settled_when_it_ends(shop):
    shop.chats(shop.line, 1)
    shop.chats(shop.whatsapp, 1)
    campaign = shop.send(shop.launch("Hello"))
    assert [row.charges for row in people(campaign)] == [None, None]
    note_settled()
    assert shop.fresh(campaign).settled_at
    assert not Reservation.objects.exists()


@pytest.mark.parametrize(
    ("change", "about"),
    [
        ("UPDATE billing_wallet SET available = available + 1", "wallet"),
        ("UPDATE billing_reservation SET released = released + 1", "campaign:1"),
        ("UPDATE campaigns_recipient SET charges = '{0}'", "campaign:1"),
    ],
)
def test_a_difference_anywhere_is_found(priced, sound, change, about):
    from django.db import connection

    shop = priced
    shop.chats(shop.whatsapp, 1)
    shop.send(shop.launch("Hello"))
    sound()
    with connection.cursor() as cursor:
        cursor.execute(change)
    found = ledger_differences() + campaign_differences()
    assert about in {difference.about for difference in found}


@pytest.mark.requirement("D-16")
def test_an_account_that_meta_bills_is_held_to_its_budget(priced, sound, owner):
    """No credit moves; what does not fit the month's budget is not sent; both kinds of account in one broadcast."""
    shop = priced
    account = shop.whatsapp.whatsapp_account
    other = ChannelFactory(kind="whatsapp", account_id="8002", access_token="other")
    shop.chats(shop.whatsapp, 2)
    shop.chats(other, 1, start=70)
    set_payer(account, owner, payer="meta", monthly_budget=PRICE)
    found = preflight(shop.sales, shop.draft("Hello"))
    assert (found.price, found.blocking) == (PRICE, True)
    assert {(each.direct, each.amount) for each in found.estimates} == {(True, 2 * PRICE), (False, PRICE)}
    with pytest.raises(BudgetExceeded) as refused:
        shop.launch("Hello")
    assert refused.value.shortfall == PRICE
    set_payer(account, owner, payer="meta", monthly_budget=2 * PRICE)
    campaign = shop.launch("Hello")
    assert (campaign.reserved, campaign.direct) == (PRICE, [shop.whatsapp.pk])
    assert sound() == (PAID - PRICE, PRICE)
    rows = people(campaign)
    tell(shop, report(shop, rows[0], SENT, **BILLED), report(shop, rows[1], LOST, **FAILED))
    assert sound() == (PAID - PRICE, PRICE)
    assert cost_of(shop.fresh(campaign)) == Cost("USD", 3 * PRICE, PRICE, PRICE, direct=2 * PRICE)
    assert budget_left(account) == PRICE
    cancel_campaign(campaign, shop.sales)
    finish_campaigns()
    assert sound() == (PAID, 0)
    with pytest.raises(NotAllowed):
        set_payer(account, shop.sales, payer="credit", monthly_budget=None)


@pytest.mark.requirement("B-4")
def test_what_was_refused_for_want_of_credit_goes_on_after_a_top_up(priced, sound, owner):
    shop = priced
    shop.chats(shop.whatsapp, 2)
    campaign = create_campaign(shop.sales, shop.draft("Hello"))
    other = create_campaign(shop.sales, shop.draft("Hello"))
    reserve(shop.tenant, key="r", subject="replies:2026-11-26", amount=PAID - 3 * PRICE, currency="USD")
    prepare_campaigns()
    campaign, other = shop.fresh(campaign), shop.fresh(other)
    assert (campaign.status, other.status, other.shortfall) == (Status.RUNNING, Status.REFUSED, PRICE)
    assert list(waiting_for_balance()) == [other]
    with pytest.raises(InsufficientCredit):
        resume_campaign(other, shop.sales)
    top_up = start_top_up(owner, amount=PAID, currency="USD")
    confirm(top_up, payment="pi_2", total=1000, currency="USD")
    resume_campaign(other, shop.sales)
    prepare_campaigns()
    other = shop.send(other)
    assert (other.status, other.total, other.reserved) == (Status.COMPLETED, 2, 2 * PRICE)
    assert not waiting_for_balance().exists()
    with pytest.raises(WrongStatus):
        resume_campaign(other, shop.sales)
    assert campaign_differences(everything=True) == []
