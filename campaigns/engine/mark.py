"""Marking: what is about to leave is committed as `sending` first, under a live lease.

In the same transaction whoever may no longer be sent to is set aside: opted out, window closed.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import structlog
from django.db import InterfaceError, OperationalError, connection, transaction

from campaigns.engine.charges import give_back
from campaigns.engine.groups import Group
from campaigns.engine.lease import Lease
from campaigns.engine.reasons import added_sql, counted_sql, key_sql
from campaigns.models import State
from campaigns.quiet import may_leave
from tenants.arrays import numbers
from tenants.crash import reached
from tenants.prepared import Cursor, prepared_cursor

log = structlog.get_logger(__name__)

# Everybody is found by key, whatever PostgreSQL knows of the table: what stands in a CASE it can neither look up by
# another index nor take for so rare that it compares everybody with everybody (docs/adr/0022).
_MARK = f"""
WITH held AS (
    SELECT s.id FROM campaigns_shard s
    JOIN campaigns_campaign c ON c.id = s.campaign_id
    JOIN channels_channel ch ON ch.id = s.channel_id
    WHERE s.tenant_id = %(tenant)s AND s.id = %(shard)s AND s.lease = %(lease)s AND s.state = 1
      AND s.leased_until > clock_timestamp() AND s.held = ''
      AND c.status = 'running' AND ch.enabled AND ch.state = 'connected'
      AND {may_leave("%(tenant)s")}
    FOR SHARE OF s
),
marked AS (
    UPDATE campaigns_recipient r SET state = 1, lease = %(lease)s, marked_at = clock_timestamp(), {{states}}
    FROM conversations_contact k
    WHERE r.id = ANY(%(ids)s::bigint[]) AND k.id = r.contact_id
      AND CASE WHEN r.shard_id = (SELECT id FROM held) AND r.state = 0 AND k.opted_out_at IS NULL
                    AND (r.closes_at IS NULL OR k.window_closes_at > clock_timestamp()) THEN true ELSE false END
    RETURNING r.id
),
tally AS (SELECT count(*) AS total FROM marked),
counted AS (
    UPDATE campaigns_counter c SET waiting = c.waiting - tally.total, sending = c.sending + tally.total
    FROM tally
    WHERE c.tenant_id = %(tenant)s AND c.campaign_id = %(campaign)s AND c.channel_id = %(channel)s
      AND tally.total > 0
)
SELECT (SELECT count(*) FROM held),
       CASE WHEN tally.total < cardinality(%(ids)s::bigint[]) THEN array(SELECT id FROM marked) END
FROM tally
"""  # noqa: S608  (our own SQL)
_MARK_PART = _MARK.format(states="part_states[r.part + 1] = 1")
_MARK_ALL = _MARK.format(states="part_states = array_replace(r.part_states, 0::smallint, 1::smallint)")

# Of those who were not marked: who may no longer be sent to. Who is locked just now is left for the next lease: others
# are locked here already, and the order would be broken.
_SET_ASIDE = f"""
WITH asked AS (
    SELECT r.id, k.opted_out_at IS NOT NULL AS opted_out,
           r.closes_at IS NOT NULL AND k.window_closes_at > clock_timestamp() IS NOT TRUE AS closed,
           coalesce(k.window_closes_at, r.closes_at) AS closed_at
    FROM campaigns_recipient r
    JOIN conversations_contact k ON k.id = r.contact_id
    WHERE r.id = ANY(%(ids)s::bigint[]) AND r.tenant_id = %(tenant)s AND r.shard_id = %(shard)s AND r.state = 0
    FOR UPDATE OF r SKIP LOCKED
),
aside AS (
    UPDATE campaigns_recipient r
    SET state = CASE WHEN 3 = ANY(r.part_states) THEN 4 ELSE 6 END,
        reason = CASE WHEN asked.opted_out THEN 'opted_out' ELSE 'window_closed' END,
        closes_at = CASE WHEN asked.closed THEN asked.closed_at ELSE r.closes_at END
    FROM asked WHERE r.id = asked.id AND (asked.opted_out OR asked.closed)
    RETURNING r.state, {key_sql("r")} AS key
),
tally AS (
    SELECT count(*) AS total, count(*) FILTER (WHERE state = 4) AS partial,
           count(*) FILTER (WHERE state = 6) AS skipped, {counted_sql("key")} AS reasons
    FROM aside
)
UPDATE campaigns_counter c SET waiting = c.waiting - tally.total,
    partial = c.partial + tally.partial, skipped = c.skipped + tally.skipped,
    reasons = {added_sql("c.reasons", "tally.reasons")}
FROM tally
WHERE c.tenant_id = %(tenant)s AND c.campaign_id = %(campaign)s AND c.channel_id = %(channel)s AND tally.total > 0
"""  # noqa: S608  (our own SQL)


@dataclass(frozen=True)
class Marked:
    """`held` is False where the lease is lost, the campaign or channel stopped, or quiet hours have begun: then nothing
    may be sent."""

    held: bool
    groups: list[Group]


def mark(
    lease: Lease, groups: Sequence[Group], prepare: Callable[[Group], None], *, retry_keys: bool
) -> Marked:
    """Commit the groups as `sending`; only what comes back in `groups` may leave, with its request built.

    With `retry_keys` (LINE) each group becomes one attempt: key, hash of the body and people are kept before
    the first byte leaves, so that a crash can repeat it byte for byte.
    """
    ids = [row.id for group in groups for row in group.rows]
    try:
        return _mark(lease, groups, ids, prepare, retry_keys=retry_keys)
    except (OperationalError, InterfaceError) as error:
        # The connection broke, perhaps while committing: only the rows themselves can say whether we hold them.
        log.warning("mark_interrupted", shard=lease.shard_id, error=type(error.__cause__ or error).__name__)
        connection.close()
        ours = _sending_under(lease, ids)
        kept = [group for group in groups if group.rows and all(row.id in ours for row in group.rows)]
        return Marked(True, kept)


def _mark(
    lease: Lease,
    groups: Sequence[Group],
    ids: list[int],
    prepare: Callable[[Group], None],
    *,
    retry_keys: bool,
) -> Marked:
    with transaction.atomic(), prepared_cursor(None) as cursor:
        cursor.execute(_MARK_ALL if retry_keys else _MARK_PART, {**lease.values, "ids": numbers(sorted(ids))})
        held, confirmed = cursor.fetchone()
        if confirmed is not None:  # not all of them
            marked = set(confirmed)
            if held:
                _set_aside(cursor, lease, [id for id in ids if id not in marked])
            for group in groups:
                group.rows = [row for row in group.rows if row.id in marked]
        kept = [group for group in groups if group.rows]
        for group in kept:
            prepare(group)
        if retry_keys:
            _write_attempts(cursor, lease, [group for group in kept if group.request])
        reached("mark.written")
    reached("mark.committed")
    return Marked(bool(held), kept)


def _set_aside(cursor: Cursor, lease: Lease, ids: list[int]) -> None:
    """Skip those of them who opted out or whose window has closed; their price is theirs again. Whoever is no longer
    waiting stays as they are."""
    cursor.execute(_SET_ASIDE, {**lease.values, "ids": numbers(sorted(ids))})
    if lease.priced:
        give_back(lease.tenant_id, lease.campaign_id, ids)


def _write_attempts(cursor: Cursor, lease: Lease, groups: Sequence[Group]) -> None:
    cursor.execute(
        """WITH attempt AS (
               INSERT INTO campaigns_attempt (tenant_id, campaign_id, channel_id, shard_id, key, body_hash, people,
                                              first_sent_at, request_id)
               SELECT %s, %s, %s, %s, key, hash, people, clock_timestamp(), ''
               FROM unnest(%s::uuid[], %s::bytea[], %s::int[]) AS a(key, hash, people)
           )
           UPDATE campaigns_recipient r SET attempt_id = a.key
           FROM unnest(%s::bigint[], %s::uuid[]) AS a(id, key)
           WHERE r.id = a.id AND r.shard_id = %s""",
        [
            lease.tenant_id,
            lease.campaign_id,
            lease.channel_id,
            lease.shard_id,
            [group.key for group in groups],
            [hashlib.sha256(group.request.body).digest() for group in groups if group.request],
            [len(group.rows) for group in groups],
            [row.id for group in groups for row in group.rows],
            [group.key for group in groups for _row in group.rows],
            lease.shard_id,
        ],
    )


def _sending_under(lease: Lease, ids: list[int]) -> set[int]:
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT r.id FROM campaigns_recipient r JOIN campaigns_shard s ON s.id = r.shard_id
               WHERE r.tenant_id = %s AND s.id = %s AND s.lease = %s AND r.lease = s.lease AND r.state = %s
                 AND r.id = ANY(%s)""",
            [lease.tenant_id, lease.shard_id, lease.number, State.SENDING.value, ids],
        )
        return {row[0] for row in cursor.fetchall()}
