"""The inbox's pages. One address is one view of it: tab, filter, conversation and selection stand in the URL."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET

from conversations.services import mark_read
from tenants.requests import TenantRequest, require_permission
from tenants.roles import Permission
from workspace.inbox import selecting
from workspace.inbox.context import conversation_context, find, list_context, read_filter, wants
from workspace.inbox.customer import customer_context


@require_GET
@require_permission(Permission.VIEW_CONVERSATIONS)
def conversation_list(request: TenantRequest) -> HttpResponse:
    """The list; as fragments, its column (`#list`), its rows (`#rows`), or those after a cursor (`#further`). With the
    rows come the tabs, whose counts have changed with them."""
    if not request.GET:
        return redirect(f"{reverse('inbox:list')}?mine=true&status=in_progress")
    for element, fragment in (("list", "list"), ("rows", "fresh"), ("further", "further")):
        if wants(request, element):
            return render(request, f"inbox/list.html#{fragment}", list_context(request))
    return render(request, "inbox/inbox.html", list_context(request))


@require_GET
@require_permission(Permission.VIEW_CONVERSATIONS)
def conversation(request: TenantRequest, number: int) -> HttpResponse:
    """A conversation beside its list; as fragments, the conversation, or only what lives in it (`#thread`).

    It is read once its member, or anybody where it has none, looks at it.
    """
    opened = find(request.member, number)
    if opened.unread and opened.assignee_id in (None, request.member.pk):
        mark_read(opened)
        opened.unread = 0
    context = conversation_context(request, opened)
    if wants(request, "thread"):
        return render(request, "inbox/conversation.html#live", context)
    context |= customer_context(request, opened)
    if wants(request, "conversation"):
        return render(request, "inbox/conversation.html", context)
    return render(request, "inbox/inbox.html", context | list_context(request))


@require_GET
@require_permission(Permission.VIEW_CONVERSATIONS)
def matches(request: TenantRequest) -> HttpResponse:
    """How many conversations a filter finds and on which channels, while it is being chosen."""
    _wanted, conversations = read_filter(request)
    return render(request, "inbox/_matches.html", {"total": selecting.total_of(conversations)})
