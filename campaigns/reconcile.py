"""Whether what is held for each campaign is what its unsettled parts cost: invariant 6 of docs/credit.md."""

from __future__ import annotations

from django.db import connection

from billing.reconcile import Difference

# Over all tenants, the operator's view. Who is through has nothing held for what never left.
_HELD = """
WITH priced AS (
    SELECT id, tenant_id, number, currency, direct FROM campaigns_campaign c
    WHERE (reserved > 0 OR direct <> '{}') AND status <> 'refused' AND (settled_at IS NULL OR %(all)s)
),
told AS (
    SELECT c.id, c.tenant_id, c.number, c.currency,
           coalesce(sum(p.price) FILTER (WHERE p.charge IS NULL AND NOT r.channel_id = ANY(c.direct)), 0) AS held,
           coalesce(sum(p.price) FILTER (WHERE p.charge IS NULL AND r.channel_id = ANY(c.direct)), 0) AS direct,
           coalesce(sum(least(p.charge, p.price))
                    FILTER (WHERE p.charge > 0 AND NOT r.channel_id = ANY(c.direct)), 0) AS captured,
           coalesce(sum(greatest(-p.charge, p.charge - p.price))
                    FILTER (WHERE NOT p.charge BETWEEN 0 AND p.price AND NOT r.channel_id = ANY(c.direct)), 0) AS lost
    FROM priced c LEFT JOIN campaigns_recipient r ON r.campaign_id = c.id AND r.charges IS NOT NULL
    LEFT JOIN LATERAL unnest(r.prices, r.charges) AS p(price, charge) ON true
    GROUP BY 1, 2, 3, 4
),
kept AS (
    SELECT told.*, coalesce(h.reserved - h.captured - h.released, 0) AS open, coalesce(h.captured, 0) AS spent,
           coalesce(h.lost, 0) AS borne,
           coalesce((SELECT sum(d.reserved - d.captured - d.released) FROM channels_directcost d
                     WHERE d.tenant_id = told.tenant_id AND d.subject = 'campaign:' || told.number), 0) AS open_direct
    FROM told LEFT JOIN billing_reservation h
        ON h.tenant_id = told.tenant_id AND h.subject = 'campaign:' || told.number
)
SELECT tenant_id, currency, 'campaign:' || number, rule, expected::bigint, found::bigint
FROM kept CROSS JOIN LATERAL (VALUES
    ('what is on hold is what the unsettled parts cost', held, open),
    ('what was spent is what the parts say', captured, spent),
    ('what the platform bore is what the parts say', lost, borne),
    ('what is counted towards the budget is what the unsettled parts cost', direct, open_direct)
) AS compared(rule, expected, found)
WHERE expected <> found
"""


def campaign_differences(*, everything: bool = False) -> list[Difference]:
    """Of the campaigns that are not settled, or of every one (`everything`: it reads all their people)."""
    with connection.cursor() as cursor:
        cursor.execute(_HELD, {"all": everything})
        return [Difference(*row) for row in cursor.fetchall()]
