"""What an operator asks across all tenants: plain numbers only."""

from __future__ import annotations

from django.db import connection


def oldest_due_seconds() -> float:
    """How long the oldest piece of work has been due without anybody taking it; 0 where nothing waits.

    Work of channels that are off or broken does not count: it waits for a person.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT coalesce(extract(epoch FROM clock_timestamp() - min(due)), 0) FROM (
                   SELECT min(s.due_at) AS due FROM campaigns_shard s
                   JOIN campaigns_campaign c ON c.id = s.campaign_id
                   JOIN channels_channel ch ON ch.id = s.channel_id
                   WHERE s.state = 0 AND s.due_at <= clock_timestamp() AND c.status = 'running'
                     AND ch.enabled AND ch.state = 'connected'
                   UNION ALL
                   SELECT min(leased_until) FROM campaigns_shard
                   WHERE state = 1 AND leased_until < clock_timestamp()
                   UNION ALL
                   SELECT min(due_at) FROM conversations_message WHERE due_at <= clock_timestamp()
                   UNION ALL
                   SELECT min(stored_at) FROM channels_arrival
               ) AS waiting"""
        )
        (seconds,) = cursor.fetchone()
    return round(float(seconds), 1)
