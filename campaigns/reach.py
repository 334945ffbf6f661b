"""How many people WhatsApp lets a business begin with in 24 hours, how many it has, and what a broadcast would add.

Meta counts, over all numbers of a business portfolio, the different people who were sent to outside their reply window
in a moving 24 hours, by a broadcast or in a chat. https://developers.facebook.com/docs/whatsapp/messaging-limits
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection
from django.utils import timezone
from django.utils.translation import gettext as _

from channels.adapters.base import ChannelKind
from channels.health.warnings import HealthWarning, warnings_of
from channels.models import Channel, Health
from tenants.scopes import current_tenant

SPAN = timedelta(hours=24)

# Whose limit a number of the row `ch` shares, with its health in the row `h`: its portfolio's, as far as that was told.
OWNER_SQL = "coalesce(nullif(h.portfolio, ''), 'account ' || ch.whatsapp_account_id, 'channel ' || ch.id)"

# Everybody begun with since, and when: those who may have been are among them. By address, for a person who is written
# to from two numbers counts once. A campaign that ended before that span reached nobody in it; its recipients are found
# by the campaign. Of a template in a chat the window is told by what the customer wrote before.
REACHED_SQL = """
SELECT recipient.address, coalesce(recipient.accepted_at, recipient.marked_at) AS at
FROM campaigns_campaign AS campaign JOIN campaigns_recipient AS recipient ON recipient.campaign_id = campaign.id
WHERE campaign.tenant_id = %(tenant)s AND campaign.kind = 'template' AND campaign.started_at IS NOT NULL
  AND (campaign.finished_at IS NULL OR campaign.finished_at >= %(since)s)
  AND recipient.channel_id = ANY(%(channels)s)
  AND (recipient.accepted_at >= %(since)s OR recipient.state IN (1, 2) AND recipient.marked_at >= %(since)s)
  AND (recipient.closes_at IS NULL OR recipient.closes_at <= recipient.accepted_at)
UNION ALL
SELECT contact.address, message.at
FROM conversations_message AS message JOIN conversations_contact AS contact ON contact.id = message.contact_id
WHERE message.tenant_id = %(tenant)s AND message.template_id IS NOT NULL AND message.at >= %(since)s
  AND contact.channel_id = ANY(%(channels)s)
  AND message.direction = 'out' AND message.status IN ('accepted', 'delivered', 'read')
  AND NOT EXISTS (SELECT FROM conversations_message AS answer
                  WHERE answer.contact_id = contact.id AND answer.direction = 'in'
                    AND answer.at > message.at - interval '24 hours' AND answer.at <= message.at)
"""


@dataclass(frozen=True)
class Reach:
    """Of the channels that share a limit: people in 24 hours, those begun with already. `limit` None: there is none."""

    channels: tuple[Channel, ...]
    limit: int | None
    used: int

    @property
    def left(self) -> int | None:
        return None if self.limit is None else max(0, self.limit - self.used)


def reaches(now: datetime | None = None) -> list[Reach]:
    """Every limit of the tenant's WhatsApp numbers. Those whose portfolio was never told share one by their account."""
    now = now or timezone.now()
    told = Health.objects.filter(channel__kind=ChannelKind.WHATSAPP).exclude(tier="")
    groups: dict[str, list[Health]] = {}
    for row in told.select_related("channel").order_by("channel"):
        groups.setdefault(row.portfolio or f"account {row.channel.whatsapp_account_id}", []).append(row)
    return [
        Reach(
            tuple(row.channel for row in rows),
            min((row.reach for row in rows if row.reach is not None), default=None),
            _reached([row.channel_id for row in rows], now),
        )
        for rows in groups.values()
    ]


def health_warnings(channels: Iterable[Channel], people: Mapping[int, int]) -> list[HealthWarning]:
    """What to know before a template is sent to so many `people`, by channel id: what is wrong with the channels, and
    limits that they together would exceed. The gravest first. Inside a tenant's scope."""
    concerned = [channel for channel in channels if people.get(channel.pk)]
    told = {row.channel_id: row for row in Health.objects.filter(channel__in=concerned)}
    found = [warning for channel in concerned for warning in warnings_of(channel, told.get(channel.pk))]
    if any(channel.kind == ChannelKind.WHATSAPP for channel in concerned):
        found += [warning for reach in reaches() if (warning := _beyond(reach, people))]
    return sorted(found, key=lambda warning: not warning.grave)


def _beyond(reach: Reach, people: Mapping[int, int]) -> HealthWarning | None:
    planned = sum(people.get(channel.pk, 0) for channel in reach.channels)
    if reach.left is None or planned <= reach.left:
        return None
    text = _(
        "WhatsApp lets you write first to %(limit)s people in 24 hours. You have written to %(used)s, this broadcast "
        "has %(planned)s: %(over)s of them will wait until they may be. People whose reply window is open do not count."
    )
    values = {
        "limit": f"{reach.limit:,}",
        "used": f"{reach.used:,}",
        "planned": f"{planned:,}",
        "over": f"{planned - reach.left:,}",
    }
    channel = next(channel for channel in reach.channels if people.get(channel.pk))
    return HealthWarning("beyond_tier", channel, text % values, True)


def _reached(channel_ids: list[int], now: datetime) -> int:
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT count(DISTINCT address) FROM ({REACHED_SQL}) AS reached",  # noqa: S608  (our own SQL)
            {"tenant": current_tenant().pk, "since": now - SPAN, "channels": channel_ids},
        )
        (count,) = cursor.fetchone()
    return int(count)
