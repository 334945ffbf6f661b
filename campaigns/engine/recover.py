"""What a dead worker left behind in a shard that is leased anew: rows still `sending` under an older lease."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from uuid import UUID

from django.db import connection, transaction

from campaigns.engine.charges import give_back
from campaigns.engine.groups import Group, Script
from campaigns.engine.lease import Lease, Row, rows_of
from campaigns.engine.reasons import added_sql, counted_sql, key_sql
from campaigns.engine.standing import answered_sql
from campaigns.engine.times import times
from campaigns.models import State
from channels.adapters.base import Reason

DOUBTED = "array_replace(r.part_states, 1::smallint, 2::smallint)"  # what was being sent may have left


def recover(lease: Lease, script: Script) -> list[Group]:
    """Settle the rows in doubt; returns the LINE groups that go again under their own key.

    Where the provider forgets nothing (retry keys) the same bytes go again while it remembers the key.
    Everywhere else they may have left: unconfirmed, until a webhook names the attempt. Whose part a webhook
    has proved already waits for the next part: nothing of theirs is in doubt.
    """
    rows = rows_of(lease, State.SENDING)
    if not rows:
        return []
    groups = _repeatable(lease, script, rows) if script.retry_keys else []
    again = {row.id for group in groups for row in group.rows}
    _doubt(lease, [row.id for row in rows if row.id not in again])
    _adopt(lease, sorted(again))
    return groups


def doubt_all(lease: Lease) -> None:
    """Nothing of this shard goes again: whoever was being sent to is in doubt."""
    _doubt(lease, [row.id for row in rows_of(lease, State.SENDING)])


def _repeatable(lease: Lease, script: Script, rows: Sequence[Row]) -> list[Group]:
    by_attempt: dict[UUID, list[Row]] = {}
    for row in rows:
        if row.attempt:
            by_attempt.setdefault(row.attempt, []).append(row)
    groups = []
    for key, body_hash, people in _live_attempts(lease, list(by_attempt)):
        group = Group(by_attempt[key], key=key, sent=1)  # it may have been
        script.prepare(group)
        # Fewer people or other bytes than the first time would be another request under the same key.
        same = group.request is not None and hashlib.sha256(group.request.body).digest() == body_hash
        if same and len(group.rows) == people:
            groups.append(group)
    return groups


def _live_attempts(lease: Lease, keys: list[UUID]) -> list[tuple[UUID, bytes, int]]:
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT key, body_hash, people FROM campaigns_attempt
               WHERE tenant_id = %s AND shard_id = %s AND key = ANY(%s)
                 AND first_sent_at > clock_timestamp() - make_interval(secs => %s)""",
            [lease.tenant_id, lease.shard_id, keys, times().retry_key_life],
        )
        return [(key, bytes(body_hash), people) for key, body_hash, people in cursor.fetchall()]


def _adopt(lease: Lease, ids: list[int]) -> None:
    """Take the rows over: from now on this lease may record them, the old one may not."""
    if ids:
        with connection.cursor() as cursor:
            cursor.execute(
                """UPDATE campaigns_recipient SET lease = %s
                   WHERE tenant_id = %s AND shard_id = %s AND state = %s AND id = ANY(%s)""",
                [lease.number, lease.tenant_id, lease.shard_id, State.SENDING.value, ids],
            )


def _doubt(lease: Lease, ids: list[int]) -> None:
    if not ids:
        return
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            f"""WITH locked AS (
                   SELECT id FROM campaigns_recipient
                   WHERE tenant_id = %(tenant)s AND shard_id = %(shard)s AND state = 1 AND id = ANY(%(ids)s)
                   ORDER BY id FOR UPDATE
               ),
               settled AS (
                   UPDATE campaigns_recipient r
                   SET state = {answered_sql(DOUBTED)}, part_states = {DOUBTED},
                       part = coalesce(array_position(r.part_states, 0::smallint) - 1, r.part),
                       reason = CASE WHEN 1 = ANY(r.part_states) THEN %(reason)s ELSE r.reason END
                   FROM locked WHERE r.id = locked.id RETURNING r.state, {key_sql("r")} AS key
               ),
               tally AS (
                   SELECT count(*) AS total, count(*) FILTER (WHERE state = 0) AS waiting,
                          count(*) FILTER (WHERE state = 2) AS unconfirmed,
                          count(*) FILTER (WHERE state = 3) AS accepted,
                          count(*) FILTER (WHERE state = 4) AS partial, count(*) FILTER (WHERE state = 5) AS failed,
                          {counted_sql("key")} AS reasons
                   FROM settled
               )
               UPDATE campaigns_counter c SET
                   sending = c.sending - tally.total, waiting = c.waiting + tally.waiting,
                   unconfirmed = c.unconfirmed + tally.unconfirmed, accepted = c.accepted + tally.accepted,
                   partial = c.partial + tally.partial, failed = c.failed + tally.failed,
                   reasons = {added_sql("c.reasons", "tally.reasons")}
               FROM tally
               WHERE c.tenant_id = %(tenant)s AND c.campaign_id = %(campaign)s AND c.channel_id = %(channel)s""",  # noqa: S608  (our own SQL)
            {
                **lease.values,
                "ids": ids,
                "reason": Reason.ANSWER_LOST.value,
            },
        )
        if lease.priced:
            give_back(lease.tenant_id, lease.campaign_id, ids)
