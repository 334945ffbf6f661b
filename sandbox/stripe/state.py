"""Checkout sessions and payments, and who is told of them. Nothing of it outlives the process."""

import secrets
import time
from dataclasses import dataclass, field
from typing import Any

LIFETIME_S = 24 * 3600


class BadShop(ValueError):
    """The account was described with a missing or impossible value."""


@dataclass(frozen=True, slots=True)
class Shop:
    """A Stripe account: its secret key, and where and how its events are signed."""

    secret_key: str
    webhook_url: str
    webhook_secret: str


@dataclass(slots=True)
class Payment:
    """A payment intent that succeeded or failed. `total` and `refunded` in minor units; `failure` is Stripe's code."""

    shop: Shop
    total: int
    currency: str
    metadata: dict[str, str]
    customer: str = ""
    card: str = ""
    failure: str = ""
    refunded: int = 0
    id: str = field(default_factory=lambda: new_id("pi"))
    created: int = field(default_factory=lambda: int(time.time()))

    def as_dict(self) -> dict[str, Any]:
        return {
            "id": self.id,
            "object": "payment_intent",
            "amount": self.total,
            "amount_received": 0 if self.failure else self.total,
            "created": self.created,
            "currency": self.currency,
            "customer": self.customer or None,
            "last_payment_error": card_error(self.failure) if self.failure else None,
            "livemode": False,
            "metadata": self.metadata,
            "payment_method": None if self.failure else self.card or None,
            "status": "requires_payment_method" if self.failure else "succeeded",
        }

    def charge(self) -> dict[str, Any]:
        return {
            "id": "ch_" + self.id.removeprefix("pi_"),
            "object": "charge",
            "amount": self.total,
            "amount_refunded": self.refunded,
            "currency": self.currency,
            "metadata": self.metadata,
            "payment_intent": self.id,
            "refunded": self.refunded == self.total,
        }

    def dispute(self, status: str) -> dict[str, Any]:
        return {
            "id": "du_" + self.id.removeprefix("pi_"),
            "object": "dispute",
            "amount": self.total,
            "currency": self.currency,
            "payment_intent": self.id,
            "reason": "fraudulent",
            "status": status,
        }


@dataclass(slots=True)
class Card:
    """A saved card; `fails`: the code every later charge of it ends with, "" for a good one."""

    customer: str
    last4: str
    fails: str = ""
    id: str = field(default_factory=lambda: new_id("pm"))

    def as_dict(self) -> dict[str, Any]:
        card = {"brand": "visa", "last4": self.last4, "exp_month": 12, "exp_year": 2034}
        return {
            "id": self.id,
            "object": "payment_method",
            "card": card,
            "customer": self.customer or None,
            "type": "card",
        }


@dataclass(slots=True)
class Session:
    """A Checkout session: to pay `total` (minor units), or in the mode "setup" to save a card."""

    id: str
    shop: Shop
    mode: str
    total: int
    currency: str
    title: str
    success_url: str
    cancel_url: str
    reference: str
    email: str
    metadata: dict[str, str]
    created: int = field(default_factory=lambda: int(time.time()))
    status: str = "open"
    payment: Payment | None = None
    card: Card | None = None

    @property
    def setup(self) -> str:
        """The id of the setup intent."""
        return "seti_" + self.id.removeprefix("cs_test_") if self.mode == "setup" else ""

    def as_dict(self, base_url: str) -> dict[str, Any]:
        paying = self.mode == "payment"
        return {
            "id": self.id,
            "object": "checkout.session",
            "amount_subtotal": self.total if paying else None,
            "amount_total": self.total if paying else None,
            "cancel_url": self.cancel_url,
            "client_reference_id": self.reference or None,
            "created": self.created,
            "currency": self.currency or None,
            "customer": self.card.customer if self.card else None,
            "customer_email": self.email or None,
            "expires_at": self.created + LIFETIME_S,
            "livemode": False,
            "metadata": self.metadata,
            "mode": self.mode,
            "payment_intent": self.payment.id if self.payment else None,
            "payment_status": "paid" if self.payment else "unpaid" if paying else "no_payment_required",
            "setup_intent": self.setup or None,
            "status": self.status,
            "success_url": self.success_url,
            "url": f"{base_url}/pay/{self.id}" if self.status == "open" else None,
        }

    def setup_intent(self, *, expanded: bool) -> dict[str, Any]:
        card = self.card
        return {
            "id": self.setup,
            "object": "setup_intent",
            "customer": card.customer if card else None,
            "metadata": self.metadata,
            "payment_method": (card.as_dict() if expanded else card.id) if card else None,
            "status": "succeeded" if card else "requires_payment_method",
            "usage": "off_session",
        }


class Payments:
    """Every shop, session, payment, saved card and idempotency key."""

    def __init__(self) -> None:
        self.shops: dict[str, Shop] = {}
        self.sessions: dict[str, Session] = {}
        self.payments: dict[str, Payment] = {}
        self.cards: dict[str, Card] = {}
        self.answers: dict[tuple[str, str], tuple[bytes, dict[str, Any], int]] = {}  # by idempotency key

    def register(self, described: dict[str, Any]) -> Shop:
        values = {name: described.get(name) for name in ("secret_key", "webhook_url", "webhook_secret")}
        if set(described) - set(values) or not all(isinstance(v, str) and v for v in values.values()):
            raise BadShop("secret_key, webhook_url and webhook_secret are needed, nothing else")
        shop = Shop(**{name: str(value) for name, value in values.items()})
        self.shops[shop.secret_key] = shop
        return shop

    def forget(self) -> None:
        """Sessions, payments, cards and keys; who is registered stays."""
        for known in (self.sessions, self.payments, self.cards, self.answers):
            known.clear()


def card_error(code: str) -> dict[str, Any]:
    return {
        "type": "card_error",
        "code": "authentication_required" if code == "authentication_required" else "card_declined",
        "decline_code": code,
        "message": "Your card was declined.",
    }


def new_id(prefix: str) -> str:
    return f"{prefix}_{secrets.token_hex(12)}"
