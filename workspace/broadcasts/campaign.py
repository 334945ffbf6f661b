"""The campaign page: what came of one broadcast, person by person, live."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any
from urllib.parse import urlencode

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.timezone import get_current_timezone_name
from django.views.decorators.http import require_GET

from campaigns.checking import may_be_checked
from campaigns.models import Campaign, Status
from campaigns.outlook import Waiting, outlook_of
from campaigns.reports import UNCOUNTED, Counts, chart_of, counts_of
from tenants.requests import TenantRequest, require_permission
from tenants.roles import Permission
from workspace.broadcasts import statuses
from workspace.broadcasts.access import obstacle
from workspace.broadcasts.costs import cost_text
from workspace.broadcasts.doubts import doubts_of
from workspace.broadcasts.equation import DEEDS, KINDS, SHOWN, terms_of
from workspace.broadcasts.held import held_offers
from workspace.broadcasts.offers import offers_for
from workspace.broadcasts.parts import parts_of, template_of
from workspace.broadcasts.reasons import shown_reasons
from workspace.broadcasts.recipients import people_page
from workspace.broadcasts.rehearsing import behind
from workspace.broadcasts.scheduling import named_zone, start_elsewhere
from workspace.broadcasts.status import times_of
from workspace.broadcasts.visible import campaign_or_404
from workspace.broadcasts.waiting import finish_text, shown_waits
from workspace.templates.looks import status_look


@require_GET
@require_permission(Permission.VIEW_CAMPAIGNS)
def detail(request: TenantRequest, number: int) -> HttpResponse:
    """The whole page, or for htmx the one part it asks for: `progress` or `recipients`."""
    campaign = campaign_or_404(request, number)
    if campaign.status == Status.DRAFT:
        return redirect("campaigns:edit", number=number)
    part = request.htmx.target if request.htmx and request.htmx.target in PARTS else None
    context: dict[str, Any] = {
        "campaign": campaign,
        "state": _state(request),
        "moving": statuses.is_moving(campaign),
    }
    counts = counts_of(campaign)
    if part in (None, "progress"):
        context |= _progress(campaign, counts, request)
    if part in (None, "chart"):
        chart = chart_of(campaign, counts)
        context |= {
            "chart": asdict(chart) if chart else None,
            "counts_now": counts,
            "zone": get_current_timezone_name(),
        }
    if part in (None, "recipients"):
        context |= _recipients(campaign, request)
        context["follow_up"] = _follow_up(campaign, request)
    if part is None:
        context["parts"] = parts_of(campaign)
    return render(request, "broadcasts/detail.html" + (f"#{part}" if part else ""), context)


PARTS = ("progress", "chart", "recipients")


def _state(request: TenantRequest) -> str:
    state = request.GET.get("state", "")
    return state if state in SHOWN else ""


def _progress(campaign: Campaign, counts: Counts, request: TenantRequest) -> dict[str, Any]:
    outlook = outlook_of(campaign)
    template = template_of(campaign)
    return {
        "template": template,
        "template_look": status_look(template.status) if template else None,
        "status": statuses.shown(campaign, counts.failed + counts.partial),
        "times": times_of(campaign),
        "zone": named_zone(campaign.scheduled_at),
        "start_elsewhere": start_elsewhere(campaign),
        "cost": cost_text(campaign),
        "offers": offers_for(
            campaign, counts, request.member, template, asleep=Waiting.QUIET_HOURS in outlook.codes
        ),
        "counts": counts,
        "terms": terms_of(counts.as_dict()),
        "finish": finish_text(outlook),
        "waits": shown_waits(outlook),
        "held": held_offers(campaign, request.member),
        "reasons": shown_reasons(campaign),
        "doubts": doubts_of(campaign, request.member, counts.unconfirmed),
        "retries": campaign.retries.order_by("number"),
        "checkable": may_be_checked(campaign),
        "rehearsal": behind(campaign, request.tenant),
    }


def _follow_up(campaign: Campaign, request: TenantRequest) -> int | None:
    """How many people are shown by their outcome whom this member may write to; 0 for nobody, None for those whom no
    counter tells."""
    state = _state(request)
    if not state or request.GET.get("q", "").strip() or obstacle(request.member):
        return 0
    return None if state in UNCOUNTED else int(getattr(counts_of(campaign), state))


def _recipients(campaign: Campaign, request: TenantRequest) -> dict[str, Any]:
    words = request.GET.get("q", "").strip()[:100]
    page = people_page(campaign, state=_state(request), words=words, after=request.GET.get("after", ""))
    shown = {name: value for name, value in (("state", _state(request)), ("q", words)) if value}
    return {"page": page, "q": words, "kinds": KINDS, "deeds": DEEDS, "export_query": urlencode(shown)}
