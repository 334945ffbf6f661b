"""What a reply costs: held when it is written, settled once by the reports, back when it did not leave."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from billing.errors import InsufficientCredit, NoPrice
from billing.models import Entry, Price, Reservation, Wallet
from billing.reconcile import ledger_differences
from billing.topups import confirm, start_top_up
from channels.adapters.base import Delivery, Reason
from channels.direct import BudgetExceeded, budget_left
from channels.models import DirectCost, FreeUse, WhatsAppAccount
from channels.webhooks.afterwards import batch
from conversations import outbox
from conversations.models import Contact, Message
from conversations.reconcile import give_back_overdue, reply_differences
from conversations.replies import refusal_of, send_reply, send_template
from conversations.statuses import apply_status_changes
from tests.conversations.conftest import PHONE
from tests.conversations.test_outbox import whatsapp_chat  # noqa: F401  (a fixture)
from tests.conversations.test_statuses import report
from tests.factories import TemplateFactory

PRICE = 11_300
BILLED, FREE = (
    {"billable": True, "pricing_category": "service"},
    {"billable": False, "pricing_category": "service"},
)
FAILED = {"reason": Reason.RECIPIENT_UNAVAILABLE}


@pytest.fixture
def chat(whatsapp_chat, hire):  # noqa: F811
    """Credit for two replies to this person."""
    Price.objects.create(
        currency="USD",
        market="TW",
        category="service",
        amount=PRICE,
        valid_from=timezone.now() - timedelta(60),
    )
    top_up = start_top_up(hire("Owner", "owner"), amount=5_000_000, currency="USD")
    confirm(top_up, payment="pi_1", total=500, currency="USD")
    Contact.objects.update(market="TW")
    return whatsapp_chat


@pytest.fixture
def sound():
    def check():
        assert ledger_differences() + reply_differences() == []
        return Wallet.objects.get().available

    return check


def tell(chat, message, *stories):
    events = [
        report(
            status, opaque_id=message.opaque_id, provider_id=f"wamid.{message.pk}", recipient=PHONE, **more
        )
        for status, more in stories
    ]
    with batch():
        assert apply_status_changes(chat.tenant, chat.channel, events) == []
    message.refresh_from_db()


def only_for(count):
    Wallet.objects.update(available=count * PRICE)


@pytest.mark.requirement("D-12")
@pytest.mark.parametrize(
    ("stories", "charge", "paid"),
    [
        ([(Delivery.SENT, BILLED)], PRICE, PRICE),
        ([(Delivery.SENT, FREE)], 0, 0),
        ([(Delivery.FAILED, FAILED)], 0, 0),
        ([(Delivery.SENT, BILLED), (Delivery.FAILED, FAILED)], 0, 0),
    ],
)
def test_a_reply_is_held_when_written_and_settled_by_its_reports(chat, mei, sound, stories, charge, paid):
    message = send_reply(chat, by=mei, text="Yes")
    assert (message.price, sound()) == (PRICE, 5_000_000 - PRICE)
    outbox.send_due()
    for story in stories * 2:
        tell(chat, message, story)
    assert (message.charge, sound()) == (charge, 5_000_000 - paid)
    assert Entry.objects.get(pk=message.entry).amount == PRICE
    assert FreeUse.objects.filter(channel=chat.channel, used=1).exists() == (stories[0][1] is FREE)
    assert Reservation.objects.get().open == 0


def test_a_batch_of_reports_books_one_entry_for_all(chat, mei, sound):
    messages = [send_reply(chat, by=mei, text=text) for text in ("one", "two", "three")]
    with batch():
        for message in messages:
            tell_later = report(
                Delivery.SENT,
                opaque_id=message.opaque_id,
                provider_id=f"w{message.pk}",
                recipient=PHONE,
                **BILLED,
            )
            apply_status_changes(chat.tenant, chat.channel, [tell_later])
    assert sum(entry.amount for entry in Entry.objects.filter(target="spent")) == 3 * PRICE
    assert sound() == 5_000_000 - 3 * PRICE


def test_without_credit_the_reply_box_says_why_it_is_closed(chat, mei):
    only_for(1)
    assert refusal_of(chat, timezone.now()) is None
    send_reply(chat, by=mei, text="Yes")
    assert refusal_of(chat, timezone.now()).code == "insufficient_credit"
    with pytest.raises(InsufficientCredit):
        send_reply(chat, by=mei, text="And")
    assert Message.objects.filter(direction="out").count() == 1


def test_a_country_without_a_price_is_named(chat, mei):
    Contact.objects.update(market="FR")
    assert refusal_of(chat, timezone.now()).code == "no_price"
    with pytest.raises(NoPrice):
        send_reply(chat, by=mei, text="Oui")


def test_what_did_not_leave_costs_nothing(chat, mei, sound):
    message = send_reply(chat, by=mei, text="Yes")
    Contact.objects.update(window_closes_at=timezone.now())
    outbox.send_due()
    message.refresh_from_db()
    assert (message.status, message.charge, sound()) == ("failed", 0, 5_000_000)


def test_what_no_report_settles_by_the_horizon_goes_back(chat, mei, sound):
    message = send_reply(chat, by=mei, text="Yes")
    assert give_back_overdue(timedelta(days=31)) == 0
    assert give_back_overdue(timedelta(0)) == 1
    message.refresh_from_db()
    assert (message.charge, sound()) == (0, 5_000_000)
    tell(chat, message, (Delivery.DELIVERED, BILLED))
    assert (message.charge, sound()) == (-PRICE, 5_000_000)


@pytest.mark.requirement("D-16")
def test_an_account_that_meta_bills_needs_no_credit_but_keeps_its_budget(chat, mei, sound):
    account = chat.channel.whatsapp_account
    WhatsAppAccount.objects.update(payer="meta", monthly_budget=2 * PRICE)
    account.refresh_from_db()
    messages = [send_reply(chat, by=mei, text=text) for text in ("one", "two")]
    assert sound() == 5_000_000
    assert refusal_of(chat, timezone.now()).code == "budget_exceeded"
    with pytest.raises(BudgetExceeded):
        send_reply(chat, by=mei, text="three")
    tell(chat, messages[0], (Delivery.SENT, BILLED))
    tell(chat, messages[1], (Delivery.SENT, FREE))
    cost = DirectCost.objects.get()
    assert (cost.reserved, cost.captured, cost.released) == (2 * PRICE, PRICE, PRICE)
    assert budget_left(account) == PRICE
    assert not Entry.objects.exclude(target="available").exists()


@pytest.mark.requirement("S0-10")
def test_a_template_costs_its_categorys_price_and_needs_a_balance(chat, mei, sound):
    """Nothing of it is written without one, and the message says who can top up."""
    template = TemplateFactory(
        account=chat.channel.whatsapp_account, category="UTILITY", status="approved", named=True
    )
    Price.objects.create(
        currency="USD",
        market="TW",
        category="utility",
        amount=9_000,
        valid_from=timezone.now() - timedelta(60),
    )
    message = send_template(chat, by=mei, template=template, values={"first_name": "Mei"})
    assert (message.price, message.category) == (9_000, "utility")
    tell(chat, message, (Delivery.SENT, {"billable": True, "pricing_category": "utility"}))
    assert (message.charge, sound()) == (9_000, 5_000_000 - 9_000)
    Wallet.objects.update(available=8_999)
    with pytest.raises(InsufficientCredit) as refused:
        send_template(chat, by=mei, template=template, values={"first_name": "Mei"})
    assert refused.value.shortfall == 1
    assert Message.objects.filter(direction="out").count() == 1
