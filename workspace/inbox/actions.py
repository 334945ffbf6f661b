"""What a member does in a conversation; every answer is the conversation as it is then."""

from __future__ import annotations

from django.db import transaction
from django.http import HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from channels.models import Media
from conversations import replies, services
from conversations.models import Conversation, Message
from tenants.errors import DomainError, Invalid, NotAllowed
from tenants.models import Member
from tenants.requests import TenantRequest, require_permission
from tenants.roles import Permission
from workspace.inbox.context import conversation_context, find, list_query
from workspace.inbox.files import attached


@require_POST
@require_permission(Permission.REPLY)
def reply(request: TenantRequest, number: int) -> HttpResponse:
    """Send what was written: the files in their order, then the text; all or nothing."""
    opened, member = find(request.member, number), request.member
    text = request.POST.get("text", "")
    with transaction.atomic():
        files = _files(request, opened)
        for media in files:
            replies.send_reply(opened, by=member, media=media)
        if text.strip() or not files:
            replies.send_reply(opened, by=member, text=text)
    return _shown(request, number)


@require_POST
@require_permission(Permission.REPLY)
def attach(request: TenantRequest, number: int) -> JsonResponse:
    """Keep one file for an answer; the answer is JSON for the reply box: `media`, or `error` in words.

    200 then too: the page expects an answer to show; a status of 400 and more would be an error of the page.
    """
    opened, file = find(request.member, number), request.FILES.get("file")
    try:
        if file is None:
            raise Invalid(_("Choose a file."))
        media = replies.take_file(opened, file, by=request.member)
    except DomainError as error:
        if error.status == NotAllowed.status:
            raise
        return JsonResponse({"error": str(error.message)})
    return JsonResponse({"media": attached(media)}, status=201)


@require_POST
@require_permission(Permission.REPLY)
def again(request: TenantRequest, number: int, message: int) -> HttpResponse:
    """Send a failed reply anew."""
    opened = find(request.member, number)
    failed = get_object_or_404(
        Message.objects.select_related("conversation"), conversation=opened, pk=message
    )
    replies.send_again(failed, by=request.member)
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


def _files(request: TenantRequest, opened: Conversation) -> list[Media]:
    """Those the reply box has uploaded, by their keys, and those that came with the form itself."""
    keys = request.POST.getlist("media")
    known = Media.objects.in_bulk(keys, field_name="key")
    if len(known) < len(set(keys)):
        raise Invalid(_("A file is no longer here. Choose it again; your text is kept."))
    new = [replies.take_file(opened, file, by=request.member) for file in request.FILES.getlist("files")]
    return [known[key] for key in keys] + new


def _shown(request: TenantRequest, number: int) -> HttpResponse:
    if not request.htmx:
        return redirect(f"{reverse('inbox:conversation', args=[number])}?{list_query(request)}")
    context = conversation_context(request, find(request.member, number))
    return render(request, "inbox/conversation.html#live", context)
