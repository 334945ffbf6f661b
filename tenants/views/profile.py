"""One's own profile."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from tenants import services
from tenants.forms import ProfileForm
from tenants.requests import TenantRequest, for_every_member


@require_GET
@for_every_member
def settings_home(request: TenantRequest) -> HttpResponse:
    """The settings begin with one's own."""
    return redirect("tenants:profile")


@require_http_methods(["GET", "POST"])
@for_every_member
def profile(request: TenantRequest) -> HttpResponse:
    """Name, language and look of the person signed in."""
    form = ProfileForm(request.POST or None, initial=ProfileForm.initial_of(request.user))
    if request.method == "POST" and form.is_valid():
        services.change_profile(request.user, **form.cleaned_data)
        messages.success(request, _("Saved."))
        return redirect("tenants:profile")
    return render(request, "settings/profile.html", {"form": form})
