"""Whom a switched-off channel held: what the campaign's page says and offers (B-7)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from campaigns import services
from campaigns.engine.hold import Held, held_people
from campaigns.models import Campaign, Status
from channels.models import Channel
from tenants.models import Member
from tenants.requests import TenantRequest, require_permission
from tenants.roles import Permission
from workspace.broadcasts.visible import campaign_or_404


@dataclass(frozen=True)
class HeldOffer:
    """`may_decide`: this member may say what becomes of them."""

    held: Held
    may_decide: bool


def held_offers(campaign: Campaign, member: Member) -> list[HeldOffer]:
    """One for each channel that holds people of an unfinished campaign."""
    if campaign.status not in (Status.RUNNING, Status.PAUSED):
        return []
    may = campaign.created_by_id == member.pk or member.may(Permission.CONTROL_CAMPAIGNS)
    return [HeldOffer(held, may) for held in held_people(campaign.tenant_id, campaign.pk)]


@require_POST
@require_permission(Permission.VIEW_CAMPAIGNS)
def go_on(request: TenantRequest, number: int, channel: int) -> HttpResponse:
    """Send to those who were held."""
    return _decide(request, number, channel, services.continue_held, _("Sending goes on."))


@require_POST
@require_permission(Permission.VIEW_CAMPAIGNS)
def leave_out(request: TenantRequest, number: int, channel: int) -> HttpResponse:
    """Do not send to those who were held."""
    said = _("Left out. They are counted as cancelled.")
    return _decide(request, number, channel, services.leave_out_held, said)


def _decide(
    request: TenantRequest,
    number: int,
    channel: int,
    act: Callable[[Campaign, Member, Channel], None],
    said: str | Promise,
) -> HttpResponse:
    campaign = campaign_or_404(request, number)
    act(campaign, request.member, get_object_or_404(Channel, pk=channel))
    messages.success(request, str(said))
    return redirect("campaigns:detail", number=number)
