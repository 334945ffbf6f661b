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
class Session:
    """A Checkout session. `total` in minor units; `payment` is the id of its payment once there is one."""

    id: str
    shop: Shop
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
    payment: str = ""
    refunded: int = 0

    @property
    def paid(self) -> bool:
        return bool(self.payment)

    def as_dict(self, base_url: str) -> dict[str, Any]:
        return {
            "id": self.id,
            "object": "checkout.session",
            "amount_subtotal": self.total,
            "amount_total": self.total,
            "cancel_url": self.cancel_url,
            "client_reference_id": self.reference or None,
            "created": self.created,
            "currency": self.currency,
            "customer_email": self.email or None,
            "expires_at": self.created + LIFETIME_S,
            "livemode": False,
            "metadata": self.metadata,
            "mode": "payment",
            "payment_intent": self.payment or None,
            "payment_status": "paid" if self.paid else "unpaid",
            "status": self.status,
            "success_url": self.success_url,
            "url": f"{base_url}/pay/{self.id}" if self.status == "open" else None,
        }

    def charge(self) -> dict[str, Any]:
        return {
            "id": "ch_" + self.payment.removeprefix("pi_"),
            "object": "charge",
            "amount": self.total,
            "amount_refunded": self.refunded,
            "currency": self.currency,
            "metadata": self.metadata,
            "payment_intent": self.payment,
            "refunded": self.refunded == self.total,
        }

    def dispute(self, status: str) -> dict[str, Any]:
        return {
            "id": "du_" + self.payment.removeprefix("pi_"),
            "object": "dispute",
            "amount": self.total,
            "currency": self.currency,
            "payment_intent": self.payment,
            "reason": "fraudulent",
            "status": status,
        }


class Payments:
    """Every shop, session and idempotency key. A session is found by its own id or its payment's."""

    def __init__(self) -> None:
        self.shops: dict[str, Shop] = {}
        self.sessions: dict[str, Session] = {}
        self.answers: dict[tuple[str, str], tuple[bytes, dict[str, Any], int]] = {}  # by idempotency key

    def register(self, described: dict[str, Any]) -> Shop:
        values = {name: described.get(name) for name in ("secret_key", "webhook_url", "webhook_secret")}
        if set(described) - set(values) or not all(isinstance(v, str) and v for v in values.values()):
            raise BadShop("secret_key, webhook_url and webhook_secret are needed, nothing else")
        shop = Shop(**{name: str(value) for name, value in values.items()})
        self.shops[shop.secret_key] = shop
        return shop

    def forget(self) -> None:
        """Sessions and keys; who is registered stays."""
        self.sessions.clear()
        self.answers.clear()

    def by_payment(self, payment: str) -> Session | None:
        return next((one for one in self.sessions.values() if payment and one.payment == payment), None)


def new_id(prefix: str) -> str:
    return f"{prefix}_{secrets.token_hex(12)}"
