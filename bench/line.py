"""LINE with one text for all: people per second of processor time, against the LINE SDK's asynchronous push."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from bench.dispatch.family import ours
from bench.goals import GOALS, Line
from bench.machine import Machine
from bench.measure import interleaved, median
from bench.shop import SAME_FOR_ALL, Shop
from channels.adapters.base import ChannelKind

PEOPLE = 20_000
PUSHED = 2_000


def benchmark(machine: Machine, wanted: Collection[str], runs: int, share: float) -> Iterator[Line]:
    shop = Shop.open("line")
    channel = shop.account(ChannelKind.LINE)
    shop.chats(channel, int(PEOPLE * share))
    with machine.sink() as sink:
        mine, theirs = interleaved(
            runs,
            lambda: ours(machine, shop, channel, sink, SAME_FOR_ALL),
            lambda: machine.contend("bench.dispatch.line_sdk", sink, str(int(PUSHED * share))),
        )
    yield Line(
        GOALS["line.multicast"],
        median(run.count / run.cpu for run in mine),
        median(run.count / run.cpu for run in theirs),
        median(other.cpu_each / one.cpu_each for one, other in zip(mine, theirs, strict=True)),
    )
