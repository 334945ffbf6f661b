"""The links of a broadcast, frozen when preparing begins: where they lead, and whether that was official then."""

from __future__ import annotations

from campaigns.links.finding import MOST_LINKS, links_in
from campaigns.links.texts import may_hold_links
from campaigns.models import Campaign, CampaignKind, Link
from tenants.sites import is_official


def freeze_links(campaign: Campaign) -> None:
    """Write them down anew, for preparing may begin again before anything was sent. Inside its transaction."""
    Link.objects.filter(campaign=campaign).delete()
    if not campaign.track_links or campaign.kind != CampaignKind.MESSAGE:
        return
    parts = campaign.parts.order_by("position")
    found = [
        (part.position, each)
        for part in parts
        if may_hold_links(part.kind, part.text)
        for each in links_in(part.text)
    ]
    sites = frozenset(campaign.tenant.official_sites)
    Link.objects.bulk_create(
        Link(
            tenant_id=campaign.tenant_id,
            campaign=campaign,
            part=position,
            place=place,
            start=each.start,
            url=each.url,
            official=is_official(each.url, sites),
        )
        for place, (position, each) in enumerate(found[:MOST_LINKS])
    )
