"""Ending campaigns: completed is found by query, never by a counter; cancelling empties what is left."""

from __future__ import annotations

import structlog
from django.db import connection, transaction

from campaigns.doors import campaigns_in
from campaigns.engine.charges import give_back
from campaigns.engine.lease import PRICED, Lease
from campaigns.engine.reasons import added_sql, counted_sql, key_sql
from campaigns.engine.recover import doubt_all
from campaigns.engine.times import times
from campaigns.models import Status
from tenants import live
from tenants.crash import reached

log = structlog.get_logger(__name__)


def finish_campaigns() -> int:
    """Complete what is through and carry on with what is being cancelled. Returns how many ended."""
    ended = 0
    for tenant_id, campaign_id in campaigns_in([Status.RUNNING.value]):
        ended += complete(tenant_id, campaign_id)
    for tenant_id, campaign_id in campaigns_in([Status.CANCELLING.value]):
        ended += _cancel(tenant_id, campaign_id)
    return ended


def complete(tenant_id: int, campaign_id: int) -> bool:
    """Completed once no shard is open, so nobody in it waits or is being sent to."""
    return _end(tenant_id, campaign_id, Status.RUNNING, Status.COMPLETED)


def _cancel(tenant_id: int, campaign_id: int) -> bool:
    """Empty every shard nobody holds; those in flight end their window first."""
    while (lease := _take(tenant_id, campaign_id)) is not None:
        doubt_all(lease)
        _empty(lease)
    return _end(tenant_id, campaign_id, Status.CANCELLING, Status.CANCELLED)


def drop_held(tenant_id: int, campaign_id: int, channel_id: int) -> int:
    """Cancel whoever a channel's held shards of a campaign still hold, then complete it where that was all.

    Returns how many shards were emptied.
    """
    emptied = 0
    while (lease := _take(tenant_id, campaign_id, held_on=channel_id)) is not None:
        doubt_all(lease)
        _empty(lease)
        emptied += 1
    complete(tenant_id, campaign_id)
    return emptied


def _end(tenant_id: int, campaign_id: int, before: Status, after: Status) -> bool:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            """UPDATE campaigns_campaign c SET status = %s, finished_at = clock_timestamp(), waiting_for = '{}'
               WHERE c.tenant_id = %s AND c.id = %s AND c.status = %s
                 AND NOT EXISTS (SELECT FROM campaigns_shard s WHERE s.campaign_id = c.id AND s.state < 2)
               RETURNING c.number""",
            [after.value, tenant_id, campaign_id, before.value],
        )
        row = cursor.fetchone()
        if row:
            live.publish(tenant_id, f"campaign-{row[0]}", {"status": after.value})
            live.publish(tenant_id, "campaigns")
            log.info("campaign_ended", tenant=tenant_id, campaign=campaign_id, status=after.value)
            reached("complete.written")
    if row:
        reached("complete.committed")
    return bool(row)


def _take(tenant_id: int, campaign_id: int, *, held_on: int | None = None) -> Lease | None:
    """Lease any shard of the campaign nobody holds; with `held_on` only those held on that channel."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"""UPDATE campaigns_shard SET state = 1, lease = lease + 1,
                      leased_until = clock_timestamp() + make_interval(secs => %s)
               WHERE id = (SELECT id FROM campaigns_shard
                           WHERE tenant_id = %s AND campaign_id = %s
                             AND (%s::bigint IS NULL OR channel_id = %s AND held <> '')
                             AND (state = 0 OR (state = 1 AND leased_until < clock_timestamp()))
                           ORDER BY id FOR UPDATE SKIP LOCKED LIMIT 1)
               RETURNING id, lease, channel_id, {PRICED}""",  # noqa: S608  (our own SQL)
            [times().lease, tenant_id, campaign_id, held_on, held_on],
        )
        row = cursor.fetchone()
    return Lease(row[0], row[1], tenant_id, campaign_id, *row[2:]) if row else None


def _empty(lease: Lease) -> None:
    """Whoever waits is cancelled, or partial where some parts have arrived; then the shard is done."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            f"""WITH locked AS (
                   SELECT id FROM campaigns_recipient
                   WHERE tenant_id = %(tenant)s AND shard_id = %(shard)s AND state = 0 ORDER BY id FOR UPDATE
               ),
               ended AS (
                   UPDATE campaigns_recipient r SET reason = 'cancelled',
                          state = CASE WHEN 3 = ANY(r.part_states) THEN 4 ELSE 7 END
                   FROM locked WHERE r.id = locked.id RETURNING r.id, r.state, {key_sql("r")} AS key
               ),
               tally AS (
                   SELECT count(*) AS total, count(*) FILTER (WHERE state = 4) AS partial,
                          count(*) FILTER (WHERE state = 7) AS cancelled, {counted_sql("key")} AS reasons
                   FROM ended
               ),
               counted AS (
                   UPDATE campaigns_counter c SET
                       waiting = c.waiting - tally.total, partial = c.partial + tally.partial,
                       cancelled = c.cancelled + tally.cancelled,
                       reasons = {added_sql("c.reasons", "tally.reasons")}
                   FROM tally
                   WHERE c.tenant_id = %(tenant)s AND c.campaign_id = %(campaign)s AND c.channel_id = %(channel)s
               ),
               closed AS (
                   UPDATE campaigns_shard SET state = 2, leased_until = NULL
                   WHERE tenant_id = %(tenant)s AND id = %(shard)s AND lease = %(lease)s
               )
               SELECT array(SELECT id FROM ended)""",  # noqa: S608  (our own SQL)
            {
                **lease.values,
            },
        )
        (ended,) = cursor.fetchone()
        if lease.priced:
            give_back(lease.tenant_id, lease.campaign_id, ended)
