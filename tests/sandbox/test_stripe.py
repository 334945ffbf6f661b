"""The official library against the sandbox: a checkout that is paid, declined, left, refunded and disputed."""

import http.client
import json
import urllib.parse
from dataclasses import dataclass

import pytest
import stripe

KEY, SECRET = "sk_test_of_the_tests", "whsec_of_the_tests"


@pytest.fixture
def control(request):
    """The sandbox's control calls; named apart from the library of Python that pays below."""
    return request.getfixturevalue("http")


@pytest.fixture
def receiver_of_events(control, receiver):
    control.post(
        "/_sandbox/payments",
        {"secret_key": KEY, "webhook_secret": SECRET, "webhook_url": f"{receiver.url}/webhooks/stripe"},
    )
    return receiver


@pytest.fixture
def shop(sandbox, receiver_of_events):
    return stripe.StripeClient(KEY, base_addresses={"api": sandbox}, http_client=stripe.RequestsClient())


def ask(shop, amount=2000, key="top-up-1"):
    return shop.v1.checkout.sessions.create(
        params={
            "mode": "payment",
            "line_items": [
                {
                    "quantity": 1,
                    "price_data": {
                        "currency": "usd",
                        "unit_amount": amount,
                        "product_data": {"name": "Credit"},
                    },
                }
            ],
            "success_url": "https://shop.test/paid?session={CHECKOUT_SESSION_ID}",
            "cancel_url": "https://shop.test/left",
            "metadata": {"broadcaster_top_up": "k1"},
        },
        options={"idempotency_key": key},
    )


def events(receiver, count):
    """So many events, each checked with the library as its owner would."""

    def read(calls):
        found = [
            stripe.Webhook.construct_event(call.body, call.headers["stripe-signature"], SECRET)
            for call in calls
        ]
        return found if len(found) == count else None

    return receiver.wait(read)


@dataclass
class Seen:
    """What the payer's browser is answered; redirections are not followed."""

    location: str
    body: bytes


def at_the_page(session, act=""):
    address = urllib.parse.urlsplit(session.url)
    connection = http.client.HTTPConnection(address.netloc)
    connection.request("POST" if act else "GET", f"{address.path}{'/' if act else ''}{act}")
    answer = connection.getresponse()
    seen = Seen(answer.headers.get("location", ""), answer.read())
    connection.close()
    return seen


def test_a_session_is_paid_and_told(shop, receiver_of_events):
    session = ask(shop)
    assert (session.status, session.payment_status, session.amount_total) == ("open", "unpaid", 2000)
    assert b"20.00 USD" in at_the_page(session).body
    assert at_the_page(session, "pay").location == f"https://shop.test/paid?session={session.id}"
    told = {event.type: event.data.object for event in events(receiver_of_events, 2)}
    assert told.keys() == {"payment_intent.succeeded", "checkout.session.completed"}
    told = told["checkout.session.completed"]
    assert (told.id, told.payment_status, told.metadata["broadcaster_top_up"]) == (session.id, "paid", "k1")
    assert shop.v1.checkout.sessions.retrieve(session.id).payment_intent == told.payment_intent


def test_a_declined_card_leaves_the_session_open(shop):
    session = ask(shop)
    assert b"declined" in at_the_page(session, "decline").body
    assert shop.v1.checkout.sessions.retrieve(session.id).status == "open"
    assert at_the_page(session, "leave").location == "https://shop.test/left"


def test_the_same_key_is_the_same_session(shop):
    assert ask(shop).id == ask(shop).id
    with pytest.raises(stripe.StripeError):
        ask(shop, amount=2100)


def test_refunds_and_disputes_are_told(control, shop, receiver_of_events):
    session = ask(shop)
    at_the_page(session, "pay")
    payment = shop.v1.checkout.sessions.retrieve(session.id).payment_intent
    shop.v1.refunds.create(params={"payment_intent": payment, "amount": 500})
    with pytest.raises(stripe.InvalidRequestError):
        shop.v1.refunds.create(params={"payment_intent": payment, "amount": 5000})
    control.post("/_sandbox/payments/disputes", {"payment": payment})

    def told(calls):
        kinds = {json.loads(call.body)["type"]: json.loads(call.body)["data"]["object"] for call in calls}
        return kinds if len(kinds) == 4 else None

    found = receiver_of_events.wait(told)
    assert found["charge.refunded"]["amount_refunded"] == 500
    assert found["charge.dispute.funds_withdrawn"]["payment_intent"] == payment


def save(shop, act):
    """A card saved on the page; its customer and its id."""
    session = shop.v1.checkout.sessions.create(
        params={
            "mode": "setup",
            "payment_method_types": ["card"],
            "customer_creation": "always",
            "success_url": "https://shop.test/saved",
            "metadata": {"broadcaster_recharge": "1"},
        }
    )
    assert at_the_page(session, act).location == "https://shop.test/saved"
    setup = shop.v1.checkout.sessions.retrieve(session.id).setup_intent
    intent = shop.v1.setup_intents.retrieve(setup, params={"expand": ["payment_method"]})
    return intent.customer, intent.payment_method.id


def charge(shop, customer, card, key="recharge-1"):
    return shop.v1.payment_intents.create(
        params={
            "amount": 5000,
            "currency": "usd",
            "customer": customer,
            "payment_method": card,
            "off_session": True,
            "confirm": True,
            "metadata": {"broadcaster_top_up": "k2"},
        },
        options={"idempotency_key": key},
    )


def test_a_saved_card_is_charged_once_under_one_key(shop, receiver_of_events):
    customer, card = save(shop, "save")
    payment = charge(shop, customer, card)
    assert (payment.status, charge(shop, customer, card).id) == ("succeeded", payment.id)
    saved, paid = events(receiver_of_events, 2)
    assert (saved.type, paid.type) == ("checkout.session.completed", "payment_intent.succeeded")
    assert (paid.data.object.amount_received, paid.data.object.metadata["broadcaster_top_up"]) == (5000, "k2")
    shop.v1.payment_methods.detach(card)
    with pytest.raises(stripe.InvalidRequestError):
        charge(shop, customer, card, key="recharge-2")


@pytest.mark.parametrize(
    ("act", "code"), [("save-declined", "card_declined"), ("save-asking", "authentication_required")]
)
def test_a_card_that_is_declined_is_told_both_ways(shop, receiver_of_events, act, code):
    customer, card = save(shop, act)
    for _again in range(2):
        with pytest.raises(stripe.CardError) as declined:
            charge(shop, customer, card)
        assert declined.value.code == code
    _saved, failed = events(receiver_of_events, 2)
    assert (failed.type, failed.data.object.last_payment_error.code) == (
        "payment_intent.payment_failed",
        code,
    )


@pytest.mark.parametrize(("amount", "code"), [(10, "amount_too_small"), (0, None), (-5, None)])
def test_what_stripe_would_refuse_is_refused(shop, amount, code):
    with pytest.raises(stripe.InvalidRequestError) as refused:
        ask(shop, amount=amount)
    assert refused.value.code == code


def test_a_wrong_key_is_refused(sandbox, receiver_of_events):
    stranger = stripe.StripeClient(
        "sk_other", base_addresses={"api": sandbox}, http_client=stripe.RequestsClient()
    )
    with pytest.raises(stripe.AuthenticationError):
        stranger.v1.checkout.sessions.retrieve("cs_test_1")
