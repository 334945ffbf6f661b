"""Team, language and theme: small answers of the frame, each remembered."""

from __future__ import annotations

from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import check_for_language
from django.views.decorators.http import require_POST

from tenants import services
from tenants.errors import Invalid, NotFound
from tenants.middleware import SESSION_KEY
from tenants.requests import TenantRequest, for_every_member


@require_POST
@for_every_member
def switch(request: TenantRequest) -> HttpResponse:
    """Work in another of one's own teams from now on, in this session, beginning with the page `next`."""
    slug = request.POST.get("tenant", "")
    if slug not in {membership.slug for membership in request.memberships}:
        raise NotFound
    request.session[SESSION_KEY] = slug
    return redirect(_way_back(request))


@require_POST
@login_not_required
def choose_language(request: HttpRequest) -> HttpResponse:
    """Read everything in this language: kept with the user, and in a cookie for the sign-in page."""
    language = request.POST.get("language", "")
    if language not in dict(settings.LANGUAGES) or not check_for_language(language):
        raise Invalid
    if request.user.is_authenticated:
        services.change_profile(request.user, language=language)
    response = HttpResponseRedirect(_way_back(request))
    response.set_cookie(
        settings.LANGUAGE_COOKIE_NAME, language, max_age=31_536_000, secure=settings.HTTPS, samesite="Lax"
    )
    return response


@require_POST
@for_every_member
def choose_theme(request: TenantRequest) -> HttpResponse:
    """Light, dark, or (empty) like the system."""
    services.change_profile(request.user, theme=request.POST.get("theme", ""))
    return HttpResponse(status=204)


def _way_back(request: HttpRequest) -> str:
    """The page the form stood on, never another host."""
    target = request.POST.get("next", "")
    safe = url_has_allowed_host_and_scheme(target, {request.get_host()}, require_https=request.is_secure())
    return target if safe else "/"
