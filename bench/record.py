"""Recording outcomes with their counters, against a bare `UPDATE … FROM unnest` of the same batches.

Both write ids, states, provider ids and times of people who are marked as sending, a thousand at a time, each batch a
transaction, to tables of the same shape and size with the same indexes.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator

from django.db import connection
from django.utils import timezone

from bench.goals import GOALS, Line
from bench.machine import Machine
from bench.measure import Clock, Run, interleaved, median
from bench.shop import Shop, settle_down
from campaigns.engine.lease import Lease, take_lease
from campaigns.engine.record import record
from campaigns.engine.result import Result
from campaigns.models import PartState, State
from channels.adapters.base import ChannelKind
from channels.models import Channel

PEOPLE = 40_000
BATCH = 1_000

BARE = """
UPDATE campaigns_recipient r SET state = d.state, provider_ids = ARRAY[d.provider_id], accepted_at = d.at
FROM unnest(%s::bigint[], %s::smallint[], %s::text[], %s::timestamptz[]) AS d(id, state, provider_id, at)
WHERE r.id = d.id
"""


def benchmark(machine: Machine, wanted: Collection[str], runs: int, share: float) -> Iterator[Line]:
    shop = Shop.open("record")
    channel = shop.account(ChannelKind.WHATSAPP)
    shop.chats(channel, int(PEOPLE * share))
    ours, bare = interleaved(
        runs, lambda: _run(machine, shop, channel, _ours), lambda: _run(machine, shop, channel, _bare)
    )
    ratio = median(mine.rate / theirs.rate for mine, theirs in zip(ours, bare, strict=True))
    yield Line(
        GOALS["record.rate"],
        median(run.rate for run in ours),
        median(run.rate for run in bare),
        ratio,
    )


def _run(
    machine: Machine, shop: Shop, channel: Channel, write: Callable[[Lease, list[int], list[str]], None]
) -> Run:
    """Everybody of a new campaign is marked beforehand; the rows are counted before the clock stops."""
    campaign = shop.prepared(channel)
    batches: list[tuple[Lease, list[int]]] = []
    while (lease := take_lease(shop.tenant.pk, channel.pk)) is not None:
        with connection.cursor() as cursor:
            cursor.execute(
                "UPDATE campaigns_recipient SET state = 1, lease = %s, part_states = '{1}' WHERE shard_id = %s"
                " RETURNING id",
                [lease.number, lease.shard_id],
            )
            batches.append((lease, sorted(row[0] for row in cursor.fetchall())))
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE campaigns_counter SET sending = waiting, waiting = 0 WHERE campaign_id = %s",
            [campaign.pk],
        )
    settle_down()
    people = sum(len(ids) for _lease, ids in batches)
    given = [
        [f"wamid.HBgMODg2OTAwMDAwMDAwFQIAERgSQkVOQ0gw{id:016d}" for id in ids] for _lease, ids in batches
    ]
    clock = Clock(machine.services)
    for (lease, ids), provider_ids in zip(batches, given, strict=True):
        write(lease, ids, provider_ids)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM campaigns_recipient WHERE campaign_id = %s AND state = 3"
            " AND provider_ids[1] LIKE 'wamid.%%'",
            [campaign.pk],
        )
        (written,) = cursor.fetchone()
        run = clock.run(people)
        cursor.execute("UPDATE campaigns_shard SET state = 2")
    assert written == people, f"{written} of {people} were written"
    if write is _ours:
        assert shop.counts(campaign)["accepted"] == people
    return run


def _ours(lease: Lease, ids: list[int], provider_ids: list[str]) -> None:
    results = [
        Result(id, 0, PartState.ACCEPTED, provider_ids=(provider_id,))
        for id, provider_id in zip(ids, provider_ids, strict=True)
    ]
    record(lease, results, whole=False)


def _bare(_lease: Lease, ids: list[int], provider_ids: list[str]) -> None:
    now = timezone.now()
    with connection.cursor() as cursor:
        cursor.execute(BARE, [ids, [State.ACCEPTED.value] * len(ids), provider_ids, [now] * len(ids)])
