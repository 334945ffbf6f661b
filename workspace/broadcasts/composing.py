"""The composer: a draft that saves itself, its preflight, and Send."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from campaigns import affected
from campaigns.accounts import accounts_chosen
from campaigns.audience import Audience, audience_of
from campaigns.drafts import CampaignDraft, draft_of
from campaigns.errors import AccountConflict, EmptySelection
from campaigns.models import Campaign, CampaignKind, Status
from campaigns.services import send_campaign, update_draft
from channels.adapters.base import ChannelKind, Reason
from tenants.errors import Invalid, WrongStatus
from tenants.requests import TenantRequest
from workspace.broadcasts import by_chats, conflict, template_draft
from workspace.broadcasts.access import for_senders
from workspace.broadcasts.drafting import check, open_draft, own_campaign, read_draft
from workspace.broadcasts.purposes import MESSAGES, TEMPLATES, Purpose, read_purpose
from workspace.broadcasts.scheduling import quiet_start, read_start
from workspace.broadcasts.selection import change_selection, read_audience
from workspace.broadcasts.setup import composer_context


@require_http_methods(["GET", "POST"])
@for_senders
def new(request: TenantRequest) -> HttpResponse:
    """Take a page's selection into a draft and open it; without a selection ask for whom it is (S0-15, D-18)."""
    if request.method == "GET":
        return render(request, "broadcasts/new.html", {"chats": change_selection()})
    purpose = read_purpose(request.POST.get("mode", "")) or MESSAGES
    try:
        audience = read_audience(request.POST)
        if request.POST.get("faulty") == "leave_out":
            audience = audience.without_faulty(request.member)
    except Invalid as error:
        return _refused(request, error, purpose)
    return _opened(request, audience, purpose)


def _opened(request: TenantRequest, audience: Audience, purpose: Purpose) -> HttpResponse:
    """The draft for these people, or why there is none."""
    try:
        anybody = audience.people(request.member).rows.exists()
    except Invalid as error:
        return _refused(request, error, purpose)
    if not anybody:
        return _refused(request, EmptySelection(), purpose)
    if purpose.of_templates and len(accounts := accounts_chosen(request.member, audience)) > 1:
        return conflict.ask(request, accounts, audience, purpose)
    draft = open_draft(request.member, audience, purpose)
    return _go_to(request, reverse("campaigns:edit", args=[draft.number]))


def _refused(request: TenantRequest, error: Invalid, purpose: Purpose) -> HttpResponse:
    """What is wrong with the selection, and the two ways on: choose again, or without the faulty chats. Over the
    selection where htmx asked from there."""
    context = {
        "error": error,
        "conversations": request.POST.get("conversations", "") if error.errors else "",
        "purpose": purpose,
        "change_selection": change_selection(purpose=purpose),
    }
    if not request.htmx:
        return render(request, "broadcasts/selection_faults.html", context, status=error.status)
    response = render(request, "broadcasts/selection_faults.html#faults", context, status=error.status)
    response["HX-Retarget"] = "#faults"
    return response


def _go_to(request: TenantRequest, address: str) -> HttpResponse:
    """To another page, whether a page or htmx asked."""
    if not request.htmx:
        return redirect(address)
    response = HttpResponse(status=204)
    response["HX-Redirect"] = address
    return response


@require_GET
@for_senders
def edit(request: TenantRequest, number: int) -> HttpResponse:
    """The composer of one draft; anything already sent opens as its campaign page."""
    campaign = own_campaign(request, number)
    if campaign.status != Status.DRAFT:
        return redirect("campaigns:detail", number=number)
    draft = draft_of(campaign)
    if by_chats.writes(draft):
        return redirect("campaigns:by_chats_write", number=number)
    if campaign.kind == CampaignKind.TEMPLATE and draft.template is None:
        return redirect("campaigns:template", number=number)
    try:
        return _composer(request, campaign)
    except AccountConflict as error:
        return _in_conflict(request, campaign, error)


@require_POST
@for_senders
def instead(request: TenantRequest, number: int) -> HttpResponse:
    """For those a message cannot reach, a template: a draft of its own for exactly these people. What is typed here is
    kept."""
    campaign = own_campaign(request, number)
    draft = read_draft(request.POST, audience_of(campaign.audience), campaign.kind)
    update_draft(campaign, request.member, draft)
    code, kind = Reason.WINDOW_CLOSED, ChannelKind.WHATSAPP
    return _opened(request, affected.instead(request.member, draft, code, kind), TEMPLATES)


@require_POST
@for_senders
def save(request: TenantRequest, number: int) -> HttpResponse:
    """Keep what is typed and answer with its preflight; without htmx, with the whole composer."""
    campaign = own_campaign(request, number)
    audience = audience_of(campaign.audience)
    if request.POST.get("faulty") == "leave_out":
        audience = audience.without_faulty(request.member)
    draft = read_draft(request.POST, audience, campaign.kind)
    if template_draft.is_stale(campaign, draft):
        return _go_to(request, reverse("campaigns:edit", args=[number]))
    try:
        update_draft(campaign, request.member, draft)
    except WrongStatus:
        return _go_to(request, reverse("campaigns:detail", args=[number]))
    if not request.htmx:
        onwards = "rehearse" if request.POST.get("then") == "rehearse" else "edit"
        return redirect(f"campaigns:{onwards}", number=number)
    try:
        context = _checked(request, campaign, draft)
    except AccountConflict:
        return _go_to(request, reverse("campaigns:edit", args=[number]))
    return render(request, _page(draft, "checked"), context)


@require_POST
@for_senders
def send(request: TenantRequest, number: int) -> HttpResponse:
    """Send what stands on the page, once: a repeated click finds it sent and shows the campaign."""
    campaign = own_campaign(request, number)
    draft = read_draft(request.POST, audience_of(campaign.audience), campaign.kind)
    try:
        update_draft(campaign, request.member, draft)
        send_campaign(campaign, request.member)
    except WrongStatus:
        return redirect("campaigns:detail", number=number)  # the first click was faster
    except Invalid:
        return _composer(request, campaign, status=400)
    except AccountConflict as error:
        return _in_conflict(request, campaign, error)
    return redirect("campaigns:detail", number=number)


@require_POST
@for_senders
def schedule(request: TenantRequest, number: int) -> HttpResponse:
    """Have what stands on the page sent at the time that was picked; until then it can be changed or cancelled.

    A `start` in quiet hours is asked about, with the next free time; `keep` is one that is to stay.
    """
    campaign = own_campaign(request, number)
    draft = read_draft(request.POST, audience_of(campaign.audience), campaign.kind)
    try:
        update_draft(
            campaign, request.member, draft
        )  # whatever is wrong with the time, nothing typed is lost
        kept = request.POST.get("keep", "")
        at = read_start(kept or request.POST.get("start", ""))
        if not kept and (quiet := quiet_start(at, request.tenant.quiet_hours)):
            return _composer(request, campaign, status=409, quiet_start=quiet, start=quiet.free)
        update_draft(campaign, request.member, replace(draft, scheduled_at=at))
        send_campaign(campaign, request.member)
    except WrongStatus:
        return redirect("campaigns:detail", number=number)
    except Invalid as error:
        messages.error(request, error.errors[0]["detail"] if error.errors else str(error.message))
        return _composer(request, campaign, status=400)
    except AccountConflict as error:
        return _in_conflict(request, campaign, error)
    return redirect("campaigns:detail", number=number)


def _in_conflict(request: TenantRequest, campaign: Campaign, error: AccountConflict) -> HttpResponse:
    """One account is to be kept; where there is only one, another template is to be picked."""
    if len(error.accounts) > 1:
        return conflict.ask(request, error.accounts, audience_of(campaign.audience), TEMPLATES)
    messages.error(request, str(error.message))
    return redirect("campaigns:template", number=campaign.number)


def _composer(request: TenantRequest, campaign: Campaign, *, status: int = 200, **more: Any) -> HttpResponse:
    draft = draft_of(campaign)
    context = _checked(request, campaign, draft)
    if draft.kind is CampaignKind.TEMPLATE:
        context |= template_draft.page_context(campaign, draft, context["check"], request.member)
    else:
        context |= composer_context(campaign, draft, context["check"], request.member)
    return render(request, _page(draft, "compose"), context | more, status=status)


def _page(draft: CampaignDraft, name: str) -> str:
    """A page of the composer of messages, or the same of the one of templates."""
    return f"broadcasts/{'template_' if draft.kind is CampaignKind.TEMPLATE else ''}{name}.html"


def _checked(request: TenantRequest, campaign: Campaign, draft: CampaignDraft) -> dict[str, Any]:
    found = check(request.member, draft)
    filled = (
        template_draft.filling_context(draft, found, request.member)
        if draft.kind is CampaignKind.TEMPLATE
        else {}
    )
    return filled | {
        "campaign": campaign,
        "draft": draft,
        "check": found,
        "saved_at": timezone.now(),
        "on_unsupported_by": json.dumps(dict(draft.on_unsupported_by)),
        "parts": json.dumps([asdict(part) for part in draft.parts]),
    }
