"""Several absorbers at once, and one that dies in the middle: every event takes effect exactly once."""

from __future__ import annotations

import os
import random
import subprocess
import sys
import threading

import pytest
from django.conf import settings
from django.db import connection

from channels import signals
from channels.models import Arrival, Sighting
from channels.webhooks import intake
from channels.webhooks.absorb import absorb_batch, absorb_until
from tests.channels.webhooks.conftest import store
from tests.channels.webhooks.payloads import line_delivery, line_message, whatsapp_delivery, whatsapp_status
from tests.web_process import database_url

pytestmark = pytest.mark.django_db(transaction=True)

# A worker whose receiver writes and then dies; what it wrote must be gone with it.
DYING_WORKER = """
import os, django
django.setup()
from channels import signals
from channels.models import Sighting
from channels.webhooks import intake
from channels.webhooks.absorb import absorb_batch
def die(**kwargs):
    Sighting.objects.create(kind="line", what="effect", value="half done")
    print("dying", flush=True)
    os._exit(9)
for signal in signals.SIGNALS.values():
    signal.receivers = []
signals.inbound_messages.connect(die)
absorb_batch()
"""


def count_effects(event_class, receivers):
    """A receiver that counts each event in the database, so that what is rolled back does not count."""

    def count(sender, tenant, received, **_kwargs):
        for one in sorted(received, key=lambda one: one.event.event_id):
            with connection.cursor() as cursor:
                cursor.execute(
                    "INSERT INTO channels_sighting (kind, what, value, count, first_at, last_at)"
                    " VALUES ('line', 'effect', %s, 1, now(), now())"
                    " ON CONFLICT (kind, what, value) DO UPDATE SET count = channels_sighting.count + 1",
                    [one.event.event_id[:120]],
                )

    signals.SIGNALS[event_class].connect(count, weak=False)
    receivers.append(count)


@pytest.fixture
def counted(listener):
    kept = []
    for event_class in signals.SIGNALS:
        signals.SIGNALS[event_class].receivers = []
        signals.SIGNALS[event_class].sender_receivers_cache.clear()
        count_effects(event_class, kept)
    return lambda: list(Sighting.objects.filter(what="effect").values_list("count", flat=True))


def run_together(jobs):
    failures = []

    def guarded(job):
        try:
            job()
        except BaseException as error:  # noqa: BLE001 - raised again by the test
            failures.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=guarded, args=(job,)) for job in jobs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []


def test_three_absorbers_while_the_door_stores_everything_three_times(line, whatsapp, counted):
    messages = [(line, line_delivery("Ushop", line_message(n))) for n in range(150)]
    statuses = [
        (whatsapp, whatsapp_delivery("106500700800900", statuses=[whatsapp_status(n, status)]))
        for n in range(100)
        for status in ("sent", "delivered", "read")
    ]
    deliveries = 3 * (messages + statuses)
    random.Random(3).shuffle(deliveries)
    stored = threading.Event()

    def storing(part):
        def run():
            for channel, payload in part:
                store(channel, payload)

        return run

    def absorbing():
        while not stored.is_set() or Arrival.objects.exists():
            absorb_until(float("inf"))

    def door():
        run_together([storing(deliveries[0::2]), storing(deliveries[1::2])])
        stored.set()

    run_together([door, absorbing, absorbing, absorbing])
    assert counted() == [1] * 450


def test_a_commit_that_comes_late_is_not_passed_over(line, counted):
    """Ids are drawn before the commit: a later id may be visible first. Nothing may take that for "all before too"."""
    drawn, commit = threading.Event(), threading.Event()

    def slow_door():
        from django.db import transaction

        with transaction.atomic():
            store(line, line_delivery("Ushop", line_message(1)))
            drawn.set()
            commit.wait(30)

    slow = threading.Thread(target=lambda: (slow_door(), connection.close()))
    slow.start()
    drawn.wait(30)
    store(line, line_delivery("Ushop", line_message(2)))
    absorb_until(float("inf"))
    assert counted() == [1]
    commit.set()
    slow.join()
    absorb_until(float("inf"))
    assert counted() == [1, 1]


def test_a_deadlock_repeats_the_batch(line, rival_line, listener, monkeypatch):
    """Two absorbers whose receivers lock the same two things in opposite orders: one is thrown out and repeats."""
    monkeypatch.setattr(intake, "BATCH", 1)
    monkeypatch.setattr(intake, "AT_A_TIME", 1)
    both_hold_one = threading.Barrier(2)
    held = set()

    def lock_both(sender, tenant, received, **_kwargs):
        order = [1, 2] if tenant.slug == "shop" else [2, 1]
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", order[:1])
            if tenant.slug not in held:  # not when it repeats
                held.add(tenant.slug)
                both_hold_one.wait(30)
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", order[1:])
        for one in received:
            Sighting.objects.create(kind="line", what="effect", value=one.event.event_id)

    signals.inbound_messages.receivers = []
    signals.inbound_messages.sender_receivers_cache.clear()
    signals.inbound_messages.connect(lock_both, weak=False)
    store(line, line_delivery("Ushop", line_message(1)))
    store(rival_line, line_delivery("Urival", line_message(2)))
    run_together([absorb_batch, absorb_batch])
    assert sorted(Sighting.objects.values_list("value", "count")) == [("event-1", 1), ("event-2", 1)]
    assert not Arrival.objects.exists()


def test_a_worker_that_dies_in_the_middle_loses_and_doubles_nothing(line, counted):
    store(line, line_delivery("Ushop", line_message(1), line_message(2)))
    died = subprocess.run(
        [sys.executable, "-c", DYING_WORKER],
        cwd=settings.ROOT,
        env={**os.environ, "DATABASE_URL": database_url(), "DJANGO_SETTINGS_MODULE": "broadcaster.settings"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (died.returncode, "dying" in died.stdout) == (9, True), died.stderr
    while absorb_batch() is None:  # the dead connection's locks end a moment later
        pass
    assert counted() == [1, 1]
    assert not Arrival.objects.exists()
