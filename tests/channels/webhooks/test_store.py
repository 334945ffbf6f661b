"""Group commit at the door: who comes soon after a commit waits for others, but never behind a crowd."""

from __future__ import annotations

import asyncio

import pytest

from channels.models import Arrival, DeliverySource
from channels.webhooks import store as stores
from channels.webhooks.database import Database
from channels.webhooks.store import CROWD, Delivery, DeliveryStore

pytestmark = pytest.mark.django_db(transaction=True)


def storing(story):
    """Run `story(store)` with a store on the test's database; how often it told of a commit."""
    rings = []

    async def run():
        database = Database()
        try:
            await story(DeliveryStore(database, lambda: rings.append(True)))
        finally:
            await database.close()

    asyncio.run(run())
    return len(rings)


def delivery(number: int) -> Delivery:
    return Delivery(DeliverySource.META, 1, b"%d" % number)


def test_who_comes_soon_after_a_commit_waits_for_company_and_a_crowd_for_nobody(monkeypatch):
    monkeypatch.setattr(stores, "REST_S", 3600.0)

    async def story(store):
        await store.add(delivery(0))  # the first at once
        waiting = [asyncio.create_task(store.add(delivery(number))) for number in range(1, CROWD)]
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        assert not any(task.done() for task in waiting)
        waiting.append(asyncio.create_task(store.add(delivery(CROWD))))
        await asyncio.gather(*waiting)

    assert storing(story) == 2
    assert sorted(len(arrival.deliveries) for arrival in Arrival.objects.all()) == [1, CROWD]


def test_who_comes_soon_after_a_commit_waits_no_longer_than_that(monkeypatch):
    monkeypatch.setattr(stores, "REST_S", 0.001)

    async def story(store):
        await store.add(delivery(0))
        await store.add(delivery(1))

    assert storing(story) == 2
