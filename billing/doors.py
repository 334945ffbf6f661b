"""Questions across tenants, of the sweep and of the payment provider's events: each answers with ids only."""

from __future__ import annotations

from django.db import connection
from django_scopes import scopes_disabled

from billing.models import TopUp


def tenant_of_session(session: str) -> int | None:
    """Whose top-up was to be paid in this checkout session."""
    return _tenant_of(session=session)


def tenant_of_payment(payment: str) -> int | None:
    """Whose top-up was paid by this payment."""
    return _tenant_of(payment=payment)


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
