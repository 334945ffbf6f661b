"""Who stands behind a line of the preflight."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_GET

from campaigns.affected import chats_behind
from campaigns.drafts import draft_of
from campaigns.models import Campaign
from tenants.requests import TenantRequest
from workspace.broadcasts.access import for_senders

MOST = 200  # more are better looked at in the inbox


@require_GET
@for_senders
def behind(request: TenantRequest, number: int) -> HttpResponse:
    """The people of one outcome on one kind of channel, for the composer's dialog."""
    campaign = get_object_or_404(Campaign, number=number, created_by=request.member)
    chats = list(
        chats_behind(
            request.member,
            draft_of(campaign),
            request.GET.get("code", ""),
            request.GET.get("channel", ""),
            MOST + 1,
        )
    )
    return render(
        request, "broadcasts/people.html", {"chats": chats[:MOST], "most": MOST, "more": len(chats) > MOST}
    )
