"""What one can do with a campaign from its page; every answer is the page in its new state."""

from __future__ import annotations

from collections.abc import Callable

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from campaigns import services
from campaigns.models import Campaign
from tenants.clock import clock
from tenants.models import Member
from tenants.requests import TenantRequest, require_permission
from tenants.roles import Permission
from workspace.broadcasts.access import for_senders
from workspace.broadcasts.scheduling import quiet_start, read_start
from workspace.broadcasts.visible import campaign_or_404


def _change(
    request: TenantRequest, number: int, act: Callable[[Campaign, Member], object], said: str | Promise
) -> HttpResponse:
    act(campaign_or_404(request, number), request.member)
    messages.success(request, str(said))
    return redirect("campaigns:detail", number=number)


@require_POST
@require_permission(Permission.VIEW_CAMPAIGNS)
def pause(request: TenantRequest, number: int) -> HttpResponse:
    said = _("Paused. Nobody further is sent to until you resume.")
    return _change(request, number, services.pause_campaign, said)


@require_POST
@require_permission(Permission.VIEW_CAMPAIGNS)
def resume(request: TenantRequest, number: int) -> HttpResponse:
    return _change(request, number, services.resume_campaign, _("Sending goes on."))


@require_POST
@require_permission(Permission.VIEW_CAMPAIGNS)
def cancel(request: TenantRequest, number: int) -> HttpResponse:
    said = _("Cancelled. Whoever was still waiting is not sent to.")
    return _change(request, number, services.cancel_campaign, said)


@require_POST
@require_permission(Permission.CONTROL_CAMPAIGNS)
def at_any_hour(request: TenantRequest, number: int) -> HttpResponse:
    said = _("It leaves in spite of the quiet hours.")
    return _change(request, number, services.send_at_any_hour, said)


@require_POST
@for_senders
def reschedule(request: TenantRequest, number: int) -> HttpResponse:
    """Another start time, of the team's zone; it is said where that falls into quiet hours."""
    campaign = campaign_or_404(request, number)
    at = read_start(request.POST.get("start", ""))
    services.reschedule_campaign(campaign, request.member, at)
    if quiet := quiet_start(at, request.tenant.quiet_hours):
        said = _("%(time)s falls into your team's quiet hours: nothing leaves before %(free)s.")
        messages.warning(request, said % {"time": quiet.picked_text, "free": quiet.free_text})
    else:
        messages.success(request, _("It starts at %(time)s.") % {"time": clock(at)})
    return redirect("campaigns:detail", number=number)


@require_POST
@for_senders
def change(request: TenantRequest, number: int) -> HttpResponse:
    """Back to the composer: a scheduled broadcast becomes a draft of whoever wrote it."""
    campaign = get_object_or_404(Campaign, number=number, created_by=request.member)
    services.unschedule_campaign(campaign, request.member)
    messages.success(request, _("It is a draft again and will not start by itself."))
    return redirect("campaigns:edit", number=number)


@require_POST
@for_senders
def duplicate(request: TenantRequest, number: int) -> HttpResponse:
    """The same content for the same people, as a new draft."""
    copy = services.duplicate_campaign(campaign_or_404(request, number), request.member)
    return redirect("campaigns:edit", number=copy.number)
