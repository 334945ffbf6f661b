"""A card saved at Stripe, and charging it while its holder is away.

https://docs.stripe.com/payments/checkout/save-and-reuse https://docs.stripe.com/api/payment_intents/create
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, cast

import stripe

from billing.models import Recharge, TopUp
from billing.money import minor_units
from billing.provider import OURS, client, unavailable

SETUP = "broadcaster_recharge"  # in the metadata of a page that saves a card
EXPIRED, AUTHENTICATION, DECLINED = "expired_card", "authentication_required", "card_declined"
REASONS = {EXPIRED: EXPIRED, AUTHENTICATION: AUTHENTICATION}  # others are a plain "no" of the bank


@dataclass(frozen=True)
class CardPage:
    """Where a card can be saved, and its setup intent once one was; `done`, `expired`: how the page ended."""

    id: str
    url: str
    done: bool
    expired: bool
    setup: str


@dataclass(frozen=True)
class SavedCard:
    """Stripe's ids of the customer and the card, and how people know it: "visa 4242"."""

    customer: str
    card: str
    label: str


class CardDeclined(Exception):
    """The bank said no. `reason`: EXPIRED, AUTHENTICATION or DECLINED."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def open_card_page(recharge: Recharge, *, email: str, back: str, language: str) -> CardPage:
    """A page on which a card can be saved; nothing is charged. Raises PaymentsOff, PaymentUnavailable."""
    ours = {SETUP: str(recharge.pk)}
    asked = {
        "mode": "setup",
        "payment_method_types": ["card"],
        "customer_creation": "always",
        "customer_email": email,
        "locale": language,
        "success_url": back,
        "cancel_url": back,
        "metadata": ours,
        "setup_intent_data": {"metadata": ours},
    }
    try:
        return card_page_of(client().v1.checkout.sessions.create(params=cast(Any, asked)).to_dict())
    except stripe.StripeError as error:
        raise unavailable(error) from error


def look_up_card_page(page: str) -> CardPage:
    """Raises PaymentsOff, PaymentUnavailable."""
    try:
        return card_page_of(client().v1.checkout.sessions.retrieve(page).to_dict())
    except stripe.StripeError as error:
        raise unavailable(error) from error


def card_page_of(raw: dict[str, object]) -> CardPage:
    """A session object of an answer or an event."""
    status = raw.get("status")
    return CardPage(
        id=str(raw.get("id") or ""),
        url=str(raw.get("url") or ""),
        done=status == "complete",
        expired=status == "expired",
        setup=str(raw.get("setup_intent") or ""),
    )


def saved_card(setup: str) -> SavedCard:
    """The card that a setup intent saved. Raises PaymentsOff, PaymentUnavailable."""
    try:
        intent = client().v1.setup_intents.retrieve(setup, params={"expand": ["payment_method"]})
    except stripe.StripeError as error:
        raise unavailable(error) from error
    raw = intent.to_dict()
    method = raw["payment_method"]
    return SavedCard(
        customer=str(raw["customer"]),
        card=str(method["id"]),
        label=f"{method['card']['brand']} {method['card']['last4']}",
    )


def charge(top_up: TopUp, *, customer: str, card: str) -> str:
    """Charge the saved card with the top-up's amount; the payment's id. Asked again for the same top-up, it is the same
    payment. That it succeeded is only believed when the signed event says so.

    Raises CardDeclined, PaymentsOff, and PaymentUnavailable where it is not known what came of it.
    """
    asked = {
        "amount": minor_units(top_up.amount, top_up.currency),
        "currency": top_up.currency.lower(),
        "customer": customer,
        "payment_method": card,
        "payment_method_types": ["card"],
        "off_session": True,
        "confirm": True,
        "metadata": {OURS: top_up.key},
    }
    options: Any = {"idempotency_key": f"recharge-{top_up.key}"}
    try:
        return client().v1.payment_intents.create(params=cast(Any, asked), options=options).id
    except stripe.CardError as error:
        raise CardDeclined(reason_of(error.code or "")) from error
    except stripe.StripeError as error:
        raise unavailable(error) from error


def forget(card: str) -> None:
    """Take the card away from Stripe; one that is gone already is no error. Raises PaymentsOff, PaymentUnavailable."""
    try:
        client().v1.payment_methods.detach(card)
    except stripe.InvalidRequestError as error:
        if error.code != "resource_missing":
            raise unavailable(error) from error
    except stripe.StripeError as error:
        raise unavailable(error) from error


def reason_of(code: str) -> str:
    """Stripe's code of a refused card as ours."""
    return REASONS.get(code, DECLINED)
