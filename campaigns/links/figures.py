"""What came of a broadcast's links: to how many each was sent, how many tapped it, and how often."""

from __future__ import annotations

from dataclasses import dataclass

from django.db import connection
from django.db.models import Count, Q, Sum

from campaigns.models import Campaign, Click, Link, PartState


@dataclass(frozen=True)
class LinkFigures:
    """`sent`: people who were sent the text it stands in, one for each person and link (D-17). `people` tapped it,
    `taps` times in all; `robots` counts previews and crawlers, which are neither."""

    link: Link
    sent: int
    people: int = 0
    taps: int = 0
    robots: int = 0


def links_of(campaign: Campaign) -> list[LinkFigures]:
    """Every link of the broadcast, in the order of its texts. Looks at every person of it: for a page of its own."""
    links = list(Link.objects.filter(campaign=campaign))
    if not links:
        return []
    sent = _sent(campaign, sorted({link.part for link in links}))
    clicks = Click.objects.filter(link__in=links).values("link")
    tapped = {
        row["link"]: row
        for row in clicks.annotate(
            people=Count("pk", filter=Q(times__gt=0)), taps=Sum("times"), previews=Sum("robots")
        )
    }
    nobody = {"people": 0, "taps": 0, "previews": 0}
    return [
        LinkFigures(link, sent.get(link.part, 0), row["people"], row["taps"], row["previews"])
        for link in links
        for row in (tapped.get(link.pk, nobody),)
    ]


def _sent(campaign: Campaign, parts: list[int]) -> dict[int, int]:
    """How many people's providers took each of these parts."""
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT asked.part, count(*) FROM campaigns_recipient r CROSS JOIN unnest(%s::int[]) AS asked(part)
               WHERE r.tenant_id = %s AND r.campaign_id = %s AND r.part_states[asked.part + 1] = %s
               GROUP BY asked.part""",
            [parts, campaign.tenant_id, campaign.pk, PartState.ACCEPTED.value],
        )
        return dict(cursor.fetchall())
