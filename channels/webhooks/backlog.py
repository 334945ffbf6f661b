"""How far absorption has come: for operators, and for whoever watches the installation."""

from __future__ import annotations

from dataclasses import dataclass

from django.db import connection

BACKLOG_SQL = """
SELECT
    (SELECT coalesce(sum(cardinality(deliveries)), 0) FROM channels_arrival),
    (SELECT extract(epoch FROM now() - min(stored_at)) FROM channels_arrival),
    count(*) FILTER (WHERE state = 'unmatched' AND retry_at IS NOT NULL),
    count(*) FILTER (WHERE state = 'unmatched' AND retry_at IS NULL),
    count(*) FILTER (WHERE state = 'quarantined')
FROM channels_heldevent
"""


@dataclass(frozen=True)
class Backlog:
    """Deliveries not absorbed yet and the seconds the oldest waits; events waiting for their message, given up after
    24 hours, and quarantined."""

    deliveries: int
    oldest_s: float
    unmatched: int
    given_up: int
    quarantined: int


def read_backlog() -> Backlog:
    with connection.cursor() as cursor:
        cursor.execute(BACKLOG_SQL)
        deliveries, oldest_s, unmatched, given_up, quarantined = cursor.fetchone()
    return Backlog(int(deliveries), float(oldest_s or 0), unmatched, given_up, quarantined)
