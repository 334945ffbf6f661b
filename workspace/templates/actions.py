"""What is done to templates by one click: sync, discard, delete. Each names before what will happen."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from templates_app.services import discard_edit, request_sync
from templates_app.submitting import delete as delete_template
from tenants.requests import TenantRequest, require_permission
from tenants.roles import Permission
from workspace.templates.detail import find
from workspace.templates.listing import syncs


@require_POST
@require_permission(Permission.MANAGE_TEMPLATES)
def sync(request: TenantRequest) -> HttpResponse:
    """Have all accounts read; the answer shows how far it is."""
    request_sync(by=request.member)
    if not request.htmx:
        return redirect("templates:list")
    context = {"syncs": syncs(), "manages": True, "now": timezone.now()}
    return render(request, "whatsapp_templates/_sync.html", context)


@require_POST
@require_permission(Permission.MANAGE_TEMPLATES)
def discard(request: TenantRequest, template: int) -> HttpResponse:
    row = find(template)
    known_to_meta = bool(row.meta_id)
    discard_edit(row, by=request.member)
    if known_to_meta:
        messages.success(request, _("Your changes were thrown away."))
        return redirect("templates:detail", template=template)
    messages.success(request, _("The draft was thrown away."))
    return redirect("templates:list")


@require_POST
@require_permission(Permission.MANAGE_TEMPLATES)
def delete(request: TenantRequest, template: int) -> HttpResponse:
    row = find(template)
    if not delete_template(row, by=request.member):
        messages.warning(request, lost_words())
        return redirect("templates:detail", template=template)
    messages.success(request, _("{name} was deleted.").format(name=row))
    return redirect("templates:list")


def lost_words() -> str:
    """What is said where nobody knows yet what Meta did."""
    return _(
        "WhatsApp's answer was lost on the way. We are looking up what became of it; this page will tell."
    )
