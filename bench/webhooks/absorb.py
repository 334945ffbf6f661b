"""Absorbing statuses, against a bare `UPDATE … FROM unnest` that knows beforehand which rows it is about.

Ours reads the deliveries, drops repeats, finds the people, moves them forward only, and keeps the counters. Meta sends
several statuses a delivery under load; here it is ten. Every tenth delivery comes twice.
"""

from __future__ import annotations

import random
from collections.abc import Collection, Iterator, Sequence
from datetime import UTC, datetime

from django.db import connection

from bench.goals import GOALS, Line
from bench.machine import Machine
from bench.measure import Clock, Run, interleaved, median
from bench.shop import Shop, settle_down
from bench.webhooks.deliveries import FIRST, STATUSES, Sent, delivery
from campaigns.engine.recount import differences
from campaigns.models import Campaign
from channels.adapters.base import ChannelKind
from channels.models import Channel
from channels.webhooks.absorb import absorb_batch
from channels.webhooks.store import STORE_SQL
from tenants.scopes import tenant_scope

PEOPLE = 20_000
TOGETHER = 10
BATCH = 1_000
BARE = """
UPDATE campaigns_recipient r SET delivery = greatest(r.delivery, d.rank), {column} = ARRAY[d.at]
FROM unnest(%s::bigint[], %s::smallint[], %s::timestamptz[]) AS d(id, rank, at) WHERE r.id = d.id
"""


def benchmark(machine: Machine, wanted: Collection[str], runs: int, share: float) -> Iterator[Line]:
    shop = Shop.open("absorb")
    channel = shop.account(ChannelKind.WHATSAPP)
    shop.chats(channel, int(PEOPLE * share))
    ours, bare = interleaved(
        runs, lambda: _ours(machine, shop, channel), lambda: _bare(machine, shop, channel)
    )
    yield Line(
        GOALS["webhook.absorb"],
        median(run.rate for run in ours),
        median(run.rate for run in bare),
        median(mine.rate / theirs.rate for mine, theirs in zip(ours, bare, strict=True)),
    )


def accepted(shop: Shop, channel: Channel) -> tuple[Campaign, list[Sent]]:
    """A campaign all of whose people are accepted, in no order."""
    campaign = shop.prepared(channel)
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE campaigns_recipient SET state = 3, part_states = '{3}', accepted_at = now(),"
            " provider_ids = ARRAY['wamid.HBgMODg2OTAwMDAwMDAwFQIAERgSQkVOQ0gw' || lpad(id::text, 16, '0')]"
            " WHERE campaign_id = %s RETURNING id, provider_ids[1], address",
            [campaign.pk],
        )
        people = [Sent(*row) for row in cursor.fetchall()]
        cursor.execute(
            "UPDATE campaigns_counter SET accepted = waiting, waiting = 0 WHERE campaign_id = %s",
            [campaign.pk],
        )
        cursor.execute("UPDATE campaigns_shard SET state = 2 WHERE campaign_id = %s", [campaign.pk])
    random.Random(1).shuffle(people)
    return campaign, people


def store(channel: Channel, bodies: Sequence[bytes]) -> None:
    """As the door stores them, a hundred to a commit."""
    for start in range(0, len(bodies), 100):
        some = list(bodies[start : start + 100])
        with connection.cursor() as cursor:
            cursor.execute(
                STORE_SQL.replace("%b", "%s"),
                [["meta"] * len(some), [channel.meta_app_id] * len(some), some],
            )


def _ours(machine: Machine, shop: Shop, channel: Channel) -> Run:
    campaign, people = accepted(shop, channel)
    groups = [people[start : start + TOGETHER] for start in range(0, len(people), TOGETHER)]
    account = channel.whatsapp_account
    assert account
    bodies = [
        delivery(channel.account_id, account.waba_id, group, status)
        for status in STATUSES
        for group in groups
    ]
    random.Random(2).shuffle(bodies)
    store(channel, bodies + bodies[::10])
    settle_down()
    clock = Clock(machine.services)
    while absorb_batch() is not None:
        pass
    counts = shop.counts(campaign)
    run = clock.run(len(people) * len(STATUSES))
    assert counts["read"] == len(people), counts
    with tenant_scope(shop.tenant):
        assert differences(shop.tenant.pk, campaign.pk) == []
    return run


def _bare(machine: Machine, shop: Shop, channel: Channel) -> Run:
    campaign, people = accepted(shop, channel)
    moves = [(person.recipient, rank) for rank in range(len(STATUSES)) for person in people]
    random.Random(2).shuffle(moves)
    settle_down()
    clock = Clock(machine.services)
    with connection.cursor() as cursor:
        for start in range(0, len(moves), BATCH):
            some = moves[start : start + BATCH]
            for rank, status in enumerate(STATUSES):
                ids = [id for id, of in some if of == rank]
                at = [datetime.fromtimestamp(FIRST + rank, UTC)] * len(ids)
                cursor.execute(BARE.format(column=f"{status}_at"), [ids, [rank] * len(ids), at])
        cursor.execute(
            "SELECT count(*) FROM campaigns_recipient WHERE campaign_id = %s AND delivery = 2", [campaign.pk]
        )
        (written,) = cursor.fetchone()
    run = clock.run(len(moves))
    assert written == len(people), f"{written} of {len(people)}"
    return run
