"""What a view is given, and what a view must say: who may call it."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar, cast

from django.http import HttpRequest, HttpResponseBase
from django_htmx.middleware import HtmxDetails

from tenants.doors import Membership
from tenants.models import Member, Tenant, User
from tenants.roles import Permission


class TenantRequest(HttpRequest):
    """A request of a signed-in member; every query runs in the scope of `tenant`."""

    user: User
    member: Member
    tenant: Tenant
    memberships: list[Membership]
    htmx: HtmxDetails


View = TypeVar("View", bound=Callable[..., HttpResponseBase])


def require_permission(permission: Permission) -> Callable[[View], View]:
    """The view is for members with this permission; others get NotAllowed as a page, a toast or a problem."""

    def decorate(view: View) -> View:
        @wraps(view)
        def checked(request: TenantRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            request.member.require(permission)
            return view(request, *args, **kwargs)

        checked.permission = permission  # type: ignore[attr-defined]
        return cast(View, checked)

    return decorate


def for_every_member(view: View) -> View:
    """The view is for every member whatever their role: their own profile, the frame."""
    view.permission = None  # type: ignore[attr-defined]
    return view
