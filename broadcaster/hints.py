"""The last live hints a web process has heard, for pages that begin to listen only now.

Between asking for a page and listening, things happen. What a page missed is told it first; a page that missed nothing
asks nothing again.
"""

from __future__ import annotations

import json
import time
from collections import deque
from collections.abc import Callable, Collection
from urllib.parse import parse_qs

KEPT_S = 300.0
MOST = 20_000  # hints kept; of a busier process pages look again without need
SLACK_S = (
    3.0  # for the way from the browser: it looks again by itself where that takes longer (static/js/live.js)
)
ANYTHING = "{}"  # the hint that names no topic: everything may have changed


class Hints:
    """`clock` tells seconds that never go back."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._heard: deque[tuple[float, str, str]] = deque()  # when, to which tenant's name, of which topic
        self._whole_since = float("inf")  # from then on none is missing

    def begin(self) -> None:
        """From now on every hint is heard."""
        self._heard.clear()
        self._whole_since = self._clock()

    def lose(self) -> None:
        """Nothing is heard until the next `begin`."""
        self._whole_since = float("inf")

    def note(self, name: str, topic: str) -> None:
        now = self._clock()
        self._heard.append((now, name, topic))
        while len(self._heard) > MOST or self._heard[0][0] < now - KEPT_S:
            self._whole_since = max(self._whole_since, self._heard.popleft()[0])

    def missed(self, name: str, topics: Collection[str], age: float | None) -> list[str]:
        """What to tell a page of the tenant that was asked for `age` seconds ago: a hint for each of its topics that
        changed since, or the one that names none where this process has not heard all of that time. A page that says
        no age (None) is told nothing."""
        if age is None:
            return []
        since = self._clock() - age - SLACK_S
        if since < self._whole_since:
            return [ANYTHING]
        changed = {topic for at, whose, topic in self._heard if at >= since and whose == name}
        return [json.dumps({"topic": topic}) for topic in sorted(changed.intersection(topics))]


def age_in(query: bytes) -> float | None:
    """Seconds, of `age` in milliseconds in the query of an address; None where none is said that can be."""
    age = parse_qs(query.decode("latin-1")).get("age", [""])[0]
    return int(age) / 1000 if age.isascii() and age.isdigit() and len(age) <= 12 else None
