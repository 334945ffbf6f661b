"""How a channel's last answers went."""

from __future__ import annotations

from collections import deque

from campaigns.engine.times import BREAKER_SAMPLE


class Recent:
    """Which of a channel's answers were of one kind, as far back as anybody asks. The others cost nothing."""

    __slots__ = ("_numbers",)

    def __init__(self) -> None:
        self._numbers: deque[int] = deque(maxlen=BREAKER_SAMPLE)

    def note(self, number: int) -> None:
        """The answer of this number, counted from 1, was of the kind."""
        self._numbers.append(number)

    def more_than(self, share: float, answers: int) -> bool:
        """Whether more than this share of the last fifty of so many answers were. Never before there are enough."""
        first = answers - BREAKER_SAMPLE
        return first >= 0 and sum(number > first for number in self._numbers) > BREAKER_SAMPLE * share

    def copy(self) -> Recent:
        other = Recent()
        other._numbers = self._numbers.copy()
        return other
