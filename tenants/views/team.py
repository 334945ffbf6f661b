"""The team: its members and what they share."""

from __future__ import annotations

from allauth.account.forms import ResetPasswordForm
from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from tenants import services
from tenants.forms import MemberForm, RolesForm, TenantForm, refusals_in
from tenants.models import Member
from tenants.requests import TenantRequest, require_permission
from tenants.roles import Permission


@require_http_methods(["GET", "POST"])
@require_permission(Permission.MANAGE_TENANT)
def team_settings(request: TenantRequest) -> HttpResponse:
    """Name, time zone, country and language of the team."""
    form = TenantForm(request.POST or None, initial=TenantForm.initial_of(request.tenant))
    if request.method == "POST" and form.is_valid():
        services.change_tenant(request.tenant, **form.cleaned_data, by=request.member)
        messages.success(request, _("Saved."))
        return redirect("tenants:team_settings")
    return render(request, "settings/team.html", {"form": form})


@require_GET
@require_permission(Permission.MANAGE_MEMBERS)
def member_list(request: TenantRequest) -> HttpResponse:
    """Everyone who works or worked in the team."""
    members = Member.objects.select_related("user").order_by("-active", "name", "pk")
    return render(request, "settings/members.html", {"members": members})


@require_http_methods(["GET", "POST"])
@require_permission(Permission.MANAGE_MEMBERS)
def member_add(request: TenantRequest) -> HttpResponse:
    """A new member; who has no account yet gets a mail that leads to a password."""
    form = MemberForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        with refusals_in(form):
            member = services.add_member(**form.cleaned_data, by=request.member)
            messages.success(request, _welcome(request, member))
            return redirect("tenants:members")
    return render(request, "settings/member_add.html", {"form": form})


@require_http_methods(["GET", "POST"])
@require_permission(Permission.MANAGE_MEMBERS)
def member_detail(request: TenantRequest, member_id: int) -> HttpResponse:
    """One member's roles."""
    member = get_object_or_404(Member.objects.select_related("user"), pk=member_id)
    form = RolesForm(request.POST or None, initial={"roles": member.roles})
    if request.method == "POST" and form.is_valid():
        with refusals_in(form):
            services.change_roles(member, form.cleaned_data["roles"], by=request.member)
            _stay_signed_in(request, member)
            messages.success(request, _("Saved. %(name)s has to sign in again.") % {"name": member.name})
            return redirect("tenants:members")
    return render(request, "settings/member.html", {"member": member, "form": form})


@require_POST
@require_permission(Permission.MANAGE_MEMBERS)
def member_deactivate(request: TenantRequest, member_id: int) -> HttpResponse:
    """End a membership; the person is signed out."""
    member = get_object_or_404(Member, pk=member_id)
    services.deactivate(member, by=request.member)
    messages.success(request, _("%(name)s can no longer use this team.") % {"name": member.name})
    return redirect("tenants:members")


@require_POST
@require_permission(Permission.MANAGE_MEMBERS)
def member_reactivate(request: TenantRequest, member_id: int) -> HttpResponse:
    """Take a past member back, with the roles they had."""
    member = get_object_or_404(Member, pk=member_id)
    services.reactivate(member, by=request.member)
    messages.success(request, _("%(name)s works in this team again.") % {"name": member.name})
    return redirect("tenants:members")


def _welcome(request: TenantRequest, member: Member) -> str:
    """Sends a link for setting a password to those who have none, and says so."""
    if member.user.has_usable_password():
        return _("%(name)s is in the team now.") % {"name": member.name}
    form = ResetPasswordForm({"email": member.user.email})
    if form.is_valid():
        form.save(request)
    return _("%(name)s is in the team now; a mail tells how to set a password.") % {"name": member.name}


def _stay_signed_in(request: TenantRequest, member: Member) -> None:
    """Whoever changes their own roles keeps the session in which they did."""
    if member.user_id == request.user.pk:
        request.user.refresh_from_db()
        update_session_auth_hash(request, request.user)
