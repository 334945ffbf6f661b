"""Retry failed and Send again: a page that says whom, what and at what price, then the new broadcast."""

from __future__ import annotations

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from campaigns import services
from campaigns.models import Campaign, Recipient
from campaigns.retrying import doubtful_people, failed_people, preflight_again
from tenants.requests import TenantRequest
from workspace.broadcasts.access import for_senders
from workspace.broadcasts.drafting import Check
from workspace.broadcasts.visible import campaign_or_404


@require_http_methods(["GET", "POST"])
@for_senders
def retry(request: TenantRequest, number: int) -> HttpResponse:
    """To everybody for whom it failed and can succeed now."""
    campaign = campaign_or_404(request, number)
    if request.method == "POST":
        return _made(request, services.retry_campaign(campaign, request.member))
    failed = failed_people(campaign, request.member)
    return _confirm(request, campaign, failed, in_doubt=False)


@require_http_methods(["GET", "POST"])
@for_senders
def again(request: TenantRequest, number: int) -> HttpResponse:
    """To people in doubt: to one, `recipient`, or to all of whom it may be decided."""
    campaign = campaign_or_404(request, number)
    only = _only(request)
    if request.method == "POST":
        return _made(request, services.send_again(campaign, request.member, only))
    doubtful = doubtful_people(campaign, request.member, only)
    return _confirm(request, campaign, doubtful, in_doubt=True)


def _only(request: TenantRequest) -> list[int] | None:
    given = (request.POST if request.method == "POST" else request.GET).get("recipient", "")
    if not given:
        return None
    return [int(given[:18])] if given.isascii() and given.isdigit() else []


def _confirm(
    request: TenantRequest, campaign: Campaign, people: QuerySet[Recipient], *, in_doubt: bool
) -> HttpResponse:
    context = {
        "campaign": campaign,
        "check": Check(preflight_again(request.member, campaign, people)),
        "in_doubt": in_doubt,
        "recipients": _only(request) or [] if in_doubt else [],
    }
    return render(request, "outcomes/confirm.html", context)


def _made(request: TenantRequest, made: Campaign) -> HttpResponse:
    said = _("Broadcast №%(number)d sends what was missing.") % {"number": made.number}
    messages.success(request, said)
    return redirect("campaigns:detail", number=made.number)
