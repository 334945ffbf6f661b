"""The audit log, newest first."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from tenants.models import AuditEntry
from tenants.requests import TenantRequest, require_permission
from tenants.roles import Permission

PAGE = 50


@require_GET
@require_permission(Permission.VIEW_AUDIT)
def audit_log(request: TenantRequest) -> HttpResponse:
    """Who did what, when and from where; `?before=` is the id the page begins under, `?action=` a beginning."""
    entries = AuditEntry.objects.select_related("member").order_by("-pk")
    before, action = request.GET.get("before", ""), request.GET.get("action", "")
    if before.isdecimal():
        entries = entries.filter(pk__lt=int(before))
    if action:
        entries = entries.filter(action__startswith=action)
    page = list(entries[: PAGE + 1])
    context = {
        "entries": page[:PAGE],
        "next": page[PAGE - 1].pk if len(page) > PAGE else None,
        "action": action,
    }
    return render(request, "settings/audit.html", context)
