"""Questions asked before a tenant is known, when the payment provider speaks to us: each answers with ids only."""

from __future__ import annotations

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
