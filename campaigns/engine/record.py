"""Recording what became of requests: outcomes and counters in one statement, under the lease that marked them.

A row that a webhook has already moved on, or whose lease went to another worker, is left as it is.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import nullcontext

import structlog
from django.db import InterfaceError, OperationalError, connection, transaction

from campaigns.engine.accept import accept, plain
from campaigns.engine.charges import give_back
from campaigns.engine.lease import Lease
from campaigns.engine.reasons import added_sql, counted_sql, key_sql
from campaigns.engine.result import Result
from campaigns.engine.standing import answered_sql
from tenants.arrays import numbers, texts
from tenants.crash import reached
from tenants.prepared import prepared_cursor

log = structlog.get_logger(__name__)
LONGEST_ANSWER = 2_000  # characters kept of an answer that was not an acceptance


# A report may have come before the answer: it has settled its part already, or refused an earlier one.
_RECORD = f"""
WITH result AS (
    SELECT * FROM unnest(%(ids)s::bigint[], %(parts)s::int[], %(part_states)s::smallint[], %(provider_ids)s::text[],
                         %(reasons)s::text[], %(codes)s::text[], %(answers)s::text[], %(tried)s::int[])
        AS result(id, part, part_state, provider_id, reason, code, answer, tried)
),
locked AS (
    SELECT r.id, r.part, r.part_states, r.reason AS old_reason, r.provider_code AS old_code
    FROM campaigns_recipient r
    WHERE r.id = ANY(%(ids)s::bigint[]) AND r.tenant_id = %(tenant)s AND r.shard_id = %(shard)s
      AND r.state = 1 AND r.lease = %(lease)s
    ORDER BY r.id FOR UPDATE
),
told AS (
    SELECT *, {{states}} AS states, {{news}} AS news FROM result JOIN locked USING (id, part)
),
written AS (
    UPDATE campaigns_recipient r SET
        state = {{standing}}, part = coalesce(array_position(told.states, 0::smallint) - 1, r.part),
        part_states = told.states, {{provider_ids}}, tries = r.tries + told.tried,
        reason = CASE WHEN told.news AND told.reason <> '' THEN told.reason
                      WHEN 4 = ANY(told.states) THEN told.old_reason ELSE '' END,
        provider_code = CASE WHEN told.news AND told.reason <> '' THEN told.code
                             WHEN 4 = ANY(told.states) THEN told.old_code ELSE '' END,
        provider_answer = CASE WHEN told.news THEN nullif(told.answer, '') END,
        accepted_at = CASE WHEN told.part_state = 3 THEN coalesce(r.accepted_at, clock_timestamp())
                           ELSE r.accepted_at END
    FROM told WHERE r.id = told.id RETURNING r.id, r.state, {key_sql("r")} AS key
),
tally AS (
    SELECT count(*) AS total, count(*) FILTER (WHERE state = 0) AS waiting,
           count(*) FILTER (WHERE state = 2) AS unconfirmed, count(*) FILTER (WHERE state = 3) AS accepted,
           count(*) FILTER (WHERE state = 4) AS partial, count(*) FILTER (WHERE state = 5) AS failed,
           {counted_sql("key")} AS reasons
    FROM written
)
UPDATE campaigns_counter c SET
    sending = c.sending - tally.total, waiting = c.waiting + tally.waiting,
    unconfirmed = c.unconfirmed + tally.unconfirmed, accepted = c.accepted + tally.accepted,
    partial = c.partial + tally.partial, failed = c.failed + tally.failed,
    reasons = {added_sql("c.reasons", "tally.reasons")}
FROM tally
WHERE c.tenant_id = %(tenant)s AND c.campaign_id = %(campaign)s AND c.channel_id = %(channel)s AND tally.total > 0
RETURNING array(SELECT id FROM written WHERE state IN (2, 4, 5))
"""  # noqa: S608  (our own SQL)
# Meta: one part and its id; what a report has said of it meanwhile stands.
_RECORD_PART = _RECORD.format(
    standing=answered_sql("told.states"),
    news="part_states[part + 1] = 1",
    states="""CASE WHEN part_states[part + 1] = 1
                   THEN part_states[:part] || part_state || part_states[part + 2:] ELSE part_states END""",
    provider_ids="""provider_ids[told.part + 1] =
            coalesce(nullif(told.provider_id, ''), r.provider_ids[told.part + 1], '')""",
)
# LINE: all parts of the call share one outcome; a multicast names no ids.
_RECORD_ALL = _RECORD.format(
    standing=answered_sql("told.states"),
    news="true",
    states="array_replace(part_states, 1::smallint, part_state)",
    provider_ids="""provider_ids = CASE WHEN told.provider_id = '' THEN r.provider_ids
                            ELSE string_to_array(told.provider_id, ',') END""",
)


def record(lease: Lease, results: Sequence[Result], *, whole: bool) -> None:
    """Write the results and move the counters with them. `whole`: one outcome for all parts (LINE).

    Safe to repeat: a row already written is no longer `sending` under this lease.
    """
    if not results:
        return
    try:
        _record(lease, results, whole=whole)
    except (OperationalError, InterfaceError) as error:
        log.warning("record_repeated", shard=lease.shard_id, error=type(error.__cause__ or error).__name__)
        connection.close()
        _record(lease, results, whole=whole)


def _record(lease: Lease, results: Sequence[Result], *, whole: bool) -> None:
    reached("record.begun")
    if not whole:
        results = _not_accepted(lease, results)
    if results:
        _write(lease, results, whole=whole)
    reached("record.committed")


def _not_accepted(lease: Lease, results: Sequence[Result]) -> Sequence[Result]:
    """Write the plain acceptances. Returns what is left."""
    accepted = [result for result in results if plain(result)]
    if not accepted:
        return results
    written = accept(lease, accepted)
    if written is None:
        return [result for result in results if not plain(result)] if len(accepted) < len(results) else []
    return [result for result in results if result.id not in written]


def _write(lease: Lease, results: Sequence[Result], *, whole: bool) -> None:
    together = transaction.atomic() if lease.priced else nullcontext()
    with together, prepared_cursor(len(results)) as cursor:
        cursor.execute(
            _RECORD_ALL if whole else _RECORD_PART,
            {
                **lease.values,
                "ids": numbers([result.id for result in results]),
                "parts": numbers([result.part for result in results]),
                "part_states": numbers([result.part_state for result in results]),
                "provider_ids": texts([",".join(result.provider_ids) for result in results]),
                "reasons": texts([result.reason for result in results]),
                "codes": texts([result.provider_code[:120] for result in results]),
                "answers": texts([result.answer[:LONGEST_ANSWER] for result in results]),
                "tried": numbers([result.tried for result in results]),
            },
        )
        row = cursor.fetchone()
        # What was refused, or will not be sent after a refusal or a doubt, costs nothing.
        if row and lease.priced:
            give_back(lease.tenant_id, lease.campaign_id, row[0])
