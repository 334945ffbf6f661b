"""From a signed-in user to a member at work: tenant scope, language, time zone, errors in words."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any, cast
from zoneinfo import ZoneInfo

from django.http import Http404, HttpRequest, HttpResponseBase, StreamingHttpResponse
from django.utils import timezone, translation

from tenants import audit, doors, pages
from tenants.doors import Membership
from tenants.errors import DomainError
from tenants.models import Member, Tenant
from tenants.rehearsing import REHEARSED
from tenants.requests import TenantRequest
from tenants.scopes import tenant_scope

Answer = Callable[[HttpRequest], HttpResponseBase]
SESSION_KEY = "tenant"  # the slug last chosen in the switcher


class TenantMiddleware:
    """Chooses the member, enters the tenant's scope for the whole request and speaks the member's language.

    Sets `request.member`, `request.tenant` and `request.memberships`. A signed-in person without a team
    is told so by every view that needs one. Stands after authentication and messages.
    """

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if not request.user.is_authenticated:
            return self.get_response(request)
        user = request.user
        _speak(request, user.language)
        memberships = doors.memberships_of(user.pk)
        chosen = _choose(memberships, request.session.get(SESSION_KEY))
        if chosen is None:
            return self.get_response(request)
        tenant = Tenant.objects.get(pk=chosen.tenant_id)
        with ExitStack() as at_work:
            at_work.enter_context(tenant_scope(tenant))
            at_work.enter_context(timezone.override(tenant.zone))
            at_work.enter_context(audit.coming_from(request.META.get("REMOTE_ADDR")))
            working = cast(TenantRequest, request)
            working.tenant = tenant
            working.memberships = memberships
            working.member = Member.objects.get(pk=chosen.member_id)
            working.member.user = user
            working.member.limited_to = REHEARSED if tenant.is_rehearsal else None
            response = self.get_response(request)
        response.headers.setdefault("Cache-Control", "private, no-store")
        if isinstance(response, StreamingHttpResponse) and not response.is_async:
            response.streaming_content = _in_scope(tenant, cast(Iterator[bytes], response.streaming_content))
        return response

    def process_view(
        self, request: HttpRequest, view: Callable[..., Any], args: Any, kwargs: Any
    ) -> HttpResponseBase | None:
        """Tell people without a team so, wherever a view needs one."""
        if hasattr(view, "permission") and request.user.is_authenticated and not hasattr(request, "member"):
            return pages.no_team(request)
        return None


class DomainErrorMiddleware:
    """Turns what a view raises into a page, or into a toast for htmx, in the reader's language."""

    def __init__(self, get_response: Answer) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponseBase | None:
        if isinstance(error, DomainError):
            return pages.domain_error(request, error)
        return pages.not_found(request, error) if isinstance(error, Http404) else None


def _speak(request: HttpRequest, language: str) -> None:
    """Use the remembered language; without one the browser's choice stands."""
    if language:
        translation.activate(language)
        request.LANGUAGE_CODE = translation.get_language()


def _choose(memberships: list[Membership], slug: str | None) -> Membership | None:
    chosen = (membership for membership in memberships if membership.slug == slug)
    return next(chosen, memberships[0] if memberships else None)


def _in_scope(tenant: Tenant, content: Iterator[bytes]) -> Iterator[bytes]:
    """Each chunk is made inside the scope; between chunks the thread is free of it."""
    zone: ZoneInfo = tenant.zone
    language = translation.get_language()
    chunks = iter(content)
    while True:
        with tenant_scope(tenant), timezone.override(zone), translation.override(language):
            chunk = next(chunks, None)
        if chunk is None:
            return
        yield chunk
