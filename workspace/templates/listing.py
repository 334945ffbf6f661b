"""The list of templates: one row a name and account, with all its languages."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Any
from urllib.parse import urlencode

from django.db.models import Q, QuerySet, TextField
from django.db.models.functions import Cast
from django.http import HttpResponse, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.views.decorators.http import require_GET

from channels.models import WhatsAppAccount
from templates_app.languages import language_name
from templates_app.lifecycle import Category, Quality, Status
from templates_app.models import AccountSync, Template
from tenants.requests import TenantRequest, require_permission
from tenants.roles import Permission
from workspace.templates.looks import Look, in_one_line, quality_look, status_look

PAGE = 25
MAX_WORDS = 100
NAMES = ("q", "status", "category", "language", "quality", "account")
_WORST = [Quality.LOW, Quality.MEDIUM, Quality.HIGH, Quality.UNKNOWN]


@dataclass(frozen=True)
class Language:
    """One language of a name, with the state it is in."""

    url: str
    name: str
    look: Look


@dataclass(frozen=True)
class Row:
    name: str
    url: str
    text: str
    account: str
    category: str | Promise
    languages: list[Language]
    quality: Look
    updated_at: datetime


@require_GET
@require_permission(Permission.VIEW_TEMPLATES)
def template_list(request: TenantRequest) -> HttpResponse:
    wanted = {name: value for name in NAMES if (value := request.GET.get(name, "").strip())}
    found = narrow(Template.objects.present(), wanted)
    keys = list(_past(_names(found), request.GET)[: PAGE + 1])
    accounts = list(WhatsAppAccount.objects.order_by("pk"))
    context = {
        "rows": list(_rows(found, keys[:PAGE])),
        "next": _link(wanted, keys[PAGE - 1]) if len(keys) > PAGE else "",
        "first": _link(wanted) if "after" in request.GET else "",
        "filtered": bool(wanted),
        "wanted": wanted,
        "accounts": accounts,
        "statuses": [choice for choice in Status.choices if choice[0] != Status.DELETED],
        "categories": Category.choices,
        "qualities": Quality.choices,
        "languages": _languages(),
        "syncs": syncs(),
        "manages": request.member.may(Permission.MANAGE_TEMPLATES),
        "now": timezone.now(),
    }
    page = "whatsapp_templates/list.html" + ("#overview" if request.htmx else "")
    return render(request, page, context)


def narrow(templates: QuerySet[Template], wanted: dict[str, str]) -> QuerySet[Template]:
    """By words in name and text, and by exact values; an unknown value finds nothing."""
    for name in ("status", "category", "language", "quality"):
        if value := wanted.get(name):
            templates = templates.filter(**{name: value})
    if account := wanted.get("account"):
        templates = templates.filter(account_id=int(account[:18]) if account.isdecimal() else None)
    if words := wanted.get("q", "")[:MAX_WORDS]:
        texts = templates.annotate(
            words=Cast("components", TextField()), draft_words=Cast("edited", TextField())
        )
        templates = texts.filter(
            Q(name__icontains=words) | Q(words__icontains=words) | Q(draft_words__icontains=words)
        )
    return templates


def syncs() -> list[dict[str, Any]]:
    """How far the reading of every account is."""
    now = timezone.now()
    rows = AccountSync.objects.select_related("account").order_by("account_id")
    return [{"sync": row, "running": row.running(now)} for row in rows]


def _names(found: QuerySet[Template]) -> QuerySet[Template, tuple[str, int]]:
    return found.order_by("name", "account_id").values_list("name", "account_id").distinct()


def _past(
    names: QuerySet[Template, tuple[str, int]], query: QueryDict
) -> QuerySet[Template, tuple[str, int]]:
    """What stands after the place the cursor names; a broken cursor begins at the beginning."""
    name, _comma, account = query.get("after", "").rpartition(",")
    if not name or not account.isdecimal():
        return names
    return names.filter(Q(name__gt=name) | Q(name=name, account_id__gt=int(account[:18])))


def _rows(found: QuerySet[Template], keys: list[tuple[str, int]]) -> Iterator[Row]:
    here = found.filter(name__in={name for name, _account in keys}).select_related("account")
    ordered = here.order_by("name", "account_id", "language")
    for key, group in groupby(ordered, key=lambda one: (one.name, one.account_id)):
        if key in keys:
            yield _row(list(group))


def _row(templates: list[Template]) -> Row:
    first = templates[0]
    quality = min((Quality(one.quality) for one in templates), key=_WORST.index)
    return Row(
        name=first.name,
        url=_url(first),
        text=in_one_line(first),
        account=first.account.name,
        category=first.get_category_display(),
        languages=[Language(_url(one), one.language_name, status_look(one.status)) for one in templates],
        quality=quality_look(quality),
        updated_at=max(one.updated_at for one in templates),
    )


def _url(template: Template) -> str:
    return reverse("templates:detail", args=[template.pk])


def _languages() -> list[tuple[str, str]]:
    """Those there are templates in."""
    codes = Template.objects.present().order_by("language").values_list("language", flat=True).distinct()
    return [(code, language_name(code)) for code in codes]


def _link(wanted: dict[str, str], key: tuple[str, int] | None = None) -> str:
    query = wanted | ({"after": f"{key[0]},{key[1]}"} if key else {})
    return f"{reverse('templates:list')}?{urlencode(query)}" if query else reverse("templates:list")
