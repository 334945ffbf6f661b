"""The pages of saved replies: list and search, write, change, delete."""

from __future__ import annotations

from collections.abc import Callable

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import translation
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from conversations.models import SavedReply
from conversations.saved_replies import (
    Draft,
    change_saved_reply,
    create_saved_reply,
    delete_saved_reply,
)
from conversations.variables import LABELS
from tenants.errors import Invalid
from tenants.requests import TenantRequest, require_permission
from tenants.roles import Permission
from workspace.broadcasts.setup import EMOJI
from workspace.saved_replies.forms import SavedReplyForm
from workspace.saved_replies.shown import Entry

MAX_SEARCH = 100  # characters


@require_GET
@require_permission(Permission.REPLY)
def saved_reply_list(request: TenantRequest) -> HttpResponse:
    """The team's and one's own, by title; `q` searches, `whose` is "team", "mine" or both."""
    member, q = request.member, request.GET.get("q", "").replace("\x00", "")[:MAX_SEARCH]
    whose = request.GET.get("whose", "")
    rows = SavedReply.objects.visible_to(member).matching(q).select_related("media", "owner")
    if whose in ("team", "mine"):
        rows = rows.filter(owner__isnull=whose == "team")
    entries = [Entry(row, row.may_be_changed_by(member)) for row in rows.order_by("title", "pk")]
    context = {"entries": entries, "q": q, "whose": whose}
    fragment = "#list" if request.htmx and request.htmx.target == "list" else ""
    return render(request, f"saved_replies/list.html{fragment}", context)


@require_http_methods(["GET", "POST"])
@require_permission(Permission.REPLY)
def new(request: TenantRequest) -> HttpResponse:
    """Write one; whoever keeps the team's starts with one for the team."""
    initial = {"team": request.member.may(Permission.MANAGE_SAVED_REPLIES)}
    form = SavedReplyForm(request.POST or None, request.FILES or None, initial=initial)
    return _write(request, form, None, lambda draft: create_saved_reply(request.member, draft))


@require_http_methods(["GET", "POST"])
@require_permission(Permission.REPLY)
def edit(request: TenantRequest, saved_reply: int) -> HttpResponse:
    """Change one that one may change; others are shown as they are."""
    row = find(request, saved_reply)
    form = SavedReplyForm(request.POST or None, request.FILES or None, initial=SavedReplyForm.initial_of(row))
    return _write(request, form, row, lambda draft: change_saved_reply(row, request.member, draft))


@require_POST
@require_permission(Permission.REPLY)
def delete(request: TenantRequest, saved_reply: int) -> HttpResponse:
    row = find(request, saved_reply)
    delete_saved_reply(row, request.member)
    messages.success(request, _("“%(title)s” was deleted.") % {"title": row.title})
    return redirect("saved_replies:list")


def find(request: TenantRequest, pk: int) -> SavedReply:
    """One that the member may use; else 404."""
    rows = SavedReply.objects.visible_to(request.member).select_related("media", "owner")
    return get_object_or_404(rows, pk=pk)


def _write(
    request: TenantRequest,
    form: SavedReplyForm,
    row: SavedReply | None,
    save: Callable[[Draft], SavedReply],
) -> HttpResponse:
    status = 200
    if request.method == "POST":
        status = 422
        form.is_valid()
        form.take_file(request.member)
        if form.is_valid():
            try:
                saved = save(form.draft())
            except Invalid as error:
                form.add_faults(error)
            else:
                messages.success(request, _("“%(title)s” is saved.") % {"title": saved.title})
                return redirect("saved_replies:list")
    context = {
        "form": form,
        "row": row,
        "media": form.kept_media(),
        "may_change": row is None or row.may_be_changed_by(request.member),
        "may_share": request.member.may(Permission.MANAGE_SAVED_REPLIES),
        "variables": LABELS.items(),
        "emoji": EMOJI[translation.get_language() or "en"],
    }
    return render(request, "saved_replies/edit.html", context, status=status)
