"""Stripe's side of a top-up: a Checkout page for one amount, and what became of it.

https://docs.stripe.com/api/checkout/sessions https://docs.stripe.com/webhooks
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, cast

import stripe
from django.conf import settings

from billing.models import TopUp
from billing.money import minor_units
from billing.provider import OURS, client, unavailable


@dataclass(frozen=True)
class Session:
    """A checkout: where to pay it, whether it was paid, and by which payment. `total` in the provider's minor units."""

    id: str
    url: str
    status: str  # "open", "complete", "expired"
    paid: bool
    payment: str
    total: int
    currency: str
    top_up_key: str


def open_checkout(
    top_up: TopUp, *, title: str, email: str, success_url: str, cancel_url: str, language: str
) -> Session:
    """A page on which exactly this amount can be paid. Asked again for the same top-up, it is the same page.

    Raises PaymentsOff, PaymentUnavailable.
    """
    ours = {OURS: top_up.key}
    asked = {
        "mode": "payment",
        "line_items": [
            {
                "quantity": 1,
                "price_data": {
                    "currency": top_up.currency.lower(),
                    "unit_amount": minor_units(top_up.amount, top_up.currency),
                    "product_data": {"name": title},
                },
            }
        ],
        "client_reference_id": top_up.key,
        "customer_email": email,
        "locale": language,
        "success_url": success_url,
        "cancel_url": cancel_url,
        "metadata": ours,
        "payment_intent_data": {"metadata": ours},
    }
    try:
        made = client().v1.checkout.sessions.create(
            params=cast(Any, asked), options={"idempotency_key": f"top-up-{top_up.key}"}
        )
    except stripe.StripeError as error:
        raise unavailable(error) from error
    return _session(made)


def look_up(session: str) -> Session:
    """The session as it stands now. Raises PaymentsOff, PaymentUnavailable."""
    try:
        return _session(client().v1.checkout.sessions.retrieve(session))
    except stripe.StripeError as error:
        raise unavailable(error) from error


def read_event(payload: bytes, signature: str) -> stripe.Event:
    """A signed event. Raises stripe.SignatureVerificationError or ValueError where it is not Stripe's."""
    if not settings.STRIPE_WEBHOOK_SECRET:
        raise stripe.SignatureVerificationError("no secret is set", signature)  # type: ignore[no-untyped-call]
    return stripe.Webhook.construct_event(payload, signature, settings.STRIPE_WEBHOOK_SECRET)  # type: ignore[no-any-return]


def _session(made: stripe.checkout.Session) -> Session:
    return session_of(made.to_dict())


def session_of(raw: dict[str, object]) -> Session:
    """A session object of an answer or an event."""
    metadata = raw.get("metadata")
    return Session(
        id=str(raw.get("id") or ""),
        url=str(raw.get("url") or ""),
        status=str(raw.get("status") or ""),
        paid=raw.get("payment_status") == "paid",
        payment=str(raw.get("payment_intent") or ""),
        total=int(str(raw.get("amount_total") or 0)),
        currency=str(raw.get("currency") or "").upper(),
        top_up_key=str(metadata.get(OURS, "")) if isinstance(metadata, dict) else "",
    )
