"""One leased shard on its way out: what is next, what is in flight, how much may be."""

from __future__ import annotations

import heapq
import itertools
import time
from collections import deque
from collections.abc import Iterable, Iterator, Sequence

from campaigns.engine.groups import Group, Script
from campaigns.engine.lease import Lease, Row
from campaigns.engine.recent import Recent
from campaigns.engine.times import BREAKER_SHARE, LARGEST_WINDOW, LOST_SHARE, SMALLEST_WINDOW, WINDOW_SECONDS
from campaigns.models import PartState

FIRST_ANSWERS = 20  # a provider's latency is the mean of so many; from then on each moves it by that part


class Flow:
    """Knows no database and no network: the sender asks it what to do. Times are monotonic seconds."""

    def __init__(self, lease: Lease, script: Script, rows: Sequence[Row], again: Sequence[Group]) -> None:
        self.lease = lease
        self.script = script
        self.queue: deque[Group] = deque(script.group(rows))
        self.ready: deque[Group] = deque(again)  # marked: may be sent once there is a token
        self.in_flight = 0
        self.marking = 0  # groups given to the clerk to mark
        self.resting = 0.0  # longest pause the shard was told to make
        self.apart: dict[int, float] = {}  # recipient -> when their own pause is over
        self.stopped = False  # lease lost, campaign or channel stopped, deadline reached
        self._unmarked = _requests(self.queue, script)
        self._before: Flow | None = None
        self._later: list[tuple[float, int, Group]] = []
        self._order = itertools.count()
        self._rate = max(limit.rate for limit in script.limits.values())
        self._latency, self._answers = 0.1, 0
        self._failures, self._losses = Recent(), Recent()

    @property
    def window(self) -> int:
        """Requests that may be in doubt at once: as many as the rate needs at this latency, or in a tenth of a second,
        where a quick provider would have them marked one by one. Never more."""
        needed = self._rate * max(self._latency * 1.2, WINDOW_SECONDS)
        return max(SMALLEST_WINDOW, min(LARGEST_WINDOW, int(needed)))

    @property
    def wanted(self) -> int:
        """How many more groups to mark now: one half of a window is sent while the next is marked."""
        window, ready = self.window, len(self.ready)
        if self.stopped or self.marking or ready >= max(SMALLEST_WINDOW, window // 2):
            return 0
        return max(0, min(window - ready, len(self.queue)))

    @property
    def idle(self) -> bool:
        """Nothing of it is under way."""
        return not (self.in_flight or self.marking or self.ready or self._pending())

    @property
    def exhausted(self) -> bool:
        return self.idle and (self.stopped or not self.queue)

    @property
    def ending(self) -> bool:
        """Everybody's last request is marked: only answers are still to come."""
        return not self.queue and self._unmarked <= 0

    def next_groups(self, count: int) -> list[Group]:
        groups = [self.queue.popleft() for _ in range(min(count, len(self.queue)))]
        self._unmarked -= len(groups)
        return groups

    def put_back(self, groups: Sequence[Group]) -> None:
        """There are no tokens for these: they are the next ones again."""
        self.queue.extendleft(reversed(groups))
        self._unmarked += len(groups)

    def leaving(self, now: float) -> Iterator[Group]:
        """Marked groups to hand to the network, as many as may be in flight."""
        while self._later and self._later[0][0] <= now:
            self.ready.appendleft(heapq.heappop(self._later)[2])
        if not self.ready:
            return
        most = self.window - (self._before.in_flight if self._before else 0)
        while self.ready and self.in_flight < most:
            yield self.ready.popleft()

    def succeed(self, before: Flow) -> None:
        """Go on where the channel's former shard is ending: with its pace, within the same window."""
        self._before, before._before = before, None
        self._latency, self._answers = before._latency, before._answers
        self._failures, self._losses = before._failures.copy(), before._losses.copy()

    def answered(self, latency: float, *, channel_failed: bool = False, lost: bool = False) -> None:
        self._answers += 1
        # The first tell more than what was assumed before them.
        self._latency += (latency - self._latency) / min(self._answers, FIRST_ANSWERS)
        if channel_failed:
            self._failures.note(self._answers)
        if lost:
            self._losses.note(self._answers)

    @property
    def failing(self) -> bool:
        """More than a fifth of the last fifty answers failed for the channel's sake."""
        return self._failures.more_than(BREAKER_SHARE, self._answers)

    @property
    def losing(self) -> bool:
        """More than half of the last fifty answers were lost: whoever is sent to now ends in doubt."""
        return self._losses.more_than(LOST_SHARE, self._answers)

    def go_on(self, group: Group) -> None:
        """The next part of the same person comes before anybody new."""
        self.queue.extendleft(reversed(list(self.script.group(group.rows))))

    def split(self, group: Group) -> None:
        """Halve a refused call: the bad address ends up alone."""
        middle = (len(group.rows) + 1) // 2
        for half in (group.rows[middle:], group.rows[:middle]):
            self.queue.extendleft(self.script.group(half))

    def without(self, group: Group, named: Sequence[int]) -> None:
        """A call again, without those who spoilt it."""
        self.queue.extendleft(self.script.group([row for row in group.rows if row.id not in named]))

    def rest(self, pause: float) -> None:
        """Somebody waits again; the shard comes back after the longest pause."""
        self.resting = max(self.resting, pause)

    def rest_apart(self, group: Group, pause: float) -> None:
        """These people alone wait: the shard does not wait with them."""
        over = time.monotonic() + pause
        self.apart |= {row.id: over for row in group.rows}

    def pauses(self) -> dict[int, float]:
        """Recipient -> seconds of their own pause that are left."""
        now = time.monotonic()
        return {id: max(0.0, over - now) for id, over in self.apart.items()}

    def repeat(self, group: Group, pause: float) -> None:
        """The same request once more after `pause` seconds."""
        heapq.heappush(self._later, (time.monotonic() + pause, next(self._order), group))

    def _pending(self) -> bool:
        return bool(self._later) and not self.stopped


def _requests(groups: Iterable[Group], script: Script) -> int:
    """How many requests it takes until everybody has had all parts, if all goes well."""
    if script.retry_keys:
        return sum(1 for _group in groups)
    return sum(row.states.count(PartState.WAITING) for group in groups for row in group.rows)
