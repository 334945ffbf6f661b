"""The only code that looks across tenants. Each function returns ids and plain values, never rows.

A test refuses `scopes_disabled` and unscoped managers anywhere else.
"""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Exists, F, OuterRef, Q
from django_scopes import scopes_disabled

from tenants.models import ApiToken, Member


@dataclass(frozen=True)
class Membership:
    """One team a person works in. `rehearses`: the id of the real team that it only rehearses for."""

    member_id: int
    tenant_id: int
    slug: str
    tenant_name: str
    rehearses: int | None = None


def memberships_of(user_id: int) -> list[Membership]:
    """The teams in which the user is an active member, real ones first, oldest membership first. A team that rehearses
    only where they are an active member of the real one, too."""
    with scopes_disabled():
        mine = Member.objects.filter(user_id=user_id, active=True)
        rows = (
            mine.filter(Q(tenant__rehearses=None) | Exists(mine.filter(tenant=OuterRef("tenant__rehearses"))))
            .order_by(F("tenant__rehearses").asc(nulls_first=True), "pk")
            .values_list("pk", "tenant_id", "tenant__slug", "tenant__name", "tenant__rehearses")
        )
        return [Membership(*row) for row in rows]


def tenant_of_api_token(hashed: str) -> int | None:
    """The id of the tenant whose token has this hash, usable or not. Teams that rehearse have none."""
    with scopes_disabled():
        real = ApiToken.objects.filter(hash=hashed, tenant__rehearses=None)
        return real.values_list("tenant_id", flat=True).first()
