"""The thread that marks and records while the sender sends: database work never holds up the network."""

from __future__ import annotations

import os
import queue
import threading
from collections.abc import Callable
from typing import Any, TypeVar

from django.db import connection

T = TypeVar("T")
Job = tuple[Callable[[], Any], Callable[[Any], None]]


class Clerk:
    """Does jobs in order on a thread with its own database connection; what follows runs on the caller's thread.

    A job that raises ends the work: `collect` raises its error, and what was not done stays leased. `bell` is a
    descriptor that can be read while something is there to collect.
    """

    def __init__(self) -> None:
        self._jobs: queue.SimpleQueue[Job | None] = queue.SimpleQueue()
        self._done: queue.SimpleQueue[tuple[Any, Callable[[Any], None], Exception | None]] = (
            queue.SimpleQueue()
        )
        self.waiting = 0  # jobs given whose results have not been collected
        self.bell, self._rope = os.pipe()
        os.set_blocking(self.bell, False)
        self._thread = threading.Thread(target=self._work, name="clerk", daemon=True)
        self._thread.start()

    def give(self, job: Callable[[], T], then: Callable[[T], None]) -> None:
        """Queue `job`; `then` gets its result in a later `collect`."""
        self.waiting += 1
        self._jobs.put((job, then))

    def collect(self, timeout: float = 0.0) -> None:
        """Run what follows from finished jobs, waiting up to `timeout` seconds for the first. Raises a job's error."""
        self._quieten()
        while self.waiting:
            try:
                result, then, error = self._done.get(block=timeout > 0, timeout=timeout or None)
            except queue.Empty:
                return
            timeout = 0.0
            self.waiting -= 1
            if error is not None:
                raise error
            then(result)

    def close(self) -> None:
        """Finish what was given, then end the thread and its connection."""
        self._jobs.put(None)
        self._thread.join()
        os.close(self.bell)
        os.close(self._rope)

    def _work(self) -> None:
        while (entry := self._jobs.get()) is not None:
            job, then = entry
            try:
                self._done.put((job(), then, None))
            except Exception as error:  # noqa: BLE001  handed to the caller's thread, which raises it
                self._done.put((None, then, error))
            os.write(self._rope, b".")
        connection.close()

    def _quieten(self) -> None:
        try:
            os.read(self.bell, 4096)
        except BlockingIOError:
            return  # nobody has rung
