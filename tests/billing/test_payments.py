"""Events of the payment provider at `POST /webhooks/stripe`: signed, once, in any order."""

import json
import time

import pytest
import stripe

from billing.models import PaymentEvent, TopUp, TopUpStatus, Wallet
from billing.topups import start_top_up

pytestmark = pytest.mark.django_db(transaction=True)
UNIT = 1_000_000
SECRET = "whsec_test"


@pytest.fixture
def asked(team, owner, settings):
    """A top-up of twenty dollars with an open checkout."""
    settings.STRIPE_WEBHOOK_SECRET = SECRET
    top_up = start_top_up(owner, amount=20 * UNIT, currency="USD")
    TopUp.objects.filter(pk=top_up.pk).update(session="cs_1")
    return top_up


@pytest.fixture
def tell(client):
    def post(kind, subject, *, event="evt_1", secret=SECRET, at=None):
        body = json.dumps({"id": event, "object": "event", "type": kind, "data": {"object": subject}})
        at = int(time.time()) if at is None else at
        signed = stripe.WebhookSignature._compute_signature(f"{at}.{body}", secret)
        return client.post(
            "/webhooks/stripe",
            body,
            content_type="application/json",
            headers={"Stripe-Signature": f"t={at},v1={signed}"},
        )

    return post


def session(top_up, **changes):
    return {
        "id": "cs_1",
        "object": "checkout.session",
        "status": "complete",
        "payment_status": "paid",
        "payment_intent": "pi_1",
        "amount_total": 2000,
        "currency": "usd",
        "metadata": {"broadcaster_top_up": top_up.key},
        **changes,
    }


def charge(**changes):
    return {
        "id": "ch_1",
        "object": "charge",
        "payment_intent": "pi_1",
        "amount_refunded": 500,
        "metadata": {"broadcaster_top_up": "x"},
        **changes,
    }


def available():
    return Wallet.objects.get().available if Wallet.objects.exists() else 0


def test_a_paid_session_is_credited_and_a_repeat_changes_nothing(asked, tell, sound):
    answers = [tell("checkout.session.completed", session(asked)).content for _time in range(3)]
    assert answers == [b"credited", b"repeated", b"repeated"]
    assert tell("checkout.session.completed", session(asked), event="evt_2").content == b"credited_before"
    assert available() == 20 * UNIT
    sound()


@pytest.mark.parametrize("forged", [{"secret": "whsec_other"}, {"at": 1_000_000_000}])
def test_what_is_not_signed_now_by_the_provider_is_refused(asked, tell, forged):
    assert tell("checkout.session.completed", session(asked), **forged).status_code == 400
    assert available() == 0
    assert not PaymentEvent.objects.exists()


def test_without_a_secret_everything_is_refused(asked, tell, settings):
    settings.STRIPE_WEBHOOK_SECRET = ""
    assert tell("checkout.session.completed", session(asked), secret="").status_code == 400


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"\xff\xfe"])
def test_rubbish_is_refused(asked, client, body):
    answer = client.post(
        "/webhooks/stripe", body, content_type="application/json", headers={"Stripe-Signature": "t=1,v1=00"}
    )
    assert answer.status_code == 400


def test_a_slow_way_to_pay_is_credited_when_it_is_paid(asked, tell):
    waiting = session(asked, payment_status="unpaid")
    assert tell("checkout.session.completed", waiting).content == b"not_paid_yet"
    assert available() == 0
    paid = tell("checkout.session.async_payment_succeeded", session(asked), event="evt_2")
    assert (paid.content, available()) == (b"credited", 20 * UNIT)


def test_an_expired_session_ends_the_top_up(asked, tell):
    expired = session(asked, payment_status="unpaid", payment_intent=None)
    assert tell("checkout.session.expired", expired).content == b"expired"
    asked.refresh_from_db()
    assert asked.status == TopUpStatus.EXPIRED


def test_another_sum_is_kept_for_the_operator(asked, tell):
    assert tell("checkout.session.completed", session(asked, amount_total=1)).content == b"mismatch"
    assert available() == 0
    assert PaymentEvent.objects.get().outcome == "mismatch"


def test_a_refund_told_before_the_payment_is_asked_for_again(asked, tell, sound):
    assert tell("charge.refunded", charge(), event="evt_9").status_code == 409
    tell("checkout.session.completed", session(asked))
    assert tell("charge.refunded", charge(), event="evt_9").content == b"refunded"
    assert available() == 15 * UNIT
    sound()


def test_a_dispute_takes_the_money_and_winning_it_brings_it_back(asked, tell, sound):
    tell("checkout.session.completed", session(asked))
    dispute = {"object": "dispute", "payment_intent": "pi_1", "amount": 2000}
    assert tell("charge.dispute.funds_withdrawn", dispute, event="evt_2").content == b"disputed"
    assert available() == 0
    tell("charge.dispute.funds_reinstated", dispute, event="evt_3")
    assert available() == 20 * UNIT
    sound()


@pytest.mark.parametrize(
    ("kind", "subject"),
    [
        ("customer.created", {"object": "customer"}),
        (
            "checkout.session.completed",
            {"object": "checkout.session", "id": "cs_9", "payment_status": "paid"},
        ),
        ("charge.refunded", {"object": "charge", "payment_intent": "pi_9", "amount_refunded": 5}),
    ],
)
def test_what_is_not_ours_is_ignored(asked, tell, kind, subject):
    assert tell(kind, subject).content == b"ignored"
