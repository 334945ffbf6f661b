"""One template: what it says, how Meta sees it, its other languages, its history."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from campaigns.models import Campaign, CampaignKind
from campaigns.models import Status as CampaignStatus
from campaigns.reports import campaigns_using, counts_of
from templates_app.content import Place
from templates_app.explanations import explanation_of
from templates_app.lifecycle import DELETABLE, EDITABLE, Category, Quality, Status
from templates_app.models import HistoryEntry, HistoryKind, Template
from templates_app.services import edit_possible_at
from tenants.models import Member
from tenants.requests import TenantRequest, require_permission
from tenants.roles import Permission
from workspace.broadcasts.access import obstacle
from workspace.broadcasts.purposes import Purpose
from workspace.broadcasts.statuses import ShownStatus, shown
from workspace.templates.choosing import obstacle_of
from workspace.templates.looks import preview_of, quality_look, status_look

MOST_HISTORY = 50
MOST_USES = 20


@dataclass(frozen=True)
class Line:
    """One line of the history: what happened, in which tone, who did it."""

    at: datetime
    text: str
    detail: str
    icon: str
    tone: str
    who: str


@dataclass(frozen=True)
class Use:
    """A broadcast that sends the template."""

    number: int
    url: str
    agent: str
    at: datetime
    people: int
    status: ShownStatus


@require_GET
@require_permission(Permission.VIEW_TEMPLATES)
def detail(request: TenantRequest, template: int) -> HttpResponse:
    row = find(template)
    page = "whatsapp_templates/detail.html" + ("#template" if request.htmx else "")
    return render(request, page, _context(request, row))


def find(template: int) -> Template:
    """The template, also a deleted one. Raises Http404."""
    rows: QuerySet[Template] = Template.objects.select_related("account", "header_media", "created_by")
    return get_object_or_404(rows, pk=template)


def _context(request: TenantRequest, template: Template) -> dict[str, Any]:
    manages = request.member.may(Permission.MANAGE_TEMPLATES)
    content = template.content
    others = Template.objects.present().filter(account=template.account, name=template.name)
    return {
        "template": template,
        "look": status_look(template.status),
        "quality": quality_look(template.quality),
        "why": explanation_of(template.status, template.reason),
        "next_category": Category(template.next_category).label
        if template.next_category in Category.values
        else template.next_category,
        "preview": preview_of(content, template.header_media),
        "content": content,
        "parameters": [(one, _place(one.place)) for one in content.parameters],
        "languages": [(one, status_look(one.status)) for one in others.order_by("language")],
        "history": [_line(entry) for entry in _history(template)],
        "editable": manages and template.status in EDITABLE and not content.foreign,
        "deletable": manages and template.status in DELETABLE,
        "manages": manages,
        "used": _uses(template, request.member) if request.member.may(Permission.VIEW_CAMPAIGNS) else [],
        "broadcastable": not obstacle_of(template) and obstacle(request.member) is None,
        "purpose": Purpose(CampaignKind.TEMPLATE, template),
        "draft": template.status == Status.DRAFT and not template.meta_id,
        "edit_possible_at": edit_possible_at(template, timezone.now()) if manages else None,
    }


def _uses(template: Template, member: Member) -> list[Use]:
    """The broadcasts that send it, the latest first."""
    found = campaigns_using(template, member).order_by("-number")[:MOST_USES]
    return [_use(campaign) for campaign in found]


def _use(campaign: Campaign) -> Use:
    name = "campaigns:edit" if campaign.status == CampaignStatus.DRAFT else "campaigns:detail"
    return Use(
        number=campaign.number,
        url=reverse(name, args=[campaign.number]),
        agent=campaign.created_by.name,
        at=campaign.started_at or campaign.created_at,
        people=counts_of(campaign).total,
        status=shown(campaign),
    )


def _place(place: Place) -> str:
    return {Place.HEADER: _("Header"), Place.BODY: _("Text"), Place.BUTTON: _("Button")}[place]


def _history(template: Template) -> QuerySet[HistoryEntry]:
    entries = HistoryEntry.objects.filter(template=template).select_related("member")
    return entries.order_by("-at", "-pk")[:MOST_HISTORY]


def _line(entry: HistoryEntry) -> Line:
    kind = HistoryKind(entry.kind)
    text, icon, tone = str(kind.label), "history", "neutral"
    if kind is HistoryKind.STATUS and entry.after in Status.values:
        look = status_look(entry.after)
        text, icon, tone = str(look.label), look.icon, look.tone
        if entry.after == Status.DRAFT:
            text = _("Did not arrive at WhatsApp; a draft again")
    elif kind is HistoryKind.QUALITY:
        look = quality_look(entry.after if entry.after in Quality.values else Quality.UNKNOWN)
        text, icon, tone = _("Quality: {rating}").format(rating=look.label), look.icon, look.tone
    elif kind in (HistoryKind.CATEGORY, HistoryKind.NOTICE):
        words = _("Category: {after}, was {before}")
        if kind is HistoryKind.NOTICE:
            words = _("Category will change from {before} to {after}")
        text = words.format(before=_category(entry.before), after=_category(entry.after))
        icon, tone = "tag", "warning"
    elif kind is HistoryKind.DELETED:
        icon = "trash-2"
    elif kind in (HistoryKind.SUBMITTED, HistoryKind.EDITED):
        icon = "send"
    explained = explanation_of(entry.after, entry.reason) if entry.reason else None
    return Line(
        at=entry.at,
        text=text,
        detail=str(explained.cause) if explained else entry.explanation,
        icon=icon,
        tone=tone,
        who=entry.member.name if entry.member else "",
    )


def _category(value: str) -> str | Promise:
    return Category(value).label if value in Category.values else value
