"""Preflight of everybody selected, against a bare count over the same rows grouped by channel."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator

from django.db import connection

from bench.goals import GOALS, Line
from bench.machine import Machine
from bench.measure import Clock, Run, interleaved, median
from bench.shop import TEXT, Shop
from campaigns.audience import Filtered
from campaigns.drafts import CampaignDraft, PartDraft
from campaigns.preflight import preflight
from channels.adapters.base import ChannelKind, PartKind
from conversations.filters import ConversationFilter
from tenants.scopes import tenant_scope

CHATS = 100_000
KINDS = (ChannelKind.LINE, ChannelKind.FACEBOOK, ChannelKind.INSTAGRAM, ChannelKind.WHATSAPP)
REPEATS = 3  # in one run: a single call is short beside what else the machine does


def benchmark(machine: Machine, wanted: Collection[str], runs: int, share: float) -> Iterator[Line]:
    shop = Shop.open("preflight")
    for kind in KINDS:
        shop.chats(shop.account(kind), int(CHATS * share / len(KINDS)))
    chats = int(CHATS * share / len(KINDS)) * len(KINDS)
    draft = CampaignDraft(
        audience=Filtered(ConversationFilter(status="in_progress")),
        parts=(PartDraft(PartKind.TEXT, TEXT),),
    )

    def ours() -> Run:
        with tenant_scope(shop.tenant):
            return _timed(lambda: preflight(shop.member, draft).total, chats)

    def bare() -> Run:
        return _timed(lambda: _count(shop.tenant.pk), chats)

    mine, theirs = interleaved(runs, ours, bare)
    yield Line(
        GOALS["preflight.100k"],
        median(run.seconds for run in mine) / REPEATS * 1000,
        median(run.seconds for run in theirs) / REPEATS * 1000,
        median(one.seconds / other.seconds for one, other in zip(mine, theirs, strict=True)),
    )


def _timed(call: Callable[[], int], expected: int) -> Run:
    clock = Clock()
    for _ in range(REPEATS):
        total = call()
    run = clock.run(expected)
    assert total == expected, f"{total} of {expected}"
    return run


def _count(tenant: int) -> int:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT channel_id, count(*) FROM conversations_conversation"
            " WHERE tenant_id = %s AND status = 'in_progress' GROUP BY channel_id",
            [tenant],
        )
        return sum(count for _channel, count in cursor.fetchall())
