"""Each event takes effect once, however often it is delivered and whoever absorbs it."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from django.db import connection

# In order of the keys: two batches with the same events wait for each other instead of deadlocking.
GUARD_SQL = """
INSERT INTO channels_seenevent (key) SELECT key FROM unnest(%s::uuid[]) AS key ORDER BY key
ON CONFLICT DO NOTHING RETURNING key
"""


def take_up(keys: Collection[UUID]) -> set[UUID]:
    """Those of `keys` that nobody took up before; they are ours if this transaction commits."""
    if not keys:
        return set()
    with connection.cursor() as cursor:
        cursor.execute(GUARD_SQL, [list(keys)])
        return {key for (key,) in cursor.fetchall()}
