"""The composer: a draft that saves itself, its preflight, and Send."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from campaigns.audience import audience_of
from campaigns.drafts import CampaignDraft, draft_of
from campaigns.errors import EmptySelection
from campaigns.models import Campaign, Status
from campaigns.services import send_campaign, update_draft
from tenants.errors import Invalid, WrongStatus
from tenants.requests import TenantRequest
from workspace.broadcasts import by_chats
from workspace.broadcasts.access import for_senders
from workspace.broadcasts.drafting import check, open_draft, own_campaign, read_draft
from workspace.broadcasts.scheduling import read_start
from workspace.broadcasts.selection import change_selection, read_audience
from workspace.broadcasts.setup import composer_context


@require_http_methods(["GET", "POST"])
@for_senders
def new(request: TenantRequest) -> HttpResponse:
    """Take a page's selection into a draft and open it; without a selection ask for whom it is (S0-15, D-18)."""
    if request.method == "GET":
        return render(request, "broadcasts/new.html", {"chats": change_selection()})
    try:
        audience = read_audience(request.POST)
        if request.POST.get("faulty") == "leave_out":
            audience = audience.without_faulty(request.member)
        anybody = audience.people(request.member).rows.exists()
    except Invalid as error:
        return _refused(request, error)
    if not anybody:
        return _refused(request, EmptySelection())
    return redirect("campaigns:edit", number=open_draft(request.member, audience).number)


def _refused(request: TenantRequest, error: Invalid) -> HttpResponse:
    """What is wrong with the selection, and the two ways on: choose again, or without the faulty chats."""
    context = {
        "error": error,
        "conversations": request.POST.get("conversations", "") if error.errors else "",
        "change_selection": change_selection(),
    }
    return render(request, "broadcasts/selection_faults.html", context, status=error.status)


@require_GET
@for_senders
def edit(request: TenantRequest, number: int) -> HttpResponse:
    """The composer of one draft; anything already sent opens as its campaign page."""
    campaign = own_campaign(request, number)
    if campaign.status != Status.DRAFT:
        return redirect("campaigns:detail", number=number)
    if by_chats.writes(draft_of(campaign)):
        return redirect("campaigns:by_chats_write", number=number)
    return _composer(request, campaign)


@require_POST
@for_senders
def save(request: TenantRequest, number: int) -> HttpResponse:
    """Keep what is typed and answer with its preflight; without htmx, with the whole composer."""
    campaign = own_campaign(request, number)
    audience = audience_of(campaign.audience)
    if request.POST.get("faulty") == "leave_out":
        audience = audience.without_faulty(request.member)
    draft = read_draft(request.POST, audience)
    try:
        update_draft(campaign, request.member, draft)
    except WrongStatus:
        return _on_its_way(number)
    if not request.htmx:
        return redirect("campaigns:edit", number=number)
    return render(request, "broadcasts/checked.html", _checked(request, campaign, draft))


@require_POST
@for_senders
def send(request: TenantRequest, number: int) -> HttpResponse:
    """Send what stands on the page, once: a repeated click finds it sent and shows the campaign."""
    campaign = own_campaign(request, number)
    draft = read_draft(request.POST, audience_of(campaign.audience))
    try:
        update_draft(campaign, request.member, draft)
        send_campaign(campaign, request.member)
    except WrongStatus:
        return redirect("campaigns:detail", number=number)  # the first click was faster
    except Invalid:
        return _composer(request, campaign, status=400)
    return redirect("campaigns:detail", number=number)


@require_POST
@for_senders
def schedule(request: TenantRequest, number: int) -> HttpResponse:
    """Have what stands on the page sent at the time that was picked; until then it can be changed or cancelled."""
    campaign = own_campaign(request, number)
    draft = read_draft(request.POST, audience_of(campaign.audience))
    try:
        update_draft(
            campaign, request.member, draft
        )  # whatever is wrong with the time, nothing typed is lost
        at = read_start(request.POST.get("start", ""))
        update_draft(campaign, request.member, replace(draft, scheduled_at=at))
        send_campaign(campaign, request.member)
    except WrongStatus:
        return redirect("campaigns:detail", number=number)
    except Invalid as error:
        messages.error(request, error.errors[0]["detail"] if error.errors else str(error.message))
        return _composer(request, campaign, status=400)
    return redirect("campaigns:detail", number=number)


def _composer(request: TenantRequest, campaign: Campaign, *, status: int = 200) -> HttpResponse:
    draft = draft_of(campaign)
    context = _checked(request, campaign, draft)
    context |= composer_context(campaign, draft, context["check"], request.member)
    return render(request, "broadcasts/compose.html", context, status=status)


def _checked(request: TenantRequest, campaign: Campaign, draft: CampaignDraft) -> dict[str, Any]:
    return {
        "campaign": campaign,
        "draft": draft,
        "check": check(request.member, draft),
        "saved_at": timezone.now(),
        "on_unsupported_by": json.dumps(dict(draft.on_unsupported_by)),
    }


def _on_its_way(number: int) -> HttpResponse:
    response = HttpResponse(status=204)
    response["HX-Redirect"] = reverse("campaigns:detail", args=[number])
    return response
