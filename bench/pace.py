"""Pace: how much of a provider's ceiling one number uses, and how many numbers share a worker.

The sink grants each account its ceiling and refuses what is above it, as Meta does. `pace.80` and `pace.1000` run at
100 and at 300 ms of latency, and the worse one counts; more than one refusal in a thousand breaks them.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator

from bench.dispatch.family import hold
from bench.goals import GOALS, Line
from bench.machine import Machine, counts
from bench.measure import median
from bench.shop import Shop
from channels.adapters.base import ChannelKind

SECONDS = 20
LATENCIES = (100, 300)  # ms
MOST_REFUSED = 0.001


def benchmark(machine: Machine, wanted: Collection[str], runs: int, share: float) -> Iterator[Line]:
    for name in ("pace.80", "pace.1000"):
        if name in wanted:
            yield _one_number(machine, name, float(name.rpartition(".")[2]), runs, max(1.0, SECONDS * share))


def _one_number(machine: Machine, name: str, ceiling: float, runs: int, seconds: float) -> Line:
    shop = Shop.open(name.replace(".", "-"))
    channel = shop.account(ChannelKind.WHATSAPP, pace=ceiling)
    shop.chats(channel, int(ceiling * seconds))
    worst: list[float] = []
    refused: list[float] = []
    for latency in LATENCIES:
        rates = []
        for _ in range(runs):
            with machine.sink("--latency", str(latency), "--ceiling", str(ceiling)) as sink:
                campaign = shop.prepared(channel)
                hold()
                machine.contend("bench.dispatch.product", "", str(campaign.pk), GRAPH_API_URL=sink)
                (seen,) = counts(sink).values()
            refused.append(seen["refused"] / (seen["refused"] + seen["accepted"]))
            rates.append((seen["accepted"] - 1) / seen["seconds"])
        worst.append(median(rates))
    return Line(GOALS[name], min(worst), ceiling, min(worst) / ceiling, held=median(refused) <= MOST_REFUSED)
