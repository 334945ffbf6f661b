"""The line to Stripe that everything about money speaks over."""

from __future__ import annotations

import stripe
import structlog
from django.conf import settings

from billing.errors import PaymentsOff, PaymentUnavailable

log = structlog.get_logger(__name__)
TIMEOUT_S = 15
OURS = "broadcaster_top_up"  # in the metadata of every payment we make: its value is the top-up's key


def client() -> stripe.StripeClient:
    """Raises PaymentsOff where this installation has no payment provider."""
    if not settings.STRIPE_SECRET_KEY:
        raise PaymentsOff
    return stripe.StripeClient(
        settings.STRIPE_SECRET_KEY,
        base_addresses={"api": settings.STRIPE_API_URL},
        http_client=stripe.RequestsClient(timeout=TIMEOUT_S),
        max_network_retries=1,
    )


def unavailable(error: stripe.StripeError) -> PaymentUnavailable:
    """What people are told of an error that is not theirs; the log holds the rest."""
    log.error("payment_provider_failed", code=error.code, status=error.http_status, request=error.request_id)
    return PaymentUnavailable()
