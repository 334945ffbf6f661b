"""Our worker against loops and libraries: rate, and processor time per message."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator

from django.db import connection

from bench.dispatch.bodies import write_bodies
from bench.goals import GOALS, Line
from bench.machine import Machine, counts, start
from bench.measure import Run, interleaved, median
from bench.shop import TEXT, Shop
from channels.adapters.base import ChannelKind
from channels.models import Channel

PEERS = {
    "dispatch.cpu_vs_pywa": "bench.dispatch.pywa_client",
    "dispatch.cpu_vs_apprise": "bench.dispatch.apprise_client",
    "dispatch.cpu_vs_line_sdk": "bench.dispatch.line_sdk",
}
PEOPLE = 20_000
SLOW_PEOPLE = 2_000  # whoever takes milliseconds a message shows it on fewer


def benchmark(machine: Machine, wanted: Collection[str], runs: int, share: float) -> Iterator[Line]:
    people, few = int(PEOPLE * share), int(SLOW_PEOPLE * share)
    shop = Shop.open("dispatch")
    channel = shop.account(ChannelKind.WHATSAPP)
    shop.chats(channel, people)
    with machine.sink() as sink:
        write_bodies(shop.prepared(channel), channel, machine.folder)
        contenders: dict[str, Callable[[], Run]] = {"us": lambda: ours(machine, shop, channel, sink)}
        if "dispatch.rate" in wanted:
            contenders["dispatch.rate"] = lambda: machine.contend("bench.dispatch.aiohttp_loop", sink)
        if "dispatch.cpu_vs_pycurl" in wanted:
            contenders["dispatch.cpu_vs_pycurl"] = lambda: machine.contend("bench.dispatch.pycurl_loop", sink)
        if "dispatch.cpu_vs_naive_task" in wanted:
            contenders["dispatch.cpu_vs_naive_task"] = lambda: naive(machine, shop, channel, sink, few)
        for name in PEERS.keys() & wanted:
            contenders[name] = _peer(machine, PEERS[name], sink, few)
        measured = dict(zip(contenders, interleaved(runs, *contenders.values()), strict=True))
    us = measured.pop("us")
    for name, theirs in measured.items():
        pick = _rate if name == "dispatch.rate" else _cpu
        yield Line(
            GOALS[name],
            median(map(pick, us)),
            median(map(pick, theirs)),
            median(pick(mine) / pick(other) for mine, other in zip(us, theirs, strict=True)),
        )


def ours(
    machine: Machine, shop: Shop, channel: Channel, sink: str, text: str = TEXT, trusted: str = ""
) -> Run:
    """A new campaign to everybody on the channel, sent by one worker; all of it is recorded and at the provider.
    `trusted`: the file of the provider's certificate."""
    before = _arrived(sink, trusted)
    campaign = shop.prepared(channel, text)
    hold()
    run = machine.contend(
        "bench.dispatch.product",
        ",".join(map(str, machine.services)),
        str(campaign.pk),
        GRAPH_API_URL=sink,
        LINE_API_URL=sink,
        PROVIDER_CA_FILE=trusted,
    )
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM campaigns_attempt WHERE campaign_id = %s", [campaign.pk])
        (calls,) = cursor.fetchone()
    arrived, expected = _arrived(sink, trusted) - before, calls or run.count
    assert arrived == expected, f"{arrived} requests arrived of {expected}"
    told = shop.counts(campaign)
    assert told["accepted"] == run.count, told
    return run


def _arrived(sink: str, trusted: str) -> int:
    return sum(int(path["accepted"]) for path in counts(sink, trusted).values())


def hold() -> None:
    """Keep campaigns from being sent until their contender begins."""
    with connection.cursor() as cursor:
        cursor.execute("UPDATE campaigns_campaign SET status = 'paused' WHERE status = 'running'")


def naive(machine: Machine, shop: Shop, channel: Channel, sink: str, count: int) -> Run:
    campaign = shop.prepared(channel)
    hold()
    services = ",".join(map(str, machine.services))
    with machine.child(
        "bench.dispatch.naive_task", str(campaign.pk), str(count), services, GRAPH_API_URL=sink
    ) as process:
        return start(process)


def _peer(machine: Machine, module: str, sink: str, count: int) -> Callable[[], Run]:
    return lambda: machine.contend(module, sink, str(count))


def _rate(run: Run) -> float:
    return run.rate


def _cpu(run: Run) -> float:
    return run.cpu_each
