"""The only code that looks across tenants. Each function returns ids and plain values, never rows.

A test refuses `scopes_disabled` and unscoped managers anywhere else.
"""

from __future__ import annotations

from dataclasses import dataclass

from django_scopes import scopes_disabled

from tenants.models import ApiToken, Member


@dataclass(frozen=True)
class Membership:
    """One team a person works in."""

    member_id: int
    tenant_id: int
    slug: str
    tenant_name: str


def memberships_of(user_id: int) -> list[Membership]:
    """The teams in which the user is an active member, oldest membership first."""
    with scopes_disabled():
        rows = (
            Member.objects.filter(user_id=user_id, active=True)
            .order_by("pk")
            .values_list("pk", "tenant_id", "tenant__slug", "tenant__name")
        )
        return [Membership(*row) for row in rows]


def tenant_of_api_token(hashed: str) -> int | None:
    """The id of the tenant whose token has this hash, usable or not."""
    with scopes_disabled():
        return ApiToken.objects.filter(hash=hashed).values_list("tenant_id", flat=True).first()
