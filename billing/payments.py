"""Events of the payment provider: forged ones are refused, repeated ones change nothing, early ones come again.

https://docs.stripe.com/api/events/types
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import structlog
from django.db import IntegrityError, transaction

from billing import cards, doors, recharge, topups
from billing.checkout import session_of
from billing.errors import PaymentMismatch, UnknownPayment
from billing.models import Method, PaymentEvent, Recharge, TopUp, TopUpStatus
from billing.money import from_minor_units
from billing.provider import OURS
from tenants.models import Tenant
from tenants.scopes import tenant_scope

log = structlog.get_logger(__name__)
Object = dict[str, Any]
IGNORED = "ignored"


@transaction.atomic
def apply(event_id: str, kind: str, subject: Object) -> str:
    """Take up one verified event; answers what it led to. Its id makes every repeat a no-op.

    Raises UnknownPayment for one about a payment of ours that is not known yet: nothing is kept then, and the provider
    tells it again.
    """
    try:
        with transaction.atomic():
            row = PaymentEvent.objects.create(event_id=event_id[:120], kind=kind[:60], outcome=IGNORED)
    except IntegrityError:
        return "repeated"
    handler = HANDLERS.get(kind)
    if handler is None:
        return IGNORED
    row.outcome = handler(subject)
    row.save(update_fields=["outcome"])
    log.info("payment_event", kind=kind, outcome=row.outcome)
    return row.outcome


def _completed(raw: Object) -> str:
    if raw.get("mode") == "setup":
        return _card_saved(raw)
    session = session_of(raw)
    if not session.top_up_key:
        return IGNORED
    if not session.paid:
        return "not_paid_yet"  # a slow way to pay: checkout.session.async_payment_… follows

    def credit(top_up: TopUp) -> str:
        return _confirm(top_up, session.payment, session.total, session.currency)

    return _on(doors.tenant_of_session(session.id), {"session": session.id}, credit)


def _card_saved(raw: Object) -> str:
    """A page that saves a card was completed; its event may come before we noted which page it is."""
    metadata = raw.get("metadata")
    if not isinstance(metadata, Mapping) or cards.SETUP not in metadata:
        return IGNORED
    page = cards.card_page_of(raw)
    tenant_id = doors.tenant_of_card_page(page.id)
    if tenant_id is None:
        return "card_known"  # taken over already, or another page was opened since
    with tenant_scope(Tenant.objects.get(pk=tenant_id)):
        saved = recharge.card_saved(Recharge.objects.get(page=page.id), page)
    return "card_saved" if saved else "card_known"


def _charged(raw: Object) -> str:
    """A payment succeeded. Those of a checkout are told with their session; here it is an automatic recharge."""

    def credit(top_up: TopUp) -> str:
        if top_up.method != Method.RECHARGE:
            return IGNORED
        total, currency = int(raw.get("amount_received") or 0), str(raw.get("currency") or "").upper()
        return _confirm(top_up, str(raw.get("id") or ""), total, currency)

    return _on_key(raw, credit)


def _charge_failed(raw: Object) -> str:
    def decline(top_up: TopUp) -> str:
        if top_up.method != Method.RECHARGE:
            return IGNORED
        failure = raw.get("last_payment_error")
        code = str(failure.get("code") or "") if isinstance(failure, Mapping) else ""
        return "declined" if recharge.declined(top_up, cards.reason_of(code)) else "settled_before"

    return _on_key(raw, decline)


def _on_key(raw: Object, act: Callable[[TopUp], str]) -> str:
    """Found by the key in the payment's metadata: the event may come before we know the payment's id."""
    metadata = raw.get("metadata")
    key = str(metadata.get(OURS) or "") if isinstance(metadata, Mapping) else ""
    return _on(doors.tenant_of_key(key), {"key": key}, act) if key else IGNORED


def _confirm(top_up: TopUp, payment: str, total: int, currency: str) -> str:
    try:
        new = topups.confirm(top_up, payment=payment, total=total, currency=currency)
    except PaymentMismatch:
        log.error("payment_mismatch", top_up=top_up.pk, total=total, currency=currency)
        return "mismatch"  # told again it would be no better: an operator must look
    return "credited" if new else "credited_before"


def _not_paid(raw: Object) -> str:
    session = session_of(raw)
    if not session.top_up_key:
        return IGNORED

    def expire(top_up: TopUp) -> str:
        topups.expire(top_up)
        return "expired"

    return _on(doors.tenant_of_session(session.id), {"session": session.id}, expire)


def _refunded(raw: Object) -> str:
    return _taken_back(raw, int(raw.get("amount_refunded") or 0), TopUpStatus.REFUNDED)


def _disputed(raw: Object) -> str:
    """The bank took the money out while it looks into a complaint of the card's holder."""
    return _taken_back(raw, int(raw.get("amount") or 0), TopUpStatus.DISPUTED)


def _dispute_won(raw: Object) -> str:
    return _taken_back(raw, 0, TopUpStatus.PAID)


def _taken_back(raw: Object, units: int, status: TopUpStatus) -> str:
    payment = str(raw.get("payment_intent") or "")
    tenant_id = doors.tenant_of_payment(payment)
    if tenant_id is None and not _is_ours(raw):
        return IGNORED

    def take_back(top_up: TopUp) -> str:
        if top_up.paid_at is None:
            raise UnknownPayment  # a charge whose success is not told yet: what was not credited cannot leave
        topups.take_back(top_up, in_all=from_minor_units(units, top_up.currency), status=status)
        return status.value

    return _on(tenant_id, {"payment": payment}, take_back)


def _is_ours(raw: Object) -> bool:
    metadata = raw.get("metadata")
    return isinstance(metadata, Mapping) and OURS in metadata


def _on(tenant_id: int | None, known: Mapping[str, str], act: Callable[[TopUp], str]) -> str:
    """Do it to the top-up, in its tenant's scope."""
    if tenant_id is None:
        raise UnknownPayment
    with tenant_scope(Tenant.objects.get(pk=tenant_id)):
        return act(TopUp.objects.select_related("tenant", "created_by").get(**known))


HANDLERS: Mapping[str, Callable[[Object], str]] = {
    "checkout.session.completed": _completed,
    "checkout.session.async_payment_succeeded": _completed,
    "checkout.session.async_payment_failed": _not_paid,
    "checkout.session.expired": _not_paid,
    "payment_intent.succeeded": _charged,
    "payment_intent.payment_failed": _charge_failed,
    "charge.refunded": _refunded,
    "charge.dispute.funds_withdrawn": _disputed,
    "charge.dispute.funds_reinstated": _dispute_won,
}
