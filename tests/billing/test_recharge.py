"""Automatic recharge on the payment sandbox: its own signed events are what reaches our webhook."""

import http.client
from datetime import timedelta
from urllib.parse import urlsplit

import pytest
import stripe
from django.utils import timezone

from billing import recharge
from billing.errors import InvalidAmount, PaymentUnavailable
from billing.models import Recharge, TopUp, TopUpStatus
from billing.recharge import begin_card, look_for_card, recharge_due, set_recharge, switch_off
from billing.services import reserve
from tenants.errors import NotAllowed
from tenants.models import AuditEntry
from tests.sandbox.conftest import http as sandbox_http  # noqa: F401  (fixtures)
from tests.sandbox.conftest import receiver, sandbox  # noqa: F401

pytestmark = pytest.mark.django_db(transaction=True)
UNIT = 1_000_000
KEY, SECRET = "sk_test_recharge", "whsec_recharge"


@pytest.fixture
def stripe_account(sandbox_http, receiver, settings):  # noqa: F811
    settings.STRIPE_API_URL, settings.STRIPE_SECRET_KEY = sandbox_http.base, KEY
    settings.STRIPE_WEBHOOK_SECRET = SECRET
    shop = {"secret_key": KEY, "webhook_secret": SECRET, "webhook_url": f"{receiver.url}/webhooks/stripe"}
    assert sandbox_http.post("/_sandbox/payments", shop).status == 200
    return stripe.StripeClient(KEY, base_addresses={"api": sandbox_http.base})


@pytest.fixture
def events(receiver, client):  # noqa: F811
    """`events(2)`: once the sandbox has told so many, hand them to our webhook as they came; what each led to."""

    def deliver(count, *, backwards=False):
        calls = receiver.wait(lambda calls: list(calls) if len(calls) >= count else None)
        receiver.calls.clear()
        answers = [
            client.post(
                "/webhooks/stripe",
                call.body,
                content_type="application/json",
                headers={"Stripe-Signature": call.headers["stripe-signature"]},
            )
            for call in (reversed(calls) if backwards else calls)
        ]
        return [answer.content.decode() for answer in answers]

    return deliver


@pytest.fixture
def save_card(owner, receiver):  # noqa: F811
    """`save_card("save-declined")`: the owner saves a card on the provider's page."""

    def go(act="save"):
        row = Recharge.objects.get()
        address = urlsplit(
            begin_card(row, owner, email="o@shop.test", back="https://us.test/", language="en")
        )
        connection = http.client.HTTPConnection(address.netloc)
        connection.request("POST", f"{address.path}/{act}")
        assert connection.getresponse().status == 303
        connection.close()

    return go


@pytest.fixture
def charging(stripe_account, team, owner, save_card, events):
    """On, with a good card: 50 below 20, up to 120 a month; nothing is available yet."""
    set_recharge(owner, below=20 * UNIT, amount=50 * UNIT, ceiling=120 * UNIT)
    save_card()
    assert events(1) == ["card_saved"]
    return Recharge.objects.get()


@pytest.mark.requirement("B-4")
def test_it_charges_once_and_only_the_signed_event_credits(charging, events, balance, sound):
    assert (charging.active, charging.card_label) == (True, "visa 4242")
    assert (recharge_due(), recharge_due()) == (1, 0)
    assert balance("available") == 0
    assert TopUp.objects.get().status == TopUpStatus.PENDING
    assert events(1) == ["credited"]
    assert (balance("available"), recharge_due()) == (50 * UNIT, 0)
    assert AuditEntry.objects.filter(action="top_up.paid").count() == 1
    sound()


def test_an_answer_that_was_lost_is_asked_for_again_and_charges_nothing_more(
    charging,
    events,
    stripe_account,
    receiver,  # noqa: F811
    sound,
):
    recharge_due()
    first = TopUp.objects.get().payment
    TopUp.objects.update(payment="")
    recharge_due()
    assert TopUp.objects.get().payment == first
    assert events(1) == ["credited"]
    assert receiver.calls == []
    sound()


def test_the_event_may_come_before_the_answer(charging, events, sound):
    recharge_due()
    TopUp.objects.update(payment="")
    assert events(1) == ["credited"]
    top_up = TopUp.objects.get()
    assert (top_up.status, recharge_due()) == (TopUpStatus.PAID, 0)
    assert top_up.payment.startswith("pi_")
    sound()


def test_while_the_provider_is_away_nothing_is_charged_and_nothing_ends(charging, settings, events):
    there, settings.STRIPE_API_URL = settings.STRIPE_API_URL, "http://127.0.0.1:9"
    assert recharge_due() == 0
    assert TopUp.objects.get().status == TopUpStatus.PENDING
    settings.STRIPE_API_URL = there
    assert recharge_due() == 1
    assert events(1) == ["credited"]


def test_a_day_without_an_answer_ends_it_for_the_key_is_forgotten(charging, settings, mailoutbox, events):
    there, settings.STRIPE_API_URL = settings.STRIPE_API_URL, "http://127.0.0.1:9"
    recharge_due()
    TopUp.objects.update(created_at=timezone.now() - timedelta(hours=21))
    settings.STRIPE_API_URL = there
    assert recharge_due() == 0
    assert TopUp.objects.get().status == TopUpStatus.EXPIRED
    charging.refresh_from_db()
    assert (charging.active, charging.notice, len(mailoutbox)) == (False, recharge.NO_ANSWER, 1)


@pytest.mark.parametrize(
    ("act", "notice"),
    [("save-declined", recharge.DECLINED), ("save-asking", recharge.AUTHENTICATION)],
)
def test_a_declined_card_switches_it_off_and_the_owner_is_told_once(
    charging, save_card, events, act, notice, mailoutbox, balance
):
    save_card(act)
    assert events(1) == ["card_saved"]
    assert recharge_due() == 0
    assert events(1) == ["settled_before"]  # the same news once more, by webhook
    row = Recharge.objects.get()
    assert (row.active, row.notice, TopUp.objects.get().status) == (False, notice, TopUpStatus.EXPIRED)
    assert recharge_due() == 0
    assert [message.to for message in mailoutbox] == [[charging.set_by.user.email]]
    assert str(recharge.NOTICES[notice]) in mailoutbox[0].body
    assert balance("available") == 0
    off = AuditEntry.objects.get(action="recharge.switched_off")
    assert off.details["reason"] == notice


def test_the_months_ceiling_holds_and_the_next_month_goes_on(
    charging, events, team, balance, mailoutbox, sound
):
    for n in range(2):
        recharge_due()
        assert events(1) == ["credited"]
        reserve(team, key=f"r{n}", subject=f"campaign:{n}", amount=50 * UNIT, currency="USD")
    assert (recharge_due(), recharge_due()) == (0, 0)
    charging.refresh_from_db()
    assert (charging.active, charging.notice, len(mailoutbox)) == (True, recharge.CEILING, 1)
    assert charging.rests_until > timezone.now()
    TopUp.objects.update(created_at=timezone.now() - timedelta(days=32))
    Recharge.objects.update(rests_until=timezone.now())
    assert recharge_due() == 1
    assert events(1) == ["credited"]
    assert Recharge.objects.get().notice == ""
    sound()


def test_another_sum_than_asked_for_is_kept_for_the_operator(charging, events, balance):
    recharge_due()
    TopUp.objects.update(amount=49 * UNIT)
    assert events(1) == ["mismatch"]
    assert balance("available") == 0


def test_what_is_refunded_leaves_the_credit_in_any_order(charging, events, stripe_account, balance, sound):
    recharge_due()
    stripe_account.v1.refunds.create(params={"payment_intent": TopUp.objects.get().payment, "amount": 1000})
    assert set(events(2, backwards=True)) == {"unknown_payment", "credited"}  # the refund came first
    stripe_account.v1.refunds.create(params={"payment_intent": TopUp.objects.get().payment, "amount": 500})
    assert events(1) == ["refunded"]
    assert balance("available") == 35 * UNIT
    sound()


def test_switching_off_forgets_the_card_here_and_at_the_provider(charging, owner, stripe_account):
    switch_off(owner)
    row = Recharge.objects.get()
    assert (row.active, row.card, row.card_label) == (False, "", "")
    with pytest.raises(stripe.InvalidRequestError):
        stripe_account.v1.payment_methods.detach(charging.card)
    assert recharge_due() == 0


def test_it_is_off_even_where_the_provider_cannot_be_told(charging, owner, settings):
    settings.STRIPE_API_URL = "http://127.0.0.1:9"
    with pytest.raises(PaymentUnavailable):
        switch_off(owner)
    row = Recharge.objects.get()
    assert (row.active, row.card) == (False, charging.card)
    assert recharge_due() == 0


def test_a_card_is_found_by_asking_where_the_event_is_late(stripe_account, team, owner, save_card):
    set_recharge(owner, below=20 * UNIT, amount=50 * UNIT, ceiling=120 * UNIT)
    assert not Recharge.objects.get().active
    save_card()
    assert look_for_card(Recharge.objects.get()) == ""
    assert Recharge.objects.get().active


def test_only_owners_set_it(team, admin, owner):
    values = {"below": 20 * UNIT, "amount": 50 * UNIT, "ceiling": 120 * UNIT}
    with pytest.raises(NotAllowed):
        set_recharge(admin, **values)
    with pytest.raises(NotAllowed):
        switch_off(admin)


@pytest.mark.parametrize(
    ("changed", "field"),
    [({"below": 0}, "below"), ({"amount": UNIT}, "amount"), ({"ceiling": 49 * UNIT}, "ceiling")],
)
def test_what_makes_no_sense_is_refused(team, owner, changed, field):
    with pytest.raises(InvalidAmount) as refused:
        set_recharge(owner, **{"below": 20 * UNIT, "amount": 50 * UNIT, "ceiling": 120 * UNIT, **changed})
    assert refused.value.errors[0]["field"] == field
    assert not Recharge.objects.exists()
