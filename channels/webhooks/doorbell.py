"""Tells the workers that something was stored. A ring may be lost: the scheduler looks too."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

PAUSE_S = 0.05  # rings in between are one


class Doorbell:
    """Rings from an event loop without stopping it: many requests to ring become one publish in a thread."""

    def __init__(self, publish: Callable[[], None]) -> None:
        self._publish = publish
        self._wanted = False
        self._ringing: asyncio.Task[None] | None = None
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="doorbell")

    def ring(self) -> None:
        """Ask for a ring; returns at once."""
        self._wanted = True
        if self._ringing is None:
            self._ringing = asyncio.create_task(self._run())

    async def _run(self) -> None:
        try:
            while self._wanted:
                self._wanted = False
                await asyncio.get_running_loop().run_in_executor(self._thread, self._publish)
                await asyncio.sleep(PAUSE_S)
        finally:
            self._ringing = None

    def close(self) -> None:
        self._thread.shutdown(wait=False, cancel_futures=True)
