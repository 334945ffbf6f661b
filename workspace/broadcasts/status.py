"""The status page: five counters and the list of broadcasts, live."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from campaigns.audience import audience_of
from campaigns.models import Campaign, Status
from campaigns.outlook import Outlook, outlooks
from campaigns.reports import campaigns_visible_to, counts_of, summary
from channels.catalogue import WHATSAPP_UNDELIVERABLE
from tenants.requests import TenantRequest, require_permission
from tenants.roles import Permission
from workspace.broadcasts import filters, statuses
from workspace.broadcasts.access import obstacle
from workspace.broadcasts.parts import in_one_line
from workspace.broadcasts.statuses import ShownStatus
from workspace.broadcasts.tiles import credit_tile, tiles_of
from workspace.broadcasts.waiting import brief

PAGE = 25


@dataclass(frozen=True)
class Row:
    """One broadcast in the columns of the list; `at` is when sending started, or it was created."""

    number: int
    url: str
    message: str
    type: str
    agent: str
    at: datetime
    times: str
    total: int
    completed: int
    failed: int
    done: int
    status: ShownStatus
    moving: bool
    waits: str  # briefly, and until when


@require_GET
@require_permission(Permission.VIEW_CAMPAIGNS)
def campaign_list(request: TenantRequest) -> HttpResponse:
    status, words = request.GET.get("status", ""), request.GET.get("q", "").strip()
    found = filters.narrow(campaigns_visible_to(request.member), status, words)
    query = {name: value for name, value in (("status", status), ("q", words)) if value}
    context = page_of(found, request.GET.get("before", ""), reverse("campaigns:list"), query) | {
        "tiles": tiles_of(summary(request.member)),
        "credit": credit_tile(request.member),
        "status": status,
        "statuses": filters.choices(),
        "q": words,
        "filtered": bool(query),
        "obstacle": obstacle(request.member),
        "may_create_templates": request.member.may(Permission.MANAGE_TEMPLATES),
        "undeliverable": WHATSAPP_UNDELIVERABLE,
    }
    return render(request, "broadcasts/list.html" + ("#overview" if request.htmx else ""), context)


def page_of(found: QuerySet[Campaign], before: str, url: str, query: dict[str, str]) -> dict[str, Any]:
    """One page of the list: `rows` numbered below `before`, and the addresses of the `older` and the `newest`."""
    found = found.order_by("-number")
    if before.isdigit():
        found = found.filter(number__lt=int(before[:18]))
    campaigns = list(found[: PAGE + 1])
    more = len(campaigns) > PAGE
    shown = outlooks(campaigns[:PAGE])
    return {
        "rows": [_row(campaign, shown[campaign.pk]) for campaign in campaigns[:PAGE]],
        "older": _link(url, query | {"before": str(campaigns[PAGE - 1].number)}) if more else "",
        "newest": _link(url, query) if before else "",
    }


def times_of(campaign: Campaign) -> str:
    """The four times of a broadcast that have come, in the tenant's zone, which is named."""
    labels = [
        (campaign.created_at, _("created")),
        (campaign.scheduled_at, _("scheduled for")),
        (campaign.started_at, _("started")),
        (campaign.finished_at, _("finished")),
    ]
    said = [f"{label} {date_format(localtime(at), 'SHORT_DATETIME_FORMAT')}" for at, label in labels if at]
    return " · ".join(said) + f" ({localtime(campaign.created_at).tzname()})"


def _row(campaign: Campaign, outlook: Outlook) -> Row:
    counts = counts_of(campaign)
    draft = campaign.status == Status.DRAFT
    return Row(
        number=campaign.number,
        url=reverse("campaigns:edit" if draft else "campaigns:detail", args=[campaign.number]),
        message=_message(campaign),
        type=campaign.get_kind_display(),
        agent=campaign.created_by.name,
        at=campaign.started_at or campaign.created_at,
        times=times_of(campaign),
        total=counts.total or audience_of(campaign.audience).size,
        completed=counts.completed,
        failed=counts.failed + counts.partial,
        done=counts.settled,
        status=statuses.shown(campaign, counts.failed + counts.partial),
        moving=statuses.is_moving(campaign),
        waits=brief(outlook),
    )


def _message(campaign: Campaign) -> str:
    """The first text, or what there is in place of one."""
    if said := in_one_line(getattr(campaign, "message", None) or ""):
        return said
    kinds = {"image": _("Picture"), "video": _("Video"), "file": _("File")}
    return kinds.get(getattr(campaign, "first_kind", None) or "", _("Nothing written yet"))


def _link(url: str, query: dict[str, str]) -> str:
    return f"{url}?{urlencode(query)}" if query else url
