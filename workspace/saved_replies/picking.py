"""Picking a saved reply: for an answer in a chat, its variables filled in; for a broadcast, as it is written."""

from __future__ import annotations

from typing import Any

from django.db.models import Case, F, IntegerField, Value, When
from django.http import HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from channels.adapters import ADAPTERS
from conversations.models import SavedReply
from conversations.saved_replies import plain_shortcut
from conversations.variables import render as fill_in
from conversations.variables import values_of
from tenants.requests import TenantRequest, require_permission
from tenants.roles import Permission
from workspace.broadcasts.files import described
from workspace.inbox.context import find
from workspace.saved_replies.views import MAX_SEARCH

MOST = 30  # offered at once; who types on sees fewer and the right ones


@require_GET
@require_permission(Permission.REPLY)
def pick(request: TenantRequest) -> HttpResponse:
    """Options for what is typed (`q`): shortcuts that begin with it first, one's own before the team's. `chat` is
    the chat number for which variables are filled in."""
    q = request.GET.get("q", "").replace("\x00", "")[:MAX_SEARCH]
    values = _values(request)
    rows = SavedReply.objects.visible_to(request.member).matching(q).select_related("media")
    first = When(shortcut__startswith=plain_shortcut(q) or "\x01", then=Value(0))
    rank = Case(first, default=Value(1), output_field=IntegerField())
    ordered = rows.annotate(rank=rank).order_by("rank", F("owner").asc(nulls_last=True), "title", "pk")
    options = [(row, fill_in(row.text, values) if values is not None else row.text) for row in ordered[:MOST]]
    return render(request, "saved_replies/_options.html", {"options": options, "q": q})


@require_GET
@require_permission(Permission.REPLY)
def use(request: TenantRequest, saved_reply: int) -> JsonResponse:
    """What is inserted: `text` and `media`; 404 with `error` in words where it was deleted meanwhile."""
    rows = SavedReply.objects.visible_to(request.member).select_related("media")
    row = rows.filter(pk=saved_reply).first()
    if row is None:
        gone = _("This saved reply was deleted meanwhile. Choose another one.")
        return JsonResponse({"error": gone}, status=404)
    values = _values(request)
    text = row.text if values is None else fill_in(row.text, values)
    return JsonResponse({"title": row.title, "text": text, "media": _media(row)})


def _media(row: SavedReply) -> dict[str, Any] | None:
    return described(row.media, ADAPTERS) if row.media else None


def _values(request: TenantRequest) -> dict[str, str] | None:
    """What the variables stand for in the chat named; None without a chat."""
    chat = request.GET.get("chat", "")
    if not (chat.isascii() and chat.isdigit() and len(chat) <= 18):
        return None
    return values_of(find(request.member, int(chat)))
