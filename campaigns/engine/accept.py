"""Recording plain acceptances, which nearly all answers of Meta are: one part, one id, and nothing else to tell.

Whoever has a part that was refused or is in doubt, or whose report came before the answer, is left to `record`.
"""

from __future__ import annotations

from collections.abc import Sequence
from operator import attrgetter

from campaigns.engine.lease import Lease
from campaigns.engine.result import Result
from campaigns.models import PartState
from tenants.arrays import numbers, texts
from tenants.prepared import prepared_cursor

# One update that locks nobody beforehand: PostgreSQL asks again about whoever has changed meanwhile. In the CASE stands
# what it must not look people up by, nor take for rare (docs/adr/0022).
_ACCEPT = """
WITH written AS (
    UPDATE campaigns_recipient r SET
        state = CASE WHEN 0 = ANY(r.part_states) THEN 0 ELSE 3 END,
        part = coalesce(array_position(r.part_states, 0::smallint) - 1, r.part),
        part_states[told.part + 1] = 3, provider_ids[told.part + 1] = told.provider_id,
        reason = '', provider_code = '', provider_answer = NULL,
        accepted_at = coalesce(r.accepted_at, clock_timestamp())
    FROM unnest(%(ids)s::bigint[], %(parts)s::int[], %(provider_ids)s::text[]) AS told(id, part, provider_id)
    WHERE r.id = told.id
      AND CASE WHEN r.tenant_id = %(tenant)s AND r.shard_id = %(shard)s AND r.state = 1 AND r.lease = %(lease)s
                    AND r.part = told.part AND r.part_states[r.part + 1] = 1
                    AND NOT r.part_states && '{2,4}'::smallint[] THEN true ELSE false END
    RETURNING r.id, r.state
),
tally AS (
    SELECT count(*) AS total, count(*) FILTER (WHERE state = 0) AS waiting FROM written
),
counted AS (
    UPDATE campaigns_counter c SET sending = c.sending - tally.total, waiting = c.waiting + tally.waiting,
        accepted = c.accepted + tally.total - tally.waiting
    FROM tally
    WHERE c.tenant_id = %(tenant)s AND c.campaign_id = %(campaign)s AND c.channel_id = %(channel)s AND tally.total > 0
)
SELECT CASE WHEN total < cardinality(%(ids)s::bigint[]) THEN array(SELECT id FROM written) END FROM tally
"""


def plain(result: Result) -> bool:
    """Whether an acceptance by one part's own id is all there is to write."""
    return result.part_state is PartState.ACCEPTED and len(result.provider_ids) == 1


def accept(lease: Lease, results: Sequence[Result]) -> set[int] | None:
    """Write plain acceptances, and move the counters with them, in one statement under the lease that marked them.
    Returns the recipients written; None for all of them. The others are left as they are."""
    results = sorted(results, key=attrgetter("id"))  # the order in which everybody locks
    with prepared_cursor(None) as cursor:
        cursor.execute(
            _ACCEPT,
            {
                **lease.values,
                "ids": numbers([result.id for result in results]),
                "parts": numbers([result.part for result in results]),
                "provider_ids": texts([result.provider_ids[0] for result in results]),
            },
        )
        (written,) = cursor.fetchone()
    return None if written is None else set(written)
