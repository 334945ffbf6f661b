"""Credit that runs out: at the moment a broadcast was to start, or while it runs because a bank took a payment back."""

from datetime import timedelta

import pytest
from django.utils import timezone

from billing.debts import owed, pay_debts
from billing.errors import InsufficientCredit
from billing.models import TopUp, TopUpStatus
from billing.reconcile import losses
from billing.reports import lines_of, movements
from billing.services import reserve
from billing.statements import statement_of
from billing.topups import confirm, start_top_up, take_back
from campaigns.balance import waiting_for_balance
from campaigns.doors import claim_due_campaigns
from campaigns.engine.finish import finish_campaigns
from campaigns.engine.prepare import prepare_campaigns
from campaigns.engine.slice import run_slice
from campaigns.models import Campaign, Status
from campaigns.outlook import Waiting, outlook_of
from campaigns.services import cancel_campaign, create_campaign, resume_campaign
from campaigns.shortages import tell_owners_of_shortages
from tests.campaigns.test_charges import PAID, PRICE, priced, sound  # noqa: F401  (fixtures)

pytestmark = pytest.mark.django_db(transaction=True)
UNIT = 1_000_000


def pay(owner, units, payment):
    top_up = start_top_up(owner, amount=units * UNIT, currency="USD")
    confirm(top_up, payment=payment, total=units * 100, currency="USD")


def dispute(status=TopUpStatus.DISPUTED, *, share=1):
    top_up = TopUp.objects.get(payment="pi_1")
    take_back(top_up, in_all=top_up.amount * share, status=status)


@pytest.fixture
def running(priced):  # noqa: F811
    """A broadcast to three, nobody sent to yet."""
    priced.chats(priced.whatsapp, 3)
    return priced.launch("Hello")


@pytest.mark.requirement("B-4")
def test_a_dispute_pauses_what_runs_until_the_money_is_there_again(priced, running, sound, owner):  # noqa: F811
    shop = priced
    dispute()
    campaign = shop.fresh(running)
    assert (campaign.status, campaign.reason, campaign.shortfall) == (
        Status.PAUSED,
        "credit_taken_back",
        3 * PRICE,
    )
    assert outlook_of(campaign).codes == [Waiting.BALANCE]
    assert (owed("USD"), sound()) == (3 * PRICE, (0, 3 * PRICE))
    assert not run_slice()
    with pytest.raises(InsufficientCredit) as refused:
        resume_campaign(campaign, shop.sales)
    assert refused.value.shortfall == 3 * PRICE
    assert list(waiting_for_balance()) == [campaign]
    pay(owner, 5, "pi_2")
    assert (owed("USD"), sound()) == (0, (5 * UNIT - 3 * PRICE, 3 * PRICE))
    (paid, *_rest) = lines_of(list(movements("USD")[:2]), "USD")
    assert (paid.kind, paid.change, paid.after) == ("debt_paid", -3 * PRICE, 5 * UNIT - 3 * PRICE)
    month = statement_of(timezone.localdate().replace(day=1), "USD")
    assert (month.taken_back, month.closing) == (PAID, 5 * UNIT - 3 * PRICE)
    assert [(loss.messages, loss.payments) for loss in losses()] == [(0, 0)]
    resume_campaign(campaign, shop.sales)
    campaign = shop.send(campaign)
    assert (campaign.status, campaign.shortfall) == (Status.COMPLETED, 0)


def test_a_dispute_that_is_won_pays_what_is_owed(priced, running, sound):  # noqa: F811
    dispute()
    dispute(share=0)
    assert (owed("USD"), sound()) == (0, (PAID - 3 * PRICE, 3 * PRICE))


def test_what_is_given_back_pays_what_is_owed(priced, running, sound):  # noqa: F811
    dispute()
    cancel_campaign(running, priced.sales)
    finish_campaigns()
    assert pay_debts() == 1
    assert (owed("USD"), sound(), pay_debts()) == (0, (0, 0), 0)


def test_what_the_operator_pays_back_is_the_platforms_and_pauses_nothing(priced, running, sound):  # noqa: F811
    dispute(TopUpStatus.REFUNDED)
    assert (priced.fresh(running).status, owed("USD")) == (Status.RUNNING, 0)
    assert sound() == (0, 3 * PRICE)
    assert [(loss.messages, loss.payments) for loss in losses()] == [(0, 3 * PRICE)]


@pytest.mark.requirement("B-4", "D-12")
def test_a_shortage_at_the_start_time_is_told_to_the_owner_and_taken_up_after_a_top_up(
    priced,  # noqa: F811
    sound,  # noqa: F811
    owner,
    mailoutbox,
):
    shop = priced
    shop.chats(shop.whatsapp, 2)
    soon = timezone.now() + timedelta(minutes=1)
    campaign = create_campaign(shop.sales, shop.draft("Hello", scheduled_at=soon))
    reserve(shop.tenant, key="r", subject="replies:2026-11-26", amount=PAID - PRICE, currency="USD")
    Campaign.objects.update(scheduled_at=timezone.now())
    assert claim_due_campaigns() == 1
    prepare_campaigns()
    campaign = shop.fresh(campaign)
    assert (campaign.status, campaign.reason, campaign.shortfall) == (
        Status.REFUSED,
        "insufficient_credit",
        PRICE,
    )
    assert (tell_owners_of_shortages(), tell_owners_of_shortages()) == (1, 0)
    (mail,) = mailoutbox
    assert mail.to == [owner.user.email]
    assert f"№{campaign.number} lacks 0.02 USD" in mail.subject
    assert f"/campaigns/{campaign.number}/" in mail.body
    assert "/credit/top-up/" in mail.body
    pay(owner, 5, "pi_2")
    assert list(waiting_for_balance()) == [campaign]
    resume_campaign(campaign, shop.sales)
    prepare_campaigns()
    assert shop.send(campaign).status == Status.COMPLETED
    assert not waiting_for_balance().exists()


def test_a_mail_that_cannot_be_sent_leaves_the_shortage_untold(running, owner, monkeypatch, mailoutbox):
    dispute()
    with monkeypatch.context() as broken:
        broken.setattr("billing.mails.send_mail", _refuse)
        assert tell_owners_of_shortages() == 0
    assert tell_owners_of_shortages() == 1
    (mail,) = mailoutbox
    assert "has stopped" in mail.body


def _refuse(*_args, **_kwargs):
    raise ConnectionRefusedError
