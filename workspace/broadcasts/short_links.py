"""The switch for short links, as the composers show it."""

from __future__ import annotations

from dataclasses import dataclass

from django.conf import settings
from django.http import QueryDict

from campaigns.drafts import CampaignDraft
from campaigns.links.codes import any_short_link
from campaigns.links.finding import links_in


@dataclass(frozen=True)
class ShortLink:
    """`needed`: a text has a link; `short` is as long as every short link, `shown` stands for one before it is sent."""

    on: bool
    needed: bool
    short: str
    shown: str


def short_link_of(draft: CampaignDraft) -> ShortLink:
    needed = any(links_in(part.text) for part in draft.parts)
    return ShortLink(draft.track_links, needed, any_short_link(), f"{settings.PUBLIC_URL}/l/…")


def wants_short_links(form: QueryDict) -> bool:
    """What the switch says; on where a form has none."""
    return form.get("track_links", "on") == "on"
