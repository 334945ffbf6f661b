"""`GET /l/<code>`: from a short link to the address it stands for, and to nothing else.

Where it leads stands in the database. While that is away, people are told to try again: the link in their message stays
good. What only fails to be noted keeps nobody from getting there.
"""

from __future__ import annotations

from urllib.parse import urlsplit

import structlog
from django.contrib.auth.decorators import login_not_required
from django.db import DatabaseError, InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from campaigns.doors import link_of
from campaigns.links.codes import read_code
from campaigns.links.taps import note_robot, note_tap
from campaigns.links.visitors import is_person, is_staff
from campaigns.models import Link
from tenants.models import Tenant
from tenants.scopes import tenant_scope
from tenants.sites import host_of

log = structlog.get_logger(__name__)
RETRY_AFTER_S = 60


@login_not_required
@require_safe
def follow_link(request: HttpRequest, code: str) -> HttpResponse:
    """Lead on whoever opens a code of ours, and note it."""
    meant = read_code(code)
    try:
        answer = _led_on(request, *meant) if meant else None
    except (OperationalError, InterfaceError) as error:
        log.error("link_not_readable", error=type(error).__name__)
        answer = render(request, "links/away.html", status=503)
        answer["Retry-After"] = str(RETRY_AFTER_S)
    if answer is None:
        answer = render(request, "links/unknown.html", status=404)
    answer["Cache-Control"] = "no-store"
    answer["Referrer-Policy"] = "no-referrer"
    answer["X-Robots-Tag"] = "noindex"
    return answer


def _led_on(request: HttpRequest, recipient: int, place: int) -> HttpResponse | None:
    """To the address that was stored; None where the recipient has no such link, or no longer."""
    found = link_of(recipient, place)
    if found is None:
        return None
    tenant_id, link_id = found
    with tenant_scope(Tenant.objects.get(pk=tenant_id)):
        link = Link.objects.get(pk=link_id)
        try:
            _note(request, link, recipient)
        except DatabaseError as error:
            log.error("tap_not_noted", link=link.pk, error=type(error).__name__)
    return HttpResponseRedirect(_location(link.url))


def _note(request: HttpRequest, link: Link, recipient: int) -> None:
    if is_staff(request):
        return
    if is_person(request):
        note_tap(link, recipient, timezone.now())
    else:
        note_robot(link, recipient)


def _location(url: str) -> str:
    """The address as a header takes it, its host in IDNA."""
    parts = urlsplit(url)
    port = f":{parts.port}" if parts.port is not None else ""
    return parts._replace(netloc=host_of(url) + port).geturl()
