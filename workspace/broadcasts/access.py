"""Who may broadcast: salespeople and sales managers of a team whose plan has it (S2-3, S2-4, D-4)."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import HttpResponseBase
from django.utils.translation import gettext_lazy as _

from tenants.errors import DomainError, NotAllowed, PlanRequired
from tenants.models import Member
from tenants.plans import Feature
from tenants.requests import TenantRequest
from tenants.roles import Permission

ROLE_NEEDED = _(
    "Broadcasts are sent by sales managers and salespeople. Ask an administrator for one of these roles."
)


def obstacle(member: Member) -> DomainError | None:
    """What keeps this member from broadcasting, in their language; None where nothing does."""
    if not member.tenant.has_feature(Feature.OMO):
        return PlanRequired()
    if not member.may(Permission.SEND_CAMPAIGNS):
        return NotAllowed(ROLE_NEEDED)
    return None


def for_senders(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """The view is for members who may broadcast; the others are told what is missing."""

    @wraps(view)
    def checked(request: TenantRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if found := obstacle(request.member):
            raise found
        return view(request, *args, **kwargs)

    checked.permission = Permission.SEND_CAMPAIGNS  # type: ignore[attr-defined]
    return checked
