"""Somebody who looks at a campaign all the time it runs: its page, its recipients, and both by the API."""

from __future__ import annotations

import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field

from bench.measure import median

PAUSE_S = 0.5  # between two looks
TIMEOUT_S = 30.0


@dataclass
class Asked:
    """Answers of one kind, in the order in which they came: how many seconds each took, and how long after the first
    round it was asked for."""

    seconds: list[float] = field(default_factory=list)
    asked_at: list[float] = field(default_factory=list)

    @property
    def median(self) -> float:
        return median(self.seconds)

    @property
    def worst(self) -> float:
        return max(self.seconds)

    @property
    def text(self) -> str:
        worst = self.worst
        at = self.asked_at[self.seconds.index(worst)]
        return (
            f"median {self.median * 1000:.0f} ms of {len(self.seconds)} asked,"
            f" slowest {worst * 1000:.0f} ms, {at:.0f} s after the launch"
        )


@dataclass(frozen=True)
class Look:
    """An address to look at, as a browser or a program does."""

    kind: str
    url: str
    headers: Mapping[str, str]


class Asker:
    """Asks one look after the other, whole rounds, with pauses, in a thread of its own. What is not answered with 200
    is an error, kept for `result`."""

    def __init__(self, looks: list[Look]) -> None:
        self._looks = looks
        self._asked = {look.kind: Asked() for look in looks}
        self._stop = threading.Event()
        self._error: Exception | None = None
        self._thread = threading.Thread(target=self._run, name="asker")

    @contextmanager
    def asking(self) -> Iterator[None]:
        """While the block runs. The first round is not counted: templates are compiled, connections opened."""
        for look in self._looks:
            _ask(look)
        self._thread.start()
        try:
            yield
        finally:
            self._stop.set()
            self._thread.join()

    def result(self) -> dict[str, Asked]:
        """By kind. Raises what an answer that was none raised."""
        if self._error is not None:
            raise self._error
        return self._asked

    def _run(self) -> None:
        try:
            launched = time.perf_counter()
            while not self._stop.is_set():
                for look in self._looks:
                    begun = time.perf_counter()
                    _ask(look)
                    asked = self._asked[look.kind]
                    asked.seconds.append(time.perf_counter() - begun)
                    asked.asked_at.append(begun - launched)
                    self._stop.wait(PAUSE_S)
        except Exception as error:  # noqa: BLE001  raised again by `result`, in the thread that waits for it
            self._error = error


def _ask(look: Look) -> None:
    """Raises OSError for whatever is not answered with 200; redirects, as to the sign-in page, are no answer."""
    request = urllib.request.Request(look.url, headers=dict(look.headers))  # noqa: S310 (our own address)
    try:
        with urllib.request.urlopen(request, timeout=TIMEOUT_S) as answer:  # noqa: S310
            answer.read()
            if answer.status != 200 or answer.url != look.url:
                raise OSError(f"{look.url} answered {answer.status} at {answer.url}")
    except urllib.error.HTTPError as error:
        with error:  # it holds the connection
            raise OSError(f"{look.url} answered {error.code}") from None
