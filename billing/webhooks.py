"""`POST /webhooks/stripe`."""

from __future__ import annotations

import stripe
import structlog
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from billing import payments
from billing.checkout import read_event
from tenants.errors import DomainError

log = structlog.get_logger(__name__)


@login_not_required
@csrf_exempt
@require_POST
def stripe_webhook(request: HttpRequest) -> HttpResponse:
    """200 once it is booked. 400 for whatever Stripe has not signed, always the same; 409 asks to be told again."""
    try:
        event = read_event(request.body, request.headers.get("Stripe-Signature", ""))
    except (stripe.SignatureVerificationError, ValueError):
        return HttpResponse(status=400)
    try:
        outcome = payments.apply(event.id, event.type, event.data.object.to_dict())
    except DomainError as error:
        log.error("payment_event_refused", kind=event.type, event_id=event.id, code=error.code)
        return HttpResponse(error.code, status=error.status, content_type="text/plain")
    return HttpResponse(outcome, content_type="text/plain")
