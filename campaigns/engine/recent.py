"""How a channel's last answers went."""

from __future__ import annotations

from campaigns.engine.times import BREAKER_SAMPLE

_ALL = (1 << BREAKER_SAMPLE) - 1


class Recent:
    """How many of the last answers were of one kind. Says nothing before it has seen enough of them."""

    __slots__ = ("_last", "_seen")

    def __init__(self) -> None:
        self._last = 0  # a bit for each answer, the last one lowest
        self._seen = 0

    def note(self, of_the_kind: bool) -> None:
        self._last = (self._last << 1 | of_the_kind) & _ALL
        self._seen += 1

    def more_than(self, share: float) -> bool:
        return self._seen >= BREAKER_SAMPLE and self._last.bit_count() > BREAKER_SAMPLE * share

    def copy(self) -> Recent:
        other = Recent()
        other._last, other._seen = self._last, self._seen
        return other
