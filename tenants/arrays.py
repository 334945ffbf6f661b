"""Columns of a batch as PostgreSQL array literals, to be cast in the statement: `%s::bigint[]`, `%s::text[]`.

psycopg writes a list of ten thousand values one by one in Python; joining them costs a tenth of that.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence


def numbers(values: Collection[int]) -> str:
    """`{1,2}`. For whole numbers, members of IntegerChoices included."""
    return "{" + ",".join(["%d"] * len(values)) % tuple(values) + "}"


def texts(values: Sequence[str]) -> str:
    """`{"a","b"}`. For any text, strangers' too: every value is quoted, what ends a quotation is escaped."""
    if not values:
        return "{}"
    joined = '","'.join(values)
    if "\\" in joined or joined.count('"') != 2 * (len(values) - 1):
        joined = '","'.join(value.replace("\\", "\\\\").replace('"', '\\"') for value in values)
    return '{"' + joined + '"}'
