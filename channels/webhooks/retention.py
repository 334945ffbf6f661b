"""How long deliveries are kept: 30 days, by whole partitions of about a day each; and room made ahead of need.

Each night the ids jump to the next partition, so that a partition holds one day's deliveries however few they are,
and dropping it drops that day. Called by the scheduler; each function may run at any time and twice.
"""

from __future__ import annotations

from typing import Any

import structlog
from django.db import OperationalError, connection, transaction

PARTITION = 10_000_000  # ids in one, as in add_rawdelivery_partition()
AHEAD = 4  # empty ones beyond the present: room for 40 million deliveries until the next night
AT_ONCE = 20_000  # rows deleted by one commit

SEQUENCE = "channels_rawdelivery_id_seq"
OLDER_SQL = """
SELECT received_at < now() - interval '20 hours' FROM channels_rawdelivery WHERE id >= %s ORDER BY id LIMIT 1
"""
PARTITIONS_SQL = """
SELECT substring(relname FROM '[0-9]+$')::bigint FROM pg_inherits
JOIN pg_class ON pg_class.oid = inhrelid WHERE inhparent = 'channels_rawdelivery'::regclass ORDER BY 1
"""
# Young deliveries, and old ones nobody has absorbed yet, keep their partition.
STILL_NEEDED_SQL = """
SELECT EXISTS (
    SELECT FROM channels_rawdelivery
    WHERE id >= %(first)s AND id < %(end)s AND received_at > now() - interval '30 days'
) OR EXISTS (
    SELECT FROM channels_arrival, unnest(deliveries) AS delivery WHERE delivery >= %(first)s AND delivery < %(end)s
)
"""
FORGET_SEEN_SQL = """
DELETE FROM channels_seenevent WHERE key IN (
    SELECT key FROM channels_seenevent WHERE seen_at < now() - interval '10 days' LIMIT %s
)
"""  # Meta delivers again for 7 days, LINE for less
FORGET_HELD_SQL = (
    "DELETE FROM channels_heldevent WHERE first_at < now() - interval '30 days' AND retry_at IS NULL"
)

log = structlog.get_logger(__name__)


def nightly() -> dict[str, int]:
    """All of it; what was done, in numbers."""
    return {
        "partitions_added": add_partitions(),
        "partitions_begun": int(begin_partition()),
        "partitions_dropped": drop_partitions(),
        "seen_forgotten": forget_seen(),
        "held_forgotten": forget_held(),
    }


def add_partitions() -> int:
    """Make room ahead; how many partitions were added."""
    present = _present()
    return sum(
        _changed("SELECT add_rawdelivery_partition(%s)", [number])
        for number in range(present, present + AHEAD + 1)
    )


def begin_partition() -> bool:
    """Let ids go on in the next partition, where the present one has lasted for a day; whether they do.

    Nobody can draw an id meanwhile: the lock waits for those who are inserting and keeps others waiting.
    """
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET LOCAL lock_timeout = '2s'")
            cursor.execute("LOCK TABLE channels_rawdelivery IN SHARE ROW EXCLUSIVE MODE")
            present = _present()
            cursor.execute(OLDER_SQL, [present * PARTITION])
            row = cursor.fetchone()
            if row is None or not row[0]:
                return False
            cursor.execute("SELECT add_rawdelivery_partition(%s)", [present + 1])
            cursor.execute("SELECT setval(%s, %s, false)", [SEQUENCE, (present + 1) * PARTITION])
    except OperationalError as error:
        log.warning("partition_not_begun", error=type(error).__name__)  # busy: the next night will do
        return False
    return True


def drop_partitions() -> int:
    """Drop those behind the present one that hold nothing young and nothing to be absorbed; how many."""
    present = _present()
    with connection.cursor() as cursor:
        cursor.execute(PARTITIONS_SQL)
        behind = [number for (number,) in cursor.fetchall() if number < present]
    return sum(_drop(number) for number in behind)


def forget_seen() -> int:
    """Forget events that cannot come again; how many."""
    return sum(iter(lambda: _count(FORGET_SEEN_SQL, [AT_ONCE]), 0))


def forget_held() -> int:
    """Forget held events whose deliveries are gone; how many."""
    return _count(FORGET_HELD_SQL)


def _drop(number: int) -> int:
    bounds = {"first": number * PARTITION, "end": (number + 1) * PARTITION}
    if _changed(STILL_NEEDED_SQL, bounds):
        return 0
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET LOCAL lock_timeout = '2s'")
            cursor.execute(f"DROP TABLE channels_rawdelivery_{int(number)}")
    except OperationalError as error:
        log.warning("partition_not_dropped", partition=number, error=type(error).__name__)
        return 0
    return 1


def _present() -> int:
    """The partition the last id was drawn for."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT last_value / {PARTITION} FROM {SEQUENCE}")  # noqa: S608 - our own constants
        return int(cursor.fetchone()[0])


def _changed(sql: str, values: Any) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return bool(cursor.fetchone()[0])


def _count(sql: str, values: Any = None) -> int:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return int(cursor.rowcount)
