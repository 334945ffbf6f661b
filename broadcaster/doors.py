"""What an operator asks across all tenants: plain numbers only."""

from __future__ import annotations

from dataclasses import dataclass

from django.db import connection

from tenants.rehearsing import served

MOST_LISTED = 20


def oldest_due_seconds() -> float:
    """How long the oldest piece of work has been due without anybody taking it; 0 where nothing waits.

    Work of channels that are off or broken does not count: it waits for a person. Nor do rehearsals, where they have a
    worker of their own.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            f"""SELECT coalesce(extract(epoch FROM clock_timestamp() - min(due)), 0) FROM (
                   SELECT min(s.due_at) AS due FROM campaigns_shard s
                   JOIN campaigns_campaign c ON c.id = s.campaign_id
                   JOIN channels_channel ch ON ch.id = s.channel_id
                   WHERE s.state = 0 AND s.held = '' AND s.due_at <= clock_timestamp() AND c.status = 'running'
                     AND ch.enabled AND ch.state = 'connected' AND {served("s.tenant_id")}
                   UNION ALL
                   SELECT min(leased_until) FROM campaigns_shard s
                   WHERE state = 1 AND leased_until < clock_timestamp() AND {served("s.tenant_id")}
                   UNION ALL
                   SELECT min(due_at) FROM conversations_message m
                   WHERE due_at <= clock_timestamp() AND {served("m.tenant_id")}
                   UNION ALL
                   SELECT min(stored_at) FROM channels_arrival
               ) AS waiting"""  # noqa: S608  (our own SQL)
        )
        (seconds,) = cursor.fetchone()
    return round(float(seconds), 1)


@dataclass(frozen=True)
class Backed:
    """People of running campaigns who wait on one channel. `due_s`: for how long its oldest free shard has been due;
    below zero where it is put off. `held`: switched off meanwhile, a member must continue."""

    tenant_id: int
    channel_id: int
    kind: str
    enabled: bool
    state: str
    campaigns: int
    people: int
    due_s: float
    held: bool


def waiting_channels() -> list[Backed]:
    """Channels that running campaigns wait on, those waiting longest first."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"""SELECT ch.tenant_id, ch.id, ch.kind, ch.enabled, ch.state, count(DISTINCT s.campaign_id),
                      sum(s.people)::bigint,
                      coalesce(extract(epoch FROM clock_timestamp() - min(s.due_at) FILTER (WHERE s.state = 0)),
                               0)::float8 AS due_s,
                      bool_or(s.held <> '')
               FROM campaigns_shard s
               JOIN campaigns_campaign c ON c.id = s.campaign_id
               JOIN channels_channel ch ON ch.id = s.channel_id
               WHERE s.state < 2 AND c.status = 'running' AND {served("s.tenant_id")}
               GROUP BY ch.id ORDER BY due_s DESC LIMIT %s""",  # noqa: S608  (our own SQL)
            [MOST_LISTED],
        )
        return [Backed(*row) for row in cursor.fetchall()]
