"""When nothing more is expected: what no report has settled by then goes back, and the campaign's books are closed."""

from __future__ import annotations

from datetime import timedelta

import structlog
from django.db import connection, transaction

from campaigns.doors import overdue_campaigns
from campaigns.engine.charges import give_back_whatever
from campaigns.engine.times import times

log = structlog.get_logger(__name__)
# A message may be delivered for thirty days, the longest validity of a template; and a day for its report.
HORIZON = timedelta(days=31)
CHUNK = 5_000  # people


def close_overdue() -> int:
    """Give back what is still held for campaigns that ended before the horizon. Returns how many there were."""
    overdue = overdue_campaigns(HORIZON * times().scale)
    for tenant_id, campaign_id in overdue:
        chunks = close(tenant_id, campaign_id)
        log.info("campaign_past_horizon", tenant=tenant_id, campaign=campaign_id, chunks=chunks)
    return len(overdue)


def close(tenant_id: int, campaign_id: int) -> int:
    """Give back what is still held for a campaign that has ended; returns in how many chunks of people."""
    chunks = 0
    after: int | None = 0
    while after is not None:
        with transaction.atomic():
            following = _chunk_end(tenant_id, campaign_id, after)
            if following is not None:
                give_back_whatever(tenant_id, campaign_id, after, CHUNK)
                chunks += 1
        after = following
    return chunks


def _chunk_end(tenant_id: int, campaign_id: int, after: int) -> int | None:
    """The last contact of the next chunk; None where there is nobody more."""
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT max(contact_id) FROM (
                   SELECT contact_id FROM campaigns_recipient
                   WHERE tenant_id = %s AND campaign_id = %s AND contact_id > %s
                   ORDER BY contact_id LIMIT %s) AS chunk""",
            [tenant_id, campaign_id, after, CHUNK],
        )
        (last,) = cursor.fetchone()
    return None if last is None else int(last)
