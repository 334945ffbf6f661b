"""Group commit: deliveries that arrive together are stored by one statement, and none is answered before its commit."""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque
from collections.abc import Callable
from typing import LiteralString, NamedTuple

from channels.models import DeliverySource
from channels.webhooks.database import Database, DatabaseAway
from tenants.arrays import numbers, texts

GROUP = 500  # deliveries one statement stores at most …
GROUP_BYTES = 4 * 1024 * 1024  # … and their size, unless one alone is larger
REST_S = 0.05  # a commit begins no sooner after the one before, unless …
CROWD = 16  # … so many wait: the web process and PostgreSQL pay for each commit
WAITING_BYTES = 64 * 1024 * 1024  # more than this in memory: the provider is asked to come again

# The arrival is written by the same statement, so it is there exactly when its deliveries are.
STORE_SQL: LiteralString = """
WITH stored AS (
    INSERT INTO channels_rawdelivery (source, source_id, body)
    SELECT * FROM unnest(%s::varchar[], %s::bigint[], %b::bytea[])
    RETURNING id, octet_length(body) AS size
)
INSERT INTO channels_arrival (deliveries, bytes) SELECT array_agg(id ORDER BY id), sum(size) FROM stored
"""


class Delivery(NamedTuple):
    """What passed the door: where it came to, and the bytes that were signed."""

    source: DeliverySource
    source_id: int
    body: bytes


class DeliveryStore:
    """Stores deliveries durably; `stored` is called after each commit."""

    def __init__(self, database: Database, stored: Callable[[], None]) -> None:
        self._database = database
        self._stored = stored
        self._waiting: deque[tuple[Delivery, asyncio.Future[None]]] = deque()
        self._waiting_bytes = 0
        self._flushing: asyncio.Task[None] | None = None
        self._crowded = asyncio.Event()
        self._rested_at = 0.0

    async def add(self, delivery: Delivery) -> None:
        """Returns after the commit. Raises DatabaseAway: nothing is promised, the provider must come again."""
        if self._waiting_bytes + len(delivery.body) > WAITING_BYTES:
            raise DatabaseAway
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append((delivery, done))
        self._waiting_bytes += len(delivery.body)
        if len(self._waiting) >= CROWD:
            self._crowded.set()
        if self._flushing is None:
            self._flushing = asyncio.create_task(self._flush())
        await done

    async def _flush(self) -> None:
        try:
            while self._waiting:
                await self._gather()
                await self._commit(self._take_group())
        finally:
            self._flushing = None

    async def _gather(self) -> None:
        """Let others come along: those who are being read right now, and who comes until it is time."""
        clock = asyncio.get_running_loop().time
        await asyncio.sleep(0)
        if len(self._waiting) < CROWD and clock() < self._rested_at:
            self._crowded.clear()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout_at(self._rested_at):
                    await self._crowded.wait()
        self._rested_at = clock() + REST_S

    def _take_group(self) -> list[tuple[Delivery, asyncio.Future[None]]]:
        group: list[tuple[Delivery, asyncio.Future[None]]] = []
        size = 0
        while self._waiting and len(group) < GROUP:
            size += len(self._waiting[0][0].body)
            if group and size > GROUP_BYTES:
                break
            group.append(self._waiting.popleft())
            self._waiting_bytes -= len(group[-1][0].body)
        return group

    async def _commit(self, group: list[tuple[Delivery, asyncio.Future[None]]]) -> None:
        deliveries = [delivery for delivery, _done in group]
        failure: BaseException = asyncio.CancelledError()
        try:
            await self._database.execute(
                STORE_SQL,
                [
                    texts([delivery.source for delivery in deliveries]),
                    numbers([delivery.source_id for delivery in deliveries]),
                    [delivery.body for delivery in deliveries],
                ],
            )
        except Exception as error:  # noqa: BLE001 - handed to every request of the group, which must not wait for ever
            failure = error
        else:
            self._stored()
            for _delivery, done in group:
                if not done.done():
                    done.set_result(None)
        finally:
            for _delivery, done in group:
                if not done.done():
                    done.set_exception(failure)
