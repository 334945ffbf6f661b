"""Who stands behind a line of the preflight."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_GET

from campaigns.affected import people_behind
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
    code, kind = request.GET.get("code", ""), request.GET.get("channel", "")
    found = people_behind(request.member, draft_of(campaign), code, kind, MOST + 1)
    return render(
        request, "broadcasts/people.html", {"people": found[:MOST], "most": MOST, "more": len(found) > MOST}
    )
