"""Keeping up with three reports a message while a thousand messages a second leave, all by the product's own processes.

Web, workers, scheduler, PostgreSQL and Valkey run as `demo` starts them, and the sandbox is the provider: it posts
signed deliveries of sent, delivered and read, as many reports in one as have gathered. After a while of getting up to
speed a stretch is measured, in the middle of sending: at its end it is counted which of the reports that the door took
are not absorbed yet, one statement looking at both. Then everything must still arrive, and everybody be told as read.

Besides the backlog, all but the provider may keep 0.8 cores busy, and the messages must really have left at nearly a
thousand a second: a backlog at half the pace would say nothing.
"""

from __future__ import annotations

import time
from collections.abc import Collection, Iterator
from dataclasses import dataclass

from django.db import connection

from bench.dispatch.family import hold
from bench.goals import GOALS, Line
from bench.machine import Machine
from bench.measure import median
from bench.patience import until
from bench.running import PROVIDER, whole
from bench.shop import Shop, begin
from broadcaster.embedded.asking import ask_sandbox
from campaigns.engine.recount import differences
from campaigns.models import Campaign
from channels.adapters.base import ChannelKind
from channels.models import Channel
from tenants.scopes import tenant_scope

PACE = 1_000.0  # messages a second that the number may send
SECONDS, SKIPPED = 30.0, 5.0  # measured, after so long
CORES = 0.8
REACHED = 0.95  # of the pace

# Reports that came since a delivery, and those of them that nobody has absorbed or that wait for their message.
WAITING = """
WITH told AS (
    SELECT id, jsonb_array_length(jsonb_path_query_array(
               convert_from(body, 'UTF8')::jsonb, '$.entry[*].changes[*].value.statuses[*]')) AS reports
    FROM channels_rawdelivery WHERE id > %s
),
waiting AS (SELECT unnest(deliveries) AS id FROM channels_arrival)
SELECT coalesce(sum(reports), 0), count(*),
       coalesce(sum(reports) FILTER (WHERE id IN (SELECT id FROM waiting)), 0)
           + (SELECT count(*) FROM channels_heldevent WHERE state = 'unmatched')
FROM told
"""


@dataclass(frozen=True)
class Kept:
    """One run. `rate`: messages accepted a second; `cores`: what all but the provider kept busy."""

    received: int
    deliveries: int
    waiting: int
    rate: float
    cores: float
    busy: str


def benchmark(machine: Machine, wanted: Collection[str], runs: int, share: float) -> Iterator[Line]:
    seconds = max(1.0, SECONDS * share)
    skipped = max(1.0, SKIPPED * min(1.0, share * 4))
    shop = Shop.open("keep-up")
    channel = shop.account(ChannelKind.WHATSAPP, pace=PACE)
    shop.chats(channel, int(PACE * (seconds + skipped + 2)))
    kept = [_run(machine, shop, channel, skipped, seconds) for _ in range(runs)]
    cores, rate = median(one.cores for one in kept), median(one.rate for one in kept)
    yield Line(
        GOALS["webhook.keep_up"],
        median(one.waiting for one in kept),
        median(one.received for one in kept),
        median(one.waiting / one.received for one in kept),
        held=cores <= CORES and rate >= REACHED * PACE,
        note=_note(cores, rate, kept[-1]),
    )


def _note(cores: float, rate: float, last: Kept) -> str:
    return (
        f"{cores:.2f} cores but for the provider (≤ {CORES}), {rate:,.0f} messages/s left (≥ {REACHED * PACE:,.0f}),"
        f" {last.received / last.deliveries:.1f} reports a delivery; {last.busy}"
    )


def _run(machine: Machine, shop: Shop, channel: Channel, skipped: float, seconds: float) -> Kept:
    campaign = shop.prepared(channel)
    hold()
    with whole(machine) as product:
        shop.introduce(channel)
        latest = latest_delivery()
        begin([campaign])
        until(lambda: _accepted(machine) > 0, lambda: shop.counts(campaign), "the first message")
        time.sleep(skipped)  # what is measured is a rate: this stretch is left out …
        accepted, spent = _accepted(machine), product.cpu()
        time.sleep(seconds)  # … and this one counted
        accepted_then, spent_then = _accepted(machine), product.cpu()
        with connection.cursor() as cursor:
            cursor.execute(WAITING, [latest])
            received, deliveries, waiting = map(int, cursor.fetchone())
        until(lambda: _all_read(shop, campaign), lambda: shop.counts(campaign), "the last report")
    with tenant_scope(shop.tenant):
        assert differences(shop.tenant.pk, campaign.pk) == []
    busy = spent_then.cores(spent)
    return Kept(
        received,
        deliveries,
        waiting,
        (accepted_then - accepted) / (spent_then.at - spent.at),
        sum(busy.values()) - busy[PROVIDER],
        spent_then.told(spent),
    )


def latest_delivery() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT coalesce(max(id), 0) FROM channels_rawdelivery")
        return int(cursor.fetchone()[0])


def _accepted(machine: Machine) -> int:
    return int(ask_sandbox(machine.sandbox_url, "summary")["accepted"])


def _all_read(shop: Shop, campaign: Campaign) -> bool:
    counts = shop.counts(campaign)
    return counts["read"] == sum(counts.values())
