"""The one process that sweeps: whatever is due and was not rung for is rung again. No beat, no eta, no countdown."""

from __future__ import annotations

import signal
import threading
from types import FrameType
from typing import Any

import structlog
from django.core.management.base import BaseCommand
from django.db import DatabaseError, connection

from broadcaster.schedule import NIGHTLY_EVERY_S, SWEEP_LOCK, nightly, sweep
from campaigns.engine.times import times

log = structlog.get_logger(__name__)


class Command(BaseCommand):
    help = "Sweep for due work every 15 seconds and run the nightly jobs. One at a time: an advisory lock sees to it."

    def handle(self, *args: Any, **options: Any) -> None:
        stop = threading.Event()

        def end(_signal: int, _frame: FrameType | None) -> None:
            stop.set()

        signal.signal(signal.SIGTERM, end)
        signal.signal(signal.SIGINT, end)
        since_night = NIGHTLY_EVERY_S
        while not stop.is_set():
            try:
                if _mine():
                    sweep()
                    if since_night >= NIGHTLY_EVERY_S:
                        nightly()
                        since_night = 0.0
            except DatabaseError as error:
                log.warning("sweep_failed", error=type(error).__name__)
                connection.close()
            stop.wait(times().sweep)
            since_night += times().sweep


def _mine() -> bool:
    """Whether this process is the one that sweeps; the lock ends with the connection."""
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT EXISTS (SELECT FROM pg_locks WHERE locktype = 'advisory' AND objid = %s AND granted
                              AND pid = pg_backend_pid()) OR pg_try_advisory_lock(%s)""",
            [SWEEP_LOCK, SWEEP_LOCK],
        )
        (mine,) = cursor.fetchone()
    return bool(mine)
