"""What a member does in a conversation; every answer is the conversation as it is then."""

from __future__ import annotations

from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST

from channels.media import store_upload
from conversations import replies, services
from tenants.models import Member
from tenants.requests import TenantRequest, require_permission
from tenants.roles import Permission
from workspace.inbox.context import conversation_context, find, list_query


@require_POST
@require_permission(Permission.REPLY)
def reply(request: TenantRequest, number: int) -> HttpResponse:
    """Send what was written: the picture first, then the text; both or neither."""
    opened, member = find(request.member, number), request.member
    text, picture = request.POST.get("text", ""), request.FILES.get("picture")
    with transaction.atomic():
        if picture:
            replies.send_reply(opened, by=member, media=store_upload(picture, by=member))
        if text.strip() or not picture:
            replies.send_reply(opened, by=member, text=text)
    return _shown(request, number)


@require_POST
@require_permission(Permission.REPLY)
def join(request: TenantRequest, number: int) -> HttpResponse:
    services.join(find(request.member, number), by=request.member)
    return _shown(request, number)


@require_POST
@require_permission(Permission.ASSIGN)
def assign(request: TenantRequest, number: int) -> HttpResponse:
    """To the member named, or to nobody."""
    chosen = request.POST.get("member", "")
    to = get_object_or_404(Member, pk=chosen) if chosen.isdigit() else None
    services.assign(find(request.member, number), to=to, by=request.member)
    return _shown(request, number)


@require_POST
@require_permission(Permission.REPLY)
def end(request: TenantRequest, number: int) -> HttpResponse:
    services.end_conversation(find(request.member, number), by=request.member)
    return _shown(request, number)


@require_POST
@require_permission(Permission.REPLY)
def reopen(request: TenantRequest, number: int) -> HttpResponse:
    services.reopen(find(request.member, number), by=request.member)
    return _shown(request, number)


def _shown(request: TenantRequest, number: int) -> HttpResponse:
    if not request.htmx:
        return redirect(f"{reverse('inbox:conversation', args=[number])}?{list_query(request)}")
    context = conversation_context(request, find(request.member, number))
    return render(request, "inbox/conversation.html#live", context)
