"""A campaign over time: its counters, looked at every sweep while they change.

Nothing is counted twice and the hot path pays nothing: a look is one row, made from counters that are kept anyway. The
older a campaign the further apart its looks, a hundredth of its age, so that a week of late reports costs hundreds of
rows, not tens of thousands.
"""

from __future__ import annotations

from django.db import connection

from campaigns.engine.times import times

FOLLOWED_DAYS = 30  # after its start


def note_moments() -> int:
    """Keep how every campaign that changed stands now; returns how many were kept. Across tenants, in one statement."""
    with connection.cursor() as cursor:
        cursor.execute(
            """INSERT INTO campaigns_moment (tenant_id, campaign_id, at, sent, delivered, read, replied)
               SELECT c.tenant_id, c.id, clock_timestamp(), now.sent, now.delivered, now.read, now.replied
               FROM campaigns_campaign c
               CROSS JOIN LATERAL (
                   SELECT sum(n.accepted + n.delivered + n.read) AS sent, sum(n.delivered + n.read) AS delivered,
                          sum(n.read) AS read, sum(n.replied) AS replied
                   FROM campaigns_counter n WHERE n.campaign_id = c.id AND n.tenant_id = c.tenant_id
               ) AS now
               LEFT JOIN LATERAL (
                   SELECT m.at, m.sent, m.delivered, m.read, m.replied FROM campaigns_moment m
                   WHERE m.campaign_id = c.id AND m.tenant_id = c.tenant_id ORDER BY m.at DESC LIMIT 1
               ) AS last ON true
               WHERE c.started_at > clock_timestamp() - make_interval(days => %s) AND now.sent > 0
                 AND coalesce(last.at < clock_timestamp() - greatest(
                         make_interval(secs => %s), (clock_timestamp() - c.started_at) * 0.01), true)
                 AND (now.sent, now.delivered, now.read, now.replied)
                     IS DISTINCT FROM (last.sent, last.delivered, last.read, last.replied)""",
            [FOLLOWED_DAYS, times().sweep * 0.9],
        )
        return int(cursor.rowcount)
