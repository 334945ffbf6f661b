"""What settling money costs: a campaign whose messages have a price beside one whose messages have none.

Both are prepared, marked, recorded and have all three reports of every message absorbed, as the engine does it; only
the network between is left out, which would flatter the ratio. Every message of the priced one is captured.
"""

from __future__ import annotations

import random
from collections.abc import Collection, Iterator
from datetime import timedelta

from django.db import connection
from django.utils import timezone

from bench.goals import GOALS, Line
from bench.machine import Machine
from bench.measure import Clock, Run, interleaved, median
from bench.shop import Shop, settle_down
from bench.webhooks.absorb import TOGETHER, store
from bench.webhooks.deliveries import STATUSES, Sent, delivery
from billing.models import Price, Reservation
from campaigns.engine.groups import Group
from campaigns.engine.lease import Lease, release, rows_of, take_lease
from campaigns.engine.mark import mark
from campaigns.engine.prepare import prepare_campaigns
from campaigns.engine.record import record
from campaigns.engine.result import Result
from campaigns.models import Campaign, PartState, State
from channels.adapters.base import ChannelKind
from channels.models import Channel
from channels.webhooks.absorb import absorb_batch
from tenants.scopes import tenant_scope

PEOPLE = 10_000
WINDOW = 250
PRICE = 11_300  # millionths


def benchmark(machine: Machine, wanted: Collection[str], runs: int, share: float) -> Iterator[Line]:
    shop = Shop.open("settlement")
    channel = shop.account(ChannelKind.WHATSAPP)
    people = int(PEOPLE * share)
    shop.chats(channel, people)
    shop.pay(people * (runs + 1) * PRICE)
    priced, free = interleaved(
        runs,
        lambda: _run(machine, shop, channel, priced=True),
        lambda: _run(machine, shop, channel, priced=False),
    )
    yield Line(
        GOALS["settlement.cpu"],
        median(run.cpu_each for run in priced),
        median(run.cpu_each for run in free),
        median(mine.cpu_each / theirs.cpu_each for mine, theirs in zip(priced, free, strict=True)),
    )


def _run(machine: Machine, shop: Shop, channel: Channel, *, priced: bool) -> Run:
    Price.objects.all().delete()
    if priced:
        Price.objects.create(
            currency=shop.tenant.currency,
            market="TW",
            category="service",
            amount=PRICE,
            valid_from=timezone.now() - timedelta(days=400),
        )
    campaign = shop.campaign(channel)
    settle_down()
    clock = Clock(machine.services)
    prepare_campaigns()
    while (lease := take_lease(shop.tenant.pk, channel.pk)) is not None:
        _send(lease)
    people = _accepted(campaign)
    sending = clock.run(len(people))
    _store_reports(channel, people)
    settle_down()
    clock = Clock(machine.services)
    while absorb_batch() is not None:
        pass
    settling = clock.run(len(people))
    _check(shop, campaign, len(people), priced=priced)
    return Run(len(people), sending.seconds + settling.seconds, sending.cpu + settling.cpu)


def _send(lease: Lease) -> None:
    rows = rows_of(lease, State.WAITING)
    for start in range(0, len(rows), WINDOW):
        groups = [Group([row]) for row in rows[start : start + WINDOW]]
        marked = mark(lease, groups, lambda _group: None, retry_keys=False)
        results = [
            Result(
                row.id,
                row.part,
                PartState.ACCEPTED,
                (f"wamid.HBgMODg2OTAwMDAwMDAwFQIAERgSQkVOQ0gw{row.id:016}",),
            )
            for group in marked.groups
            for row in group.rows
        ]
        record(lease, results, whole=False)
    release(lease, 0.0)


def _accepted(campaign: Campaign) -> list[Sent]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id, provider_ids[1], address FROM campaigns_recipient WHERE campaign_id = %s AND state = 3",
            [campaign.pk],
        )
        return [Sent(*row) for row in cursor.fetchall()]


def _store_reports(channel: Channel, people: list[Sent]) -> None:
    account = channel.whatsapp_account
    assert account
    random.Random(1).shuffle(people)
    bodies = [
        delivery(channel.account_id, account.waba_id, people[start : start + TOGETHER], status)
        for status in STATUSES
        for start in range(0, len(people), TOGETHER)
    ]
    random.Random(2).shuffle(bodies)
    store(channel, bodies)


def _check(shop: Shop, campaign: Campaign, people: int, *, priced: bool) -> None:
    """Everybody has read it, and every message was paid for, or none."""
    assert shop.counts(campaign)["read"] == people
    with tenant_scope(shop.tenant):
        campaign.refresh_from_db()
        hold = Reservation.objects.filter(subject=campaign.subject).first()
    if priced:
        assert hold
        assert (hold.captured, hold.open) == (people * PRICE, 0), (
            f"{hold.captured} captured, {hold.open} held"
        )
    else:
        assert hold is None
