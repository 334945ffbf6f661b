"""How a channel's last answers went."""

from __future__ import annotations

from collections import deque

from campaigns.engine.times import BREAKER_SAMPLE


class Recent:
    """How many of the last answers were of one kind. Says nothing before it has seen enough of them."""

    __slots__ = ("_count", "_last")

    def __init__(self) -> None:
        self._last: deque[bool] = deque(maxlen=BREAKER_SAMPLE)
        self._count = 0

    def note(self, of_the_kind: bool) -> None:
        if len(self._last) == BREAKER_SAMPLE:
            self._count -= self._last[0]
        self._last.append(of_the_kind)
        self._count += of_the_kind

    def more_than(self, share: float) -> bool:
        return len(self._last) == BREAKER_SAMPLE and self._count > BREAKER_SAMPLE * share

    def copy(self) -> Recent:
        other = Recent()
        other._last, other._count = self._last.copy(), self._count
        return other
