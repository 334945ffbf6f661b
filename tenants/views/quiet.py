"""The hours in which broadcasts do not leave."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from tenants import services
from tenants.clock import clock
from tenants.forms import QuietHoursForm, refusals_in
from tenants.requests import TenantRequest, require_permission
from tenants.roles import Permission


@require_http_methods(["GET", "POST"])
@require_permission(Permission.MANAGE_TENANT)
def quiet_hours(request: TenantRequest) -> HttpResponse:
    """From when to when, and on which days."""
    form = QuietHoursForm(request.POST or None, initial=QuietHoursForm.initial_of(request.tenant))
    if request.method == "POST" and form.is_valid():
        with refusals_in(form):
            services.change_quiet_hours(request.tenant, **form.cleaned_data, by=request.member)
            messages.success(request, _("Saved."))
            return redirect("tenants:quiet_hours")
    until = request.tenant.quiet_hours.until(timezone.now())
    context = {"form": form, "until": clock(until) if until else ""}
    return render(request, "settings/quiet_hours.html", context)
