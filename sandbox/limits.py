"""Rates as the providers keep them: a bucket that fills steadily."""

import time
from collections.abc import Callable


class Buckets:
    """Token buckets by key, each kept as one number: the time at which it would be full again.

    `clock` gives seconds that never go back.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._full_at: dict[object, float] = {}

    def take(self, key: object, *, per_second: float, burst: float) -> bool:
        """Whether one token of `key` was there; a full bucket holds `burst` of them."""
        now = self._clock()
        full_at = max(self._full_at.get(key, now), now)
        if full_at - now > (burst - 1) / per_second + 1e-9:
            return False
        self._full_at[key] = full_at + 1 / per_second
        return True

    def clear(self) -> None:
        self._full_at.clear()
