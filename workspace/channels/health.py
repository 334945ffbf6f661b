"""How every channel is: connected, well thought of, how fast and how far it may send, until when its token lasts."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from django.contrib import messages
from django.db.models import Count
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format, number_format
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_GET, require_POST

from campaigns.reach import Reach, reaches
from channels.health.asking import ASKED
from channels.health.warnings import HealthWarning, warnings_of
from channels.models import Channel, ChannelState, Health
from channels.services import check_soon
from templates_app.lifecycle import Status
from templates_app.models import Template
from tenants.requests import TenantRequest, require_permission
from tenants.roles import Permission

QUALITIES: dict[str, tuple[str | Promise, str, str]] = {
    "GREEN": (gettext_lazy("High"), "success", "circle-check"),
    "YELLOW": (gettext_lazy("Medium"), "warning", "circle-alert"),
    "RED": (gettext_lazy("Low"), "error", "triangle-alert"),
}
NOT_RATED = (gettext_lazy("Not rated yet"), "neutral", "circle-dashed")
STOPPED = (Status.PAUSED, Status.DISABLED)


@dataclass(frozen=True)
class Fact:
    """One line of a card; with a `tone` it is shown as a status."""

    name: str
    value: str | Promise
    tone: str = ""
    icon: str = ""


@dataclass(frozen=True)
class Card:
    channel: Channel
    label: str | Promise
    tone: str
    icon: str
    facts: list[Fact]
    warnings: list[HealthWarning]
    templates: str  # how many of its account's are stopped, "" for none
    templates_url: str
    checked_at: datetime | None
    asked: bool


@require_GET
@require_permission(Permission.VIEW_CHANNELS)
def channels(request: TenantRequest) -> HttpResponse:
    cards = _cards()
    context = {
        "cards": cards,
        "warned": sum(bool(card.warnings) for card in cards),
        "may_manage": request.member.may(Permission.MANAGE_CHANNELS),
    }
    return render(request, "channels/list.html" + ("#cards" if request.htmx else ""), context)


@require_POST
@require_permission(Permission.MANAGE_CHANNELS)
def check_now(request: TenantRequest, channel: int) -> HttpResponse:
    """Have the provider asked at once, not tonight; the page follows when it has answered."""
    row = get_object_or_404(Channel.objects.select_related("tenant"), pk=channel)
    check_soon(row, by=request.member)
    messages.success(
        request, _("%(channel)s is being checked; this page follows by itself.") % {"channel": row.name}
    )
    return redirect("channels:list")


def _cards() -> list[Card]:
    told = {row.channel_id: row for row in Health.objects.all()}
    reach = {channel.pk: one for one in reaches() for channel in one.channels}
    stopped = (
        Template.objects.filter(status__in=STOPPED).values_list("account").annotate(n=Count("pk")).order_by()
    )
    paused = dict(stopped)
    rows = Channel.objects.order_by("pk")
    cards = [
        _card(row, told.get(row.pk), reach.get(row.pk), paused.get(row.whatsapp_account_id, 0))
        for row in rows
    ]
    return sorted(cards, key=lambda card: not card.warnings)  # what needs somebody first


def _card(channel: Channel, told: Health | None, reach: Reach | None, paused: int) -> Card:
    label, tone, icon = _state(channel)
    templates = ngettext("%(n)d template is stopped", "%(n)d templates are stopped", paused) % {"n": paused}
    return Card(
        channel,
        label,
        tone,
        icon,
        [*_facts(channel, told, reach)],
        warnings_of(channel, told),
        templates if paused else "",
        f"{reverse('templates:list')}?status=paused",
        (told.checked_at if told else None) or channel.quota_checked_at,
        channel.kind in ASKED,
    )


def _state(channel: Channel) -> tuple[str | Promise, str, str]:
    if not channel.enabled:
        return _("Switched off"), "neutral", "ban"
    if channel.state == ChannelState.CONNECTED:
        return channel.get_state_display(), "success", "circle-check"
    return channel.get_state_display(), "error", "circle-alert"


def _facts(channel: Channel, told: Health | None, reach: Reach | None) -> Iterator[Fact]:
    if channel.quota_limit is not None:
        values = {"used": _number(channel.quota_used or 0), "limit": _number(channel.quota_limit)}
        yield Fact(_("This month"), _("%(used)s of %(limit)s people") % values)
    elif channel.quota_checked_at is not None:
        yield Fact(_("This month"), _("no limit"))
    if told is None or told.checked_at is None:
        return
    if told.status:
        yield Fact(_("Quality"), *QUALITIES.get(told.quality, NOT_RATED))
        yield Fact(_("People in 24 hours"), _reach(told, reach))
    if told.throughput:
        yield Fact(_("Throughput"), _pace(told))
    if told.token_valid is not None:
        yield Fact(_("Access token"), _token(told))


def _reach(told: Health, reach: Reach | None) -> str:
    if not told.tier or reach is None:
        return _("not told")
    if reach.limit is None:
        return _("%(used)s written to first, no limit") % {"used": _number(reach.used)}
    values = {"used": _number(reach.used), "limit": _number(reach.limit)}
    return _("%(used)s of %(limit)s written to first") % values


def _pace(told: Health) -> str:
    pace = told.throughput or 0
    text = ngettext("%(n)s message a second", "%(n)s messages a second", pace) % {"n": _number(pace)}
    return _("%(pace)s, shared with the phone app") % {"pace": text} if told.shared_with_phone else text


def _token(told: Health) -> str:
    if not told.token_valid:
        return _("not valid")
    if told.token_expires_at is None:
        return _("does not expire")
    return _("until %(day)s") % {"day": date_format(timezone.localtime(told.token_expires_at), "DATE_FORMAT")}


def _number(value: int) -> str:
    return number_format(value, force_grouping=True)
