"""API tokens: made, shown once, ended."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from django.db import transaction
from django.utils import timezone

from tenants import audit
from tenants.doors import memberships_of
from tenants.errors import Invalid
from tenants.models import ApiToken, Member, Tenant, User
from tenants.roles import Permission
from tenants.scopes import tenant_scope

PREFIX_LENGTH = 9  # "bc_" and six characters: enough to tell one's tokens apart


@transaction.atomic
def create_api_token(
    member: Member,
    *,
    name: str,
    expires_at: datetime | None = None,
    only: Iterable[Permission] = (),
    by: Member | None = None,
) -> tuple[ApiToken, str]:
    """A token acting as the member, and its secret, which cannot be shown again.

    `only` limits it to some permissions, empty means all the member has; `expires_at` None means no end;
    `by` is None for the operator. Raises NotAllowed, or Invalid where the member is not active.
    """
    if by is not None:
        by.require(Permission.MANAGE_TOKENS if by == member else Permission.MANAGE_MEMBERS)
    if not member.active:
        raise Invalid
    secret = ApiToken.new_secret()
    token = ApiToken.objects.create(
        tenant_id=member.tenant_id,
        member=member,
        name=name,
        prefix=secret[:PREFIX_LENGTH],
        hash=ApiToken.hash_of(secret),
        expires_at=expires_at,
        only=sorted(only),
    )
    audit.record(by, "token.created", token, name=name, prefix=token.prefix, only=token.only)
    return token, secret


@transaction.atomic
def revoke_api_token(token: ApiToken, *, by: Member) -> None:
    """End it; a token that has ended stays so. Raises NotAllowed for another member's token without the right."""
    by.require(Permission.MANAGE_TOKENS if token.member_id == by.pk else Permission.MANAGE_MEMBERS)
    if ApiToken.objects.filter(pk=token.pk, revoked_at=None).update(revoked_at=timezone.now()):
        audit.record(by, "token.revoked", token, name=token.name, prefix=token.prefix)


def end_tokens_of(user: User) -> None:
    """End the person's tokens in every team: their password changed."""
    for membership in memberships_of(user.pk):
        with tenant_scope(Tenant.objects.get(pk=membership.tenant_id)):
            ApiToken.objects.filter(member_id=membership.member_id, revoked_at=None).update(
                revoked_at=timezone.now()
            )
