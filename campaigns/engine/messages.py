"""How many messages of a campaign left: people who were accepted, part by part, for the shopping-link report.

Counted from the people once it has ended, not with every answer: sending is not to carry what only a report asks. What
reports of the providers change afterwards is counted every night, as long as the counters are (`recount`).
"""

from __future__ import annotations

from django.db import connection, transaction

from campaigns.doors import uncounted_campaigns

_COUNT = """
WITH alike AS (
    SELECT channel_id, part_states, count(*) AS people FROM campaigns_recipient
    WHERE tenant_id = %(tenant)s AND campaign_id = %(campaign)s GROUP BY 1, 2
),
parts AS (
    SELECT alike.channel_id, part.number, sum(people) FILTER (WHERE part.state = 3) AS accepted
    FROM alike CROSS JOIN LATERAL unnest(part_states) WITH ORDINALITY AS part(state, number) GROUP BY 1, 2
),
counted AS (
    SELECT channel_id, array_agg(coalesce(accepted, 0)::bigint ORDER BY number) AS messages FROM parts GROUP BY 1
)
UPDATE campaigns_counter c SET messages = counted.messages FROM counted
WHERE c.tenant_id = %(tenant)s AND c.campaign_id = %(campaign)s AND c.channel_id = counted.channel_id
  AND c.messages <> counted.messages
"""


def count_ended_campaigns() -> int:
    """Count what has ended and was not counted yet. Returns how many campaigns."""
    ended = uncounted_campaigns()
    for tenant_id, campaign_id in ended:
        count_messages(tenant_id, campaign_id)
    return len(ended)


def count_messages(tenant_id: int, campaign_id: int) -> None:
    """Write a campaign's messages into its counters, and that they are there."""
    values = {"tenant": tenant_id, "campaign": campaign_id}
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_COUNT, values)
        cursor.execute(
            """UPDATE campaigns_campaign SET counted_at = clock_timestamp()
               WHERE tenant_id = %(tenant)s AND id = %(campaign)s AND finished_at IS NOT NULL""",
            values,
        )
