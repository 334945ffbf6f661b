"""What people see when something is refused, missing or broken: a page, or a toast for an htmx request."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.csrf import requires_csrf_token

from tenants.errors import DomainError, NotAllowed, NotFound

TITLES = {
    403: ("lock", gettext_lazy("Not for your role")),
    404: ("search", gettext_lazy("Nothing here")),
}


def domain_error(request: HttpRequest, error: DomainError) -> HttpResponse:
    """The error's own message, under its own status."""
    return _answer(request, error.status, error.message)


@requires_csrf_token
def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    return _answer(request, 400, _("The request could not be read. Nothing was changed."))


@requires_csrf_token
def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    return _answer(request, 403, NotAllowed.message)


@requires_csrf_token
def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    return _answer(request, 404, NotFound.message)


def csrf_failed(request: HttpRequest, reason: str = "") -> HttpResponse:
    """The token of an old page, mostly: signed out elsewhere, or cookies refused."""
    return _answer(
        request, 403, _("This page was open for too long. Nothing was sent; reload the page and try again.")
    )


def server_error(request: HttpRequest) -> HttpResponse:
    """Our own failure: needs neither database nor session."""
    return render(request, "errors/500.html", status=500)


def no_team(request: HttpRequest) -> HttpResponse:
    """A person who signed in but works in no team (any more)."""
    return render(request, "errors/no_team.html", status=403)


def _answer(request: HttpRequest, status: int, message: str | Promise) -> HttpResponse:
    if getattr(request, "htmx", False):
        response = render(request, "_toast.html", {"text": message, "tone": "error"}, status=status)
        response["HX-Retarget"] = "#toasts"
        response["HX-Reswap"] = "beforeend"
        return response
    symbol, title = TITLES.get(status, ("triangle-alert", _("That did not work")))
    layout = "base.html" if hasattr(request, "member") else "entrance.html"
    context = {"layout": layout, "symbol": symbol, "title": title, "message": message}
    return render(request, "errors/error.html", context, status=status)
