"""Each event takes effect once, however often it is delivered and whoever absorbs it."""

from __future__ import annotations

from collections.abc import Collection

from tenants.prepared import prepared_cursor

# In order of the keys: two batches with the same events wait for each other instead of deadlocking.
# Which ones were new is told only where some were not: nearly always all are.
GUARD_SQL = """
WITH taken AS (
    INSERT INTO channels_seenevent (key) SELECT key FROM unnest(%s::uuid[]) AS key ORDER BY key
    ON CONFLICT DO NOTHING RETURNING key
)
SELECT CASE WHEN count(*) < %s THEN coalesce(array_agg(key), '{}') END FROM taken
"""


def take_up(keys: Collection[str]) -> set[str]:
    """Those of `keys` (hexadecimal) that nobody took up before; they are ours if this transaction commits."""
    if not keys:
        return set()
    with prepared_cursor(len(keys)) as cursor:
        cursor.execute(GUARD_SQL, ["{" + ",".join(keys) + "}", len(keys)])
        (some,) = cursor.fetchone()
        return set(keys) if some is None else {key.hex for key in some}
