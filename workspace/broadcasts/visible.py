"""Which campaigns a member may look at."""

from __future__ import annotations

from django.db.models import Exists, OuterRef
from django.shortcuts import get_object_or_404

from campaigns.models import Campaign, Link
from campaigns.reports import campaigns_visible_to
from tenants.requests import TenantRequest


def campaign_or_404(request: TenantRequest, number: int) -> Campaign:
    """One's own, or any of the team's for those who see all; others are as if they were not.

    `has_links` says whether it has short links."""
    seen = campaigns_visible_to(request.member).select_related("created_by")
    has_links = Exists(Link.objects.filter(campaign=OuterRef("pk")))
    return get_object_or_404(seen.annotate(has_links=has_links), number=number)
