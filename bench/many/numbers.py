"""Eight numbers at a thousand a second each and 100 ms, sent by a worker of two processes; one fails, one is slow.

The baseline is one bare libcurl loop with eight buckets of the same rate and burst, and at most as many requests of a
number under way as both processes may have, against the same provider in the same run. Both are measured over the same
stretch, after a while of getting up to speed: what the provider accepted in it, of the product by the provider's own
count. Afterwards the product sends the rest, and every accepted message must stand in the database as one. Besides the
total, the worst of the six healthy numbers must reach eight tenths of its ceiling.

A worker holds more connections here than by default (SEND_CONNECTIONS), as eight such numbers need.
"""

from __future__ import annotations

import time
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from urllib.parse import urlsplit

from django.conf import settings
from django.db import connection

from bench.dispatch.bodies import write_bodies
from bench.dispatch.family import hold
from bench.goals import GOALS, Line
from bench.machine import Machine, counts, start
from bench.measure import Run, median
from bench.patience import until
from bench.running import senders
from bench.shop import Shop, begin, settle_down
from campaigns.engine.prepare import prepare_campaigns
from campaigns.engine.times import LARGEST_WINDOW
from campaigns.models import Campaign, State
from channels.adapters.base import ChannelKind, Pacing
from channels.models import Channel
from channels.sending.pacing import bucket_of

CEILING = 1_000.0  # requests a second of each number
HEALTHY = 6
SECONDS, SKIPPED = 20.0, 4.0  # measured, after so long
LATENCY, SLOW = 100, 1_000  # ms
CONNECTIONS = "1200"  # of a process: the slow number's five hundred, a hundred of each other one
BODIES = 1_000  # a number, in the baseline
WORST = 0.8  # of its ceiling
PROCESSES = 2


@dataclass(frozen=True)
class Numbers:
    healthy: list[Channel]
    slow: Channel
    failing: Channel

    @property
    def all(self) -> list[Channel]:
        return [*self.healthy, self.slow, self.failing]


@dataclass(frozen=True)
class Ours:
    """`worst`: what was accepted a second of the healthy number that got least; `busy`: who kept the processors so."""

    run: Run
    worst: float
    busy: str


def benchmark(machine: Machine, wanted: Collection[str], runs: int, share: float) -> Iterator[Line]:
    seconds, skipped = max(1.0, SECONDS * share), max(1.0, SKIPPED * min(1.0, share * 4))
    people = int(CEILING * (seconds + skipped + 1))
    shop = Shop.open("many")
    healthy = [_number(shop, place, people) for place in range(1, HEALTHY + 1)]
    slow, failing = (_number(shop, HEALTHY + place, people) for place in (1, 2))
    numbers = Numbers(healthy, slow, failing)
    arguments = ["--latency", str(LATENCY), "--ceiling", str(CEILING)]
    arguments += ["--broken", _path(failing), "--slow", f"{_path(slow)}={SLOW}"]
    ours, bare = [], []
    for _ in range(runs):
        campaigns = _prepared(machine, shop, numbers)
        with machine.sink(*arguments) as sink:
            ours.append(_ours(machine, sink, numbers, campaigns, skipped, seconds))
        with machine.sink(*arguments) as sink:
            bare.append(_bare(machine, sink, numbers, skipped, seconds))
    worst = median(one.worst for one in ours)
    yield Line(
        GOALS["pace.many"],
        median(one.run.rate for one in ours),
        median(run.rate for run in bare),
        median(mine.run.rate / theirs.rate for mine, theirs in zip(ours, bare, strict=True)),
        held=worst >= WORST * CEILING,
        note=f"worst healthy number {worst / CEILING:.2f} of its ceiling; {ours[-1].busy}",
    )


def _number(shop: Shop, number: int, people: int) -> Channel:
    channel = shop.account(ChannelKind.WHATSAPP, number, pace=CEILING)
    shop.chats(channel, people)
    return channel


def _prepared(machine: Machine, shop: Shop, numbers: Numbers) -> list[Campaign]:
    """A campaign a number, held; and what the baseline is to send."""
    campaigns = [shop.campaign(channel) for channel in numbers.all]
    prepare_campaigns()
    settle_down()
    hold()
    for channel, campaign in zip(numbers.all, campaigns, strict=True):
        write_bodies(campaign, channel, machine.folder, name=_bodies(channel), most=BODIES)
    return campaigns


def _bodies(channel: Channel) -> str:
    return f"bodies-{channel.pk}.json"


def _path(channel: Channel) -> str:
    """Where the sink is asked for this number: the adapters name no version."""
    return f"{urlsplit(settings.PROVIDER_URLS['graph']).path}/{channel.account_id}/messages"


def _ours(
    machine: Machine, sink: str, numbers: Numbers, campaigns: list[Campaign], skipped: float, seconds: float
) -> Ours:
    with senders(machine, PROCESSES, GRAPH_API_URL=sink, SEND_CONNECTIONS=CONNECTIONS) as product:
        begin(campaigns, rings=PROCESSES)
        until(lambda: bool(_accepted(sink)), lambda: _accepted(sink), "the first message")
        time.sleep(skipped)  # what is measured is a rate: this stretch is left out …
        accepted, spent = _accepted(sink), product.cpu()
        time.sleep(seconds)  # … and this one counted
        accepted_then, spent_then = _accepted(sink), product.cpu()
        answering = campaigns[:-1]  # the failing number, the last, is slowed down until its provider is back
        until(lambda: _through(answering), lambda: _accepted(sink), "the end of the broadcasts")
        _check(sink, numbers, campaigns)
    took = spent_then.at - spent.at
    new = {path: accepted_then[path] - accepted.get(path, 0) for path in accepted_then}
    cpu = sum(spent_then.trees.values()) - sum(spent.trees.values())
    worst = min(new.get(_path(channel), 0) / took for channel in numbers.healthy)
    return Ours(Run(int(sum(new.values())), took, cpu), worst, spent_then.told(spent))


def _accepted(sink: str) -> dict[str, float]:
    return {path: of["accepted"] for path, of in counts(sink).items() if of["accepted"]}


def _through(campaigns: list[Campaign]) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT coalesce(sum(waiting + sending), 0) FROM campaigns_counter WHERE campaign_id = ANY(%s)",
            [[campaign.pk for campaign in campaigns]],
        )
        return not cursor.fetchone()[0]


def _check(sink: str, numbers: Numbers, campaigns: list[Campaign]) -> None:
    """What the provider accepted is what the database says, number by number; nobody was reached on the failing one."""
    seen = _accepted(sink)
    with connection.cursor() as cursor:
        for channel, campaign in zip(numbers.all, campaigns, strict=True):
            cursor.execute(
                """SELECT count(*) FILTER (WHERE state = %s), count(*) FILTER (WHERE state = %s), count(*)
                   FROM campaigns_recipient WHERE campaign_id = %s""",
                [State.ACCEPTED.value, State.UNCONFIRMED.value, campaign.pk],
            )
            accepted, doubted, people = cursor.fetchone()
            arrived = seen.get(_path(channel), 0)
            expected = (0, doubted, 0) if channel is numbers.failing else (people, 0, people)
            assert (accepted, doubted, arrived) == expected, (
                f"{channel.name}: {accepted} accepted, {doubted} in doubt, {arrived} arrived of {people}"
            )


def _bare(machine: Machine, sink: str, numbers: Numbers, skipped: float, seconds: float) -> Run:
    rate, burst = bucket_of(Pacing(CEILING, CEILING))
    most = PROCESSES * LARGEST_WINDOW
    address = sink + urlsplit(settings.PROVIDER_URLS["graph"]).path
    figures = [str(figure) for figure in (rate, burst, most, skipped, seconds)]
    names = [_bodies(channel) for channel in numbers.all]
    with machine.child("bench.many.loop", address, *figures, *names) as process:
        return start(process)
