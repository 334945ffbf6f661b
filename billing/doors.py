"""Questions across tenants, of the sweep and of the payment provider's events: each answers with ids only."""

from __future__ import annotations

from django.db import connection
from django_scopes import scopes_disabled

from billing.models import Recharge, TopUp


def tenant_of_session(session: str) -> int | None:
    """Whose top-up was to be paid in this checkout session."""
    return _tenant_of(session=session)


def tenant_of_payment(payment: str) -> int | None:
    """Whose top-up was paid by this payment."""
    return _tenant_of(payment=payment)


def tenant_of_key(key: str) -> int | None:
    """Whose top-up has this key, which stands in the metadata of its payment."""
    return _tenant_of(key=key)


def tenant_of_card_page(page: str) -> int | None:
    """Whose automatic recharge was to get a card on this page."""
    with scopes_disabled():
        return (
            Recharge.objects.filter(page=page).values_list("tenant_id", flat=True).first() if page else None
        )


def _tenant_of(**known: str) -> int | None:
    if not all(known.values()):
        return None
    with scopes_disabled():
        return TopUp.objects.filter(**known).values_list("tenant_id", flat=True).first()


def teams_that_crossed() -> list[int]:
    """Whose available credit has fallen below the level of its alert untold, or risen above it since."""
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT alert.tenant_id FROM billing_alert AS alert
               LEFT JOIN billing_wallet AS wallet USING (tenant_id, currency)
               WHERE (coalesce(wallet.available, 0) < alert.level) <> (alert.told_at IS NOT NULL)"""
        )
        return [tenant_id for (tenant_id,) in cursor.fetchall()]


def teams_that_can_pay() -> list[int]:
    """Who owes something and has credit again."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT DISTINCT tenant_id FROM billing_wallet WHERE owed > 0 AND available > 0")
        return [tenant_id for (tenant_id,) in cursor.fetchall()]


def teams_to_recharge() -> list[int]:
    """Whose automatic recharge has something to do: to charge, to ask again for a charge whose answer was lost, or to
    tell the owners what came in the way."""
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT recharge.tenant_id FROM billing_recharge AS recharge
               LEFT JOIN billing_wallet AS wallet USING (tenant_id, currency)
               LEFT JOIN billing_topup AS running ON running.tenant_id = recharge.tenant_id
                   AND running.method = 'recharge' AND running.status = 'pending'
               WHERE (recharge.notice <> '' AND recharge.told_at IS NULL)
                  OR (running.id IS NOT NULL AND running.payment = '')
                  OR (running.id IS NULL AND recharge.active AND coalesce(wallet.available, 0) < recharge.below
                      AND (recharge.rests_until IS NULL OR recharge.rests_until <= clock_timestamp()))"""
        )
        return [tenant_id for (tenant_id,) in cursor.fetchall()]
