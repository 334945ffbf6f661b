"""Counting the reports that the door took, and those of them that nobody has absorbed."""

from types import SimpleNamespace

from django.db import connection

from bench.webhooks.absorb import store
from bench.webhooks.deliveries import Sent, delivery
from bench.webhooks.keep_up import WAITING, latest_delivery
from channels.models import Arrival, HeldEvent, HeldState

APP = SimpleNamespace(meta_app_id=7)


def bodies(*sizes):
    people = [Sent(n, f"wamid.{n}", f"+8869{n:08}") for n in range(max(sizes))]
    return [delivery("1", "2", people[:size], "delivered") for size in sizes]


def counted(since):
    with connection.cursor() as cursor:
        cursor.execute(WAITING, [since])
        return tuple(map(int, cursor.fetchone()))


def test_reports_are_counted_not_deliveries(db):
    store(APP, bodies(5))
    since = latest_delivery()
    assert counted(since) == (0, 0, 0)
    store(APP, bodies(2, 3))
    Arrival.objects.all().delete()  # absorbed
    store(APP, bodies(4))
    assert counted(since) == (9, 3, 4)


def test_a_report_that_waits_for_its_message_is_not_absorbed(db):
    store(APP, bodies(1))
    since = latest_delivery() - 1
    Arrival.objects.all().delete()
    HeldEvent.objects.create(key="0" * 32, delivery=latest_delivery(), state=HeldState.UNMATCHED)
    assert counted(since) == (1, 1, 1)
