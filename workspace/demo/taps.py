"""Taps on the links of a finished demo broadcast, noted as the door notes them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from random import Random

from campaigns.links.freezing import freeze_links
from campaigns.links.taps import note_robot, note_tap
from campaigns.models import Campaign, Link, Recipient, State

EAGERNESS = (0.42, 0.14)  # who was reached and taps the first link, and each further one
ONCE_MORE = 0.2
PREVIEWED = 0.5  # on WhatsApp, whose server looks at a link when it is sent


def store_taps(campaign: Campaign, recipients: Iterable[Recipient], now: datetime) -> None:
    """Freeze the broadcast's links and have some of the people who got it tap them, before `now`."""
    freeze_links(campaign)
    links = list(Link.objects.filter(campaign=campaign))
    for recipient in recipients:
        if recipient.state != State.ACCEPTED:
            continue
        random = Random(f"taps {campaign.number} {recipient.address}")  # noqa: S311  the same each time
        for link in links:
            _tap(link, recipient, random, now)


def _tap(link: Link, recipient: Recipient, random: Random, now: datetime) -> None:
    if recipient.channel.kind == "whatsapp" and random.random() < PREVIEWED:
        note_robot(link, recipient.pk)
    since = next((at for at in recipient.read_at or () if at), recipient.accepted_at)
    if since is None or random.random() > EAGERNESS[min(link.place, 1)]:
        return
    at = since + timedelta(minutes=random.uniform(0.2, 90))
    while at < now:
        note_tap(link, recipient.pk, at)
        if random.random() > ONCE_MORE:
            return
        at += timedelta(hours=random.uniform(1, 30))
