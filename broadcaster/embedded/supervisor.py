"""Keeps the processes of a running product up, and takes all of them down in order."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable, Iterable
from types import FrameType

from broadcaster.embedded.child import Child
from broadcaster.embedded.errors import ServiceError

RESTART_PAUSES_S = (0.0, 1.0, 2.0, 5.0, 10.0)  # after the first, second, … death in a row
STEADY_S = 30.0  # who lived this long has recovered
MAX_DEATHS = 5  # in a row before anything was ready: something is wrong for good


class StopRequested(BaseException):
    """Ctrl-C, SIGTERM or SIGHUP arrived."""


class Supervisor:
    """Starts children, restarts those that die, and stops them together.

    Use as a context: leaving it, for whatever reason, ends every child. Call from the main thread only,
    since it handles signals and Linux ends the children with the thread that started them.
    """

    def __init__(self, report: Callable[[str], None]) -> None:
        self.report = report
        self.children: list[Child] = []
        self._started: dict[str, float] = {}
        self._deaths: dict[str, int] = {}

    def __enter__(self) -> Supervisor:
        # Explicitly: started in the background of a script, SIGINT would be ignored.
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._request_stop)
        return self

    def __exit__(self, *exc: object) -> None:
        self._ignore_signals()
        self.stop()

    def add(self, child: Child) -> None:
        """Start the child and look after it from now on."""
        self.adopt(child)
        child.start()

    def adopt(self, child: Child) -> None:
        """Look after a child that runs already."""
        self.children.append(child)
        self._started[child.name] = time.monotonic()

    def run(self, *steps: Child) -> None:
        """Run children side by side to their ends. Raises ServiceError, with the end of its log, where one fails."""
        try:
            for step in steps:
                step.start()
            while any(step.running for step in steps):
                self.look_after()
                time.sleep(0.05)
        finally:
            for step in steps:
                step.stop()
        for step in steps:
            if step.exit_code:
                raise ServiceError(f"{step.name} failed. The end of {step.log}:\n{step.tail(25)}")

    def wait_until(self, ready: Callable[[], bool], *, seconds: float, what: str) -> None:
        """Wait for the condition, restarting who dies. Raises ServiceError with log ends when it never holds."""
        limit = time.monotonic() + seconds
        while not ready():
            self.look_after()
            hopeless = [child for child in self.children if self._deaths.get(child.name, 0) >= MAX_DEATHS]
            if hopeless or time.monotonic() > limit:
                raise ServiceError(f"{what} did not get ready.{_logs(hopeless or self.children)}")
            time.sleep(0.1)

    def watch(self) -> None:
        """Look after the children until a signal asks to stop (raises StopRequested)."""
        while True:
            self.look_after()
            time.sleep(0.3)

    def look_after(self) -> None:
        """Restart every child that has ended, at once at first, later after a pause."""
        for child in self.children:
            if child.running:
                continue
            now = time.monotonic()
            if child.exit_code is not None:
                steady = now - self._started[child.name] > STEADY_S
                deaths = 1 if steady else self._deaths.get(child.name, 0) + 1
                self._deaths[child.name] = deaths
                pause = RESTART_PAUSES_S[min(deaths, len(RESTART_PAUSES_S)) - 1]
                self._started[child.name] = now + pause
                self.report(f"{child.name} ended with {child.exit_code}; it starts again (log: {child.log})")
                child.stop()
                child.process = None
            if now >= self._started[child.name]:
                self._started[child.name] = now
                child.start()

    def stop(self) -> None:
        """Applications first, all at once, then the servers they need, last started first."""
        servers = [child for child in self.children if child.name in ("postgres", "valkey")]
        applications = [child for child in self.children if child not in servers]
        for child in applications:
            child.ask_to_stop()
        deadline = time.monotonic() + max((child.grace for child in applications), default=0)
        for child in applications:
            child.stop(deadline)
        for child in reversed(servers):
            child.stop()
        self.children.clear()

    def _request_stop(self, number: int, frame: FrameType | None) -> None:
        self._ignore_signals()
        raise StopRequested

    @staticmethod
    def _ignore_signals() -> None:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, _nothing)  # not SIG_IGN: children would inherit that


def _nothing(number: int, frame: FrameType | None) -> None:
    """A second Ctrl-C while we stop already."""


def _logs(children: Iterable[Child]) -> str:
    return "".join(
        f"\n--- {child.name} ({child.log}) ---\n{child.tail()}" for child in children if child.tail()
    )
