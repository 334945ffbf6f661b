"""The door's own connection to PostgreSQL: asynchronous, outside Django's, opened again after it broke."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any, LiteralString

import psycopg
import structlog
from django.db import connection as django_connection

ANSWER_S = 1.8  # LINE logs a failure after 2 seconds, so a later answer is worth nothing

log = structlog.get_logger(__name__)


class DatabaseAway(Exception):
    """The database did not answer in time; nothing can be promised."""


class Database:
    """One connection in autocommit mode, for the event loop that uses it first."""

    def __init__(self) -> None:
        self._connection: psycopg.AsyncConnection[tuple[Any, ...]] | None = None
        self._opening = asyncio.Lock()

    async def execute(self, sql: LiteralString, values: Sequence[object]) -> list[tuple[Any, ...]]:
        """Rows of one statement, committed. A connection that died while idle is replaced and the statement sent
        again: it may then have run twice, which callers allow for. Raises DatabaseAway."""
        was_open = self._connection is not None
        try:
            async with asyncio.timeout(ANSWER_S):
                try:
                    return await self._execute(sql, values)
                except psycopg.OperationalError:
                    await self.close()
                    if not was_open:
                        raise
                    return await self._execute(sql, values)
        except (psycopg.OperationalError, TimeoutError) as error:
            log.warning("door_database_away", error=type(error).__name__)
            await self.close()
            raise DatabaseAway from error

    async def close(self) -> None:
        broken, self._connection = self._connection, None
        if broken is not None:
            await broken.close()

    async def _execute(self, sql: LiteralString, values: Sequence[object]) -> list[tuple[Any, ...]]:
        connection = await self._open()
        # Few statements, each a thousand times over: planned once, as the engine's are (docs/adr/0022).
        cursor = await connection.execute(sql, values, prepare=True)
        return await cursor.fetchall() if cursor.description else []

    async def _open(self) -> psycopg.AsyncConnection[tuple[Any, ...]]:
        async with self._opening:
            if self._connection is None:
                given = django_connection.get_connection_params()
                # Django's cursors and adapters stay with Django.
                wanted = {
                    key: value for key, value in given.items() if key not in ("cursor_factory", "context")
                }
                self._connection = await psycopg.AsyncConnection.connect(autocommit=True, **wanted)
            return self._connection
