"""A channel that was switched off holds whoever waits on it, until a member says what becomes of them.

Held shards are not leased, also after the channel is on again: meanwhile reply windows have closed, offers have
expired, and somebody should look first. The campaign itself goes on over its other channels.
"""

from __future__ import annotations

from dataclasses import dataclass

from django.db import connection

from channels.adapters.base import Reason
from tenants import live


@dataclass(frozen=True)
class Held:
    """The people of one campaign who are held on one channel. `ready`: the channel may be sent through again.
    `closed`: so many of them whose reply window is closed by now; they will be left out."""

    channel_id: int
    channel: str
    kind: str
    ready: bool
    people: int
    closed: int


def hold(tenant_id: int, channel_id: int, reason: Reason) -> int:
    """Hold every unfinished shard on the channel, leased ones too: what their workers have not marked stays. Returns
    how many shards."""
    with connection.cursor() as cursor:
        cursor.execute(
            """WITH held AS (
                   UPDATE campaigns_shard SET held = %s
                   WHERE tenant_id = %s AND channel_id = %s AND state < 2 AND held = '' RETURNING campaign_id
               )
               SELECT c.number, count(*) FROM held JOIN campaigns_campaign c ON c.id = held.campaign_id
               GROUP BY c.number""",
            [reason.value, tenant_id, channel_id],
        )
        touched = cursor.fetchall()
    _tell(tenant_id, [number for number, _shards in touched])
    return sum(shards for _number, shards in touched)


def let_go_on(tenant_id: int, campaign_id: int, channel_id: int) -> int:
    """The held shards of a campaign on a channel become due now. Returns how many."""
    with connection.cursor() as cursor:
        cursor.execute(
            """UPDATE campaigns_shard SET held = '', due_at = clock_timestamp()
               WHERE tenant_id = %s AND campaign_id = %s AND channel_id = %s AND held <> '' AND state < 2""",
            [tenant_id, campaign_id, channel_id],
        )
        return int(cursor.rowcount)


def held_people(tenant_id: int, campaign_id: int) -> list[Held]:
    """Who is held, by channel."""
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT ch.id, ch.name, ch.kind, ch.enabled AND ch.state = 'connected', count(*),
                      count(*) FILTER (WHERE r.closes_at IS NOT NULL
                                         AND k.window_closes_at > clock_timestamp() IS NOT TRUE)
               FROM campaigns_shard s
               JOIN campaigns_recipient r ON r.shard_id = s.id AND r.state IN (0, 1)
               JOIN conversations_contact k ON k.id = r.contact_id
               JOIN channels_channel ch ON ch.id = s.channel_id
               WHERE s.tenant_id = %s AND s.campaign_id = %s AND s.held <> '' AND s.state < 2
               GROUP BY ch.id ORDER BY ch.name""",
            [tenant_id, campaign_id],
        )
        return [Held(*row) for row in cursor.fetchall()]


def _tell(tenant_id: int, numbers: list[int]) -> None:
    for number in numbers:
        live.publish(tenant_id, f"campaign-{number}")
    if numbers:
        live.publish(tenant_id, "campaigns")
