"""The links of a broadcast on its page: fetched after it, for every person of the broadcast is looked at."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from campaigns.links.figures import links_of
from tenants.requests import TenantRequest, require_permission
from tenants.roles import Permission
from workspace.broadcasts.visible import campaign_or_404


@require_GET
@require_permission(Permission.VIEW_CAMPAIGNS)
def links(request: TenantRequest, number: int) -> HttpResponse:
    """Each link with how many were sent it and tapped it."""
    campaign = campaign_or_404(request, number)
    return render(request, "links/table.html", {"campaign": campaign, "links": links_of(campaign)})
