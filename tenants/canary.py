"""A canary through every queue each minute: a worker that lives, beats and takes nothing is seen by it.

Heartbeats prove that a process runs, not that it consumes. Whether it does stands in PostgreSQL, on its clock.
"""

from __future__ import annotations

from dataclasses import dataclass

import structlog
from django.conf import settings
from django.db import connection
from kombu.exceptions import OperationalError

from tenants import tasks
from tenants.heartbeat import QUEUES

log = structlog.get_logger(__name__)
EVERY_S = 60.0
MISSED = 3  # rings nobody took, until a queue counts as standing still


@dataclass(frozen=True)
class Singing:
    """`waiting_s`: by queue, since when a ring waits to be taken, 0 where none does. `rung_s`: seconds since the
    scheduler rang last, None where it never has."""

    waiting_s: dict[str, float]
    rung_s: float | None

    @property
    def silent(self) -> list[str]:
        """Queues whose workers take nothing."""
        return [queue for queue, seconds in self.waiting_s.items() if seconds > MISSED * every()]

    @property
    def scheduler_silent(self) -> bool:
        return self.rung_s is not None and self.rung_s > MISSED * every()


def every() -> float:
    return EVERY_S * float(settings.ENGINE_TIME_SCALE)


def ring_due() -> list[str]:
    """Ring for every queue whose last ring is a minute ago; returns which. What nobody takes in time is dropped, so
    that rings do not pile up in a queue that stands still."""
    with connection.cursor() as cursor:
        cursor.execute(
            """INSERT INTO tenants_canary AS c (queue, rung_at, waiting_since)
               SELECT queue, clock_timestamp(), clock_timestamp() FROM unnest(%s::text[]) AS q(queue)
               ON CONFLICT (queue) DO UPDATE
               SET rung_at = clock_timestamp(), waiting_since = coalesce(c.waiting_since, clock_timestamp())
               WHERE c.rung_at <= clock_timestamp() - make_interval(secs => %s)
               RETURNING queue""",
            [list(QUEUES), every()],
        )
        due = [queue for (queue,) in cursor.fetchall()]
    for queue in due:
        try:
            tasks.take_canary.apply_async(queue=queue, expires=every(), retry=False)
        except (OperationalError, OSError) as error:
            log.warning("doorbell_lost", task="take_canary", error=type(error).__name__)
    return due


def listen() -> Singing:
    """How long each queue has left its canary waiting."""
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT queue, coalesce(extract(epoch FROM clock_timestamp() - waiting_since), 0)::float8,
                      extract(epoch FROM clock_timestamp() - rung_at)::float8
               FROM tenants_canary"""
        )
        rows = cursor.fetchall()
    waiting = {queue: round(seconds, 1) for queue, seconds, _rung in rows}
    return Singing(
        {queue: waiting.get(queue, 0.0) for queue in QUEUES}, min((rung for *_, rung in rows), default=None)
    )
