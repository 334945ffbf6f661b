"""Statements that a worker runs again and again: where they are about few people, planned once for each connection.

Django hands PostgreSQL every statement as a text with its values in it. For the long ones that mark, record and absorb,
reading and planning takes a millisecond, more than their work where they are about twenty people. Where they are about
hundreds it is little, and a plan that was made without knowing how many there are compares everybody with everybody
(docs/adr/0022-prepared-statements.md).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, Protocol, Self

import psycopg
from django.db import connection

FEW = 64  # rows that a plan may be about which was made for any number


class Cursor(Protocol):
    """What Django's cursor and ours have in common."""

    def execute(self, query: str, params: Any = None) -> Any: ...
    def fetchone(self) -> Any: ...
    def fetchall(self) -> list[Any]: ...


class PreparedCursor(psycopg.Cursor[Any]):
    """Prepares whatever it executes. Values are sent beside the statement, so each needs a place where PostgreSQL can
    tell its type, by a cast or by what it is compared with."""

    def execute(  # type: ignore[override]
        self, query: str, params: Sequence[Any] | Mapping[str, Any] | None = None
    ) -> Self:
        return super().execute(query, params, prepare=True)


@contextmanager
def prepared_cursor(rows: int | None) -> Iterator[Cursor]:
    """For a statement about so many rows: a cursor on Django's connection, within its transaction where there is one;
    Django's own where they are many. None where one plan suits any number: every row is found by its key, and no two
    sets are joined with one another. Raises Django's database errors."""
    if rows is not None and rows > FEW:
        with connection.cursor() as plain:
            yield plain
        return
    connection.ensure_connection()
    raw = connection.connection
    with connection.wrap_database_errors, PreparedCursor(raw) as cursor:
        if raw.prepare_threshold != 0:  # Django turns preparing off; its own cursors never prepare
            raw.prepare_threshold = 0
            # One plan at once, instead of five that look at the values first and cost as much as the work itself.
            raw.execute("SET plan_cache_mode = force_generic_plan")
        yield cursor
