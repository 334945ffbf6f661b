"""What providers say that we do not know: counted, so that somebody notices before it matters."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from django.db import connection

from channels.adapters.base import ChannelKind

COUNT_SQL = """
INSERT INTO channels_sighting (kind, what, value, count, first_at, last_at)
SELECT kind, what, value, count, now(), now()
FROM unnest(%s::varchar[], %s::varchar[], %s::varchar[], %s::bigint[]) AS seen (kind, what, value, count)
ORDER BY kind, what, value
ON CONFLICT (kind, what, value)
DO UPDATE SET count = channels_sighting.count + excluded.count, last_at = excluded.last_at
"""


def count_sightings(seen: Iterable[tuple[ChannelKind | str, str]]) -> None:
    """Count names as adapters give them: "field:flows", "code:131999", "malformed"."""
    counts = Counter((str(kind), *_split(name)) for kind, name in seen if name)
    if not counts:
        return
    kinds, whats, values = zip(*counts, strict=True)
    with connection.cursor() as cursor:
        cursor.execute(COUNT_SQL, [list(kinds), list(whats), list(values), list(counts.values())])


def _split(name: str) -> tuple[str, str]:
    what, _colon, value = name.partition(":")
    return what[:20], value[:120]
