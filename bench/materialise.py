"""Freezing the recipients of a campaign, against a bare `INSERT … SELECT` of the same people.

Ours leaves out who opted out or whose window is closed, refuses doubles, freezes variables and prices, cuts shards,
counts and reserves; the baseline copies contacts into a table of the same columns and indexes.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator

from django.db import connection

from bench.goals import GOALS, Line
from bench.machine import Machine
from bench.measure import Clock, Run, interleaved, median
from bench.shop import Shop, settle_down
from campaigns.engine.prepare import prepare_campaigns
from channels.adapters.base import ChannelKind
from channels.models import Channel

PEOPLE = 1_000_000
BARE = """
INSERT INTO bench_recipient (
    tenant_id, campaign_id, channel_id, contact_id, conversation_id, shard_id, address, fields, closes_at,
    state, delivery, lease, tries, part, part_states, provider_ids, prices, reason, provider_code)
SELECT k.tenant_id, 1, k.channel_id, k.id, c.id, 1, k.address, '{}', k.window_closes_at,
       0, 0, 0, 0, 0, '{0}', '{}', '{0}', '', ''
FROM conversations_conversation c JOIN conversations_contact k ON k.id = c.contact_id
WHERE c.channel_id = %s AND c.status = 'in_progress'
"""


def benchmark(machine: Machine, wanted: Collection[str], runs: int, share: float) -> Iterator[Line]:
    shop = Shop.open("materialise")
    channel = shop.account(ChannelKind.WHATSAPP)
    people = int(PEOPLE * share)
    shop.chats(channel, people)
    ours, bare = interleaved(
        runs, lambda: _ours(machine, shop, channel, people), lambda: _bare(machine, channel, people)
    )
    yield Line(
        GOALS["materialise.rate"],
        median(run.rate for run in ours),
        median(run.rate for run in bare),
        median(mine.rate / theirs.rate for mine, theirs in zip(ours, bare, strict=True)),
    )


def _ours(machine: Machine, shop: Shop, channel: Channel, people: int) -> Run:
    campaign = shop.campaign(channel)
    settle_down()
    clock = Clock(machine.services)
    prepare_campaigns()
    counts = shop.counts(campaign)
    run = clock.run(people)
    assert counts["waiting"] == people, counts
    with connection.cursor() as cursor:  # the next run finds the table as this one did
        cursor.execute("TRUNCATE campaigns_recipient, campaigns_shard, campaigns_attempt CASCADE")
    return run


def _bare(machine: Machine, channel: Channel, people: int) -> Run:
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE bench_recipient (LIKE campaigns_recipient INCLUDING ALL)")
        settle_down()
        clock = Clock(machine.services)
        cursor.execute(BARE, [channel.pk])
        cursor.execute("SELECT count(*) FROM bench_recipient")
        (written,) = cursor.fetchone()
        run = clock.run(people)
        cursor.execute("DROP TABLE bench_recipient")
    assert written == people, f"{written} of {people}"
    return run
