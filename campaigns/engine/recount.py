"""The nightly check of the counters against the rows they count. A difference is an error: told, then mended."""

from __future__ import annotations

import json

import structlog
from django.db import connection, transaction

from campaigns.engine.messages import count_messages
from campaigns.engine.reasons import added_sql, key_sql
from campaigns.engine.tally import COLUMNS, term_of
from campaigns.models import DeliveryRank, State

log = structlog.get_logger(__name__)

_TERM = (
    "CASE "
    + " ".join(
        f"WHEN state = {state.value} AND delivery = {rank.value} THEN '{term_of(state, rank)}'"
        for state in State
        for rank in DeliveryRank
    )
    + " END"
)

_PUT_RIGHT = added_sql("reasons", "%(missing)s::jsonb")


def differences(tenant_id: int, campaign_id: int) -> list[tuple[int, str, int, int]]:
    """(channel, term or reason's key, counted, rows) wherever a counter differs from its rows. Empty is right."""
    pairs = ", ".join(f"('{term}', c.{term})" for term in COLUMNS)
    with connection.cursor() as cursor:
        cursor.execute(
            f"""WITH held AS (
                    SELECT c.channel_id, kept.term, kept.n FROM campaigns_counter c
                    CROSS JOIN LATERAL (
                        VALUES {pairs} UNION ALL SELECT key, value::bigint FROM jsonb_each_text(c.reasons)
                    ) AS kept(term, n)
                    WHERE c.tenant_id = %(tenant)s AND c.campaign_id = %(campaign)s
                ),
                rows AS (
                    SELECT channel_id, {_TERM} AS term, count(*) AS n FROM campaigns_recipient
                    WHERE tenant_id = %(tenant)s AND campaign_id = %(campaign)s GROUP BY 1, 2
                    UNION ALL
                    SELECT channel_id, {key_sql("r")}, count(*) FROM campaigns_recipient r
                    WHERE tenant_id = %(tenant)s AND campaign_id = %(campaign)s AND {key_sql("r")} IS NOT NULL
                    GROUP BY 1, 2
                    UNION ALL
                    SELECT channel_id, done.term, count(*) FROM campaigns_recipient r CROSS JOIN LATERAL (
                        VALUES ('replied', r.replied_at), ('clicked', r.clicked_at),
                               ('interacted', coalesce(r.replied_at, r.clicked_at))
                    ) AS done(term, at)
                    WHERE tenant_id = %(tenant)s AND campaign_id = %(campaign)s AND done.at IS NOT NULL
                    GROUP BY 1, 2
                )
                SELECT channel_id, term, coalesce(held.n, 0), coalesce(rows.n, 0)
                FROM held FULL JOIN rows USING (channel_id, term)
                WHERE coalesce(held.n, 0) <> coalesce(rows.n, 0) ORDER BY 1, 2""",  # noqa: S608
            {"tenant": tenant_id, "campaign": campaign_id},
        )
        return list(cursor.fetchall())


def recount_campaigns() -> int:
    """Check campaigns that changed within two days; returns how many counters had to be mended."""
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT tenant_id, id FROM campaigns_campaign
               WHERE started_at > clock_timestamp() - interval '2 days' ORDER BY id"""
        )
        recent = cursor.fetchall()
    for tenant_id, campaign_id in recent:
        count_messages(tenant_id, campaign_id)
    return sum(_mend(tenant_id, campaign_id) for tenant_id, campaign_id in recent)


def _mend(tenant_id: int, campaign_id: int) -> int:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            "SELECT id FROM campaigns_counter WHERE tenant_id = %s AND campaign_id = %s ORDER BY id FOR UPDATE",
            [tenant_id, campaign_id],
        )
        found = differences(tenant_id, campaign_id)
        for channel_id, term, counted, rows in found:
            log.error(
                "counter_wrong",
                campaign=campaign_id,
                channel=channel_id,
                term=term,
                counted=counted,
                rows=rows,
            )
            right = f"{term} = %(rows)s" if term in COLUMNS else f"reasons = {_PUT_RIGHT}"
            cursor.execute(
                f"""UPDATE campaigns_counter SET {right}
                    WHERE tenant_id = %(tenant)s AND campaign_id = %(campaign)s AND channel_id = %(channel)s""",  # noqa: S608
                {
                    "tenant": tenant_id,
                    "campaign": campaign_id,
                    "channel": channel_id,
                    "rows": rows,
                    "missing": json.dumps({term: rows - counted}),
                },
            )
    return len(found)
