"""Answers of customers, credited to the campaign they answered: the last one that reached them within
the days that the team has chosen."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from django.db import connection

from campaigns.engine.tally import Shift, write_tally
from tenants.models import Tenant


def note_replies(tenant: Tenant, replied: Mapping[int, datetime]) -> None:
    """`replied`: contact id -> when the customer wrote. Each person counts once per campaign."""
    if not replied:
        return
    contacts = sorted(replied)
    with connection.cursor() as cursor:
        cursor.execute(
            """WITH reply AS (
                   SELECT * FROM unnest(%(contacts)s::bigint[], %(times)s::timestamptz[]) AS r(contact_id, at)
               ),
               credited AS (
                   SELECT reply.at, last.id FROM reply CROSS JOIN LATERAL (
                       SELECT r.id, r.replied_at FROM campaigns_recipient r
                       WHERE r.tenant_id = %(tenant)s AND r.contact_id = reply.contact_id
                         AND r.accepted_at > reply.at - make_interval(days => %(days)s)
                       ORDER BY r.id DESC LIMIT 1
                   ) AS last WHERE last.replied_at IS NULL
               ),
               noted AS (
                   UPDATE campaigns_recipient r SET replied_at = credited.at
                   FROM credited WHERE r.id = credited.id AND r.tenant_id = %(tenant)s AND r.replied_at IS NULL
                   RETURNING r.campaign_id, r.channel_id, r.clicked_at IS NULL AS new
               )
               SELECT campaign_id, channel_id, count(*), count(*) FILTER (WHERE new) FROM noted GROUP BY 1, 2""",
            {
                "contacts": contacts,
                "times": [replied[contact] for contact in contacts],
                "tenant": tenant.pk,
                "days": tenant.attribution_days,
            },
        )
        counted = cursor.fetchall()
    write_tally(
        [
            Shift(tenant.pk, campaign, channel, column, people)
            for campaign, channel, replied, new in counted
            for column, people in (("replied", replied), ("interacted", new))
        ]
    )
