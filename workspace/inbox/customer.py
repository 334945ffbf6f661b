"""The customer beside the conversation, and the dialog history: every chat of theirs with its number."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET, require_POST

from campaigns.models import Recipient
from conversations import customers
from conversations.activity import tags_in_use
from conversations.models import Contact, Conversation, ConversationQuerySet, Customer, Session
from tenants.models import Member
from tenants.requests import TenantRequest, require_permission
from tenants.roles import Permission
from workspace.broadcasts.recipients import shown
from workspace.inbox.context import colleagues, find, list_query

PANEL_ROWS = 8  # sessions, broadcasts and other conversations in the panel
PAGE = 100  # chats on a page of the dialog history


def customer_context(request: TenantRequest, opened: Conversation) -> dict[str, Any]:
    """What the panel shows: addresses, tags, member, sessions, broadcasts, other chats."""
    member, customer = request.member, opened.customer
    may_reply = member.may(Permission.REPLY)
    return {
        "conversation": opened,
        "may_reply": may_reply,
        "addresses": Contact.objects.current()
        .filter(customer=customer)
        .select_related("channel")
        .order_by("pk"),
        "may_bind": member.may(Permission.ASSIGN),
        "colleagues": colleagues() if member.may(Permission.ASSIGN) else [],
        "known_tags": [one.tag for one in tags_in_use(Customer.objects.all())][:200] if may_reply else [],
        "sessions": Session.objects.filter(conversation__contact=opened.contact_id).order_by("-closes_at")[
            :PANEL_ROWS
        ],
        "broadcasts": _broadcasts(customer),
        "others": chats_of(customer, member).exclude(pk=opened.pk)[:PANEL_ROWS],
        "query": list_query(request),
        "now": timezone.now(),
    }


def chats_of(customer: Customer, member: Member) -> ConversationQuerySet:
    """The customer's chats that the member may see, the newest first."""
    return Conversation.objects.visible_to(member).filter(customer=customer).order_by("-number")


@require_GET
@require_permission(Permission.VIEW_CONVERSATIONS)
def history(request: TenantRequest, number: int) -> HttpResponse:
    """The dialog history of this chat's customer; `before` is the number the page before ended with."""
    opened, before = find(request.member, number), request.GET.get("before", "")
    rows = chats_of(opened.customer, request.member)
    total = rows.count()
    if before.isascii() and before.isdigit():
        rows = rows.filter(number__lt=int(before[:18]))
    chats = list(rows.select_related("channel", "assignee")[: PAGE + 1])
    more = len(chats) > PAGE
    address = reverse("inbox:history", args=[number])
    context = {
        "opened": opened,
        "chats": chats[:PAGE],
        "total": total,
        "next_page": f"{address}?before={chats[PAGE - 1].number}" if more else "",
        "previous_page": address if before else "",
    }
    return render(request, "inbox/history.html", context)


@require_POST
@require_permission(Permission.REPLY)
def tag(request: TenantRequest, number: int) -> HttpResponse:
    """Add the tag `add`, or take away the tag `remove`."""
    opened = find(request.member, number)
    if removed := request.POST.get("remove", ""):
        customers.remove_tag(opened.customer, removed, by=request.member)
    else:
        customers.add_tag(opened.customer, request.POST.get("add", ""), by=request.member)
    return _panel(request, number)


@require_POST
@require_permission(Permission.ASSIGN)
def bind(request: TenantRequest, number: int) -> HttpResponse:
    """The customer belongs to the member named, or to nobody."""
    chosen = request.POST.get("member", "")
    to = get_object_or_404(Member, pk=chosen) if chosen.isdigit() else None
    customers.bind(find(request.member, number).customer, to=to, by=request.member)
    return _panel(request, number)


def _panel(request: TenantRequest, number: int) -> HttpResponse:
    if not request.htmx:
        return redirect("inbox:conversation", number=number)
    return render(request, "inbox/_customer.html", customer_context(request, find(request.member, number)))


def _broadcasts(customer: Customer) -> list[dict[str, Any]]:
    """The latest broadcasts this person was in, with what became of each."""
    rows = Recipient.objects.filter(contact__customer=customer).order_by("-pk").defer("provider_answer")
    rows = rows.select_related("campaign", "channel", "conversation", "contact__customer")
    return [{"campaign": row.campaign, "person": shown(row)} for row in rows[:PANEL_ROWS]]
