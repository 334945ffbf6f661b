from __future__ import annotations

from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.utils import timezone

from channels.models import Arrival, HeldEvent, RawDelivery, SeenEvent
from channels.webhooks import retention
from channels.webhooks.absorb import absorb_batch
from tests.channels.webhooks.conftest import store
from tests.channels.webhooks.payloads import line_delivery, line_message

pytestmark = pytest.mark.django_db


def partitions():
    with connection.cursor() as cursor:
        cursor.execute(retention.PARTITIONS_SQL)
        return [number for (number,) in cursor.fetchall()]


def age(days):
    """Make every delivery older, past the trigger that refuses it."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute(
            "UPDATE channels_rawdelivery SET received_at = received_at - %s", [timedelta(days=days)]
        )
        cursor.execute("SET LOCAL session_replication_role = origin")


def test_a_day_fills_one_partition_and_the_next_begins_another(line, listener):
    store(line, line_delivery("Ushop", line_message(1)))
    present = RawDelivery.objects.latest("pk").pk // retention.PARTITION
    assert not retention.begin_partition()
    age(1)
    assert retention.begin_partition()
    assert not retention.begin_partition()
    store(line, line_delivery("Ushop", line_message(2)))
    assert RawDelivery.objects.latest("pk").pk // retention.PARTITION == present + 1
    assert retention.add_partitions() >= 1
    assert partitions()[-1] == present + 1 + retention.AHEAD
    assert absorb_batch().applied == 2


def test_old_partitions_go_when_everything_in_them_was_absorbed(line, listener):
    store(line, line_delivery("Ushop", line_message(1)))
    age(31)
    assert retention.begin_partition()
    number = RawDelivery.objects.latest("pk").pk // retention.PARTITION
    retention.drop_partitions()
    assert number in partitions()  # one delivery waits
    absorb_batch()
    assert retention.drop_partitions() >= 1
    assert number not in partitions()
    assert not RawDelivery.objects.exists()
    store(line, line_delivery("Ushop", line_message(2)))
    assert absorb_batch().applied == 1


def test_young_partitions_stay(line, listener):
    store(line, line_delivery("Ushop", line_message(1)))
    absorb_batch()
    age(29)
    assert retention.begin_partition()
    number = RawDelivery.objects.latest("pk").pk // retention.PARTITION
    retention.drop_partitions()
    assert number in partitions()


def test_events_are_forgotten_once_they_cannot_come_again(line, listener):
    store(line, line_delivery("Ushop", line_message(1)))
    absorb_batch()
    assert retention.forget_seen() == 0
    SeenEvent.objects.update(seen_at=timezone.now() - timedelta(days=11))
    assert retention.forget_seen() == 1


def test_operators_see_what_is_held_and_try_it_again(line, listener, valkey):
    def told(*arguments):
        said = StringIO()
        call_command("webhooks", *arguments, stdout=said)
        return said.getvalue()

    listener.breaks = lambda event: event.event_id == "event-1"
    store(line, line_delivery("Ushop", line_message(1), line_message(2)))
    assert "waiting: 1 deliveries" in told()
    absorb_batch()
    held = HeldEvent.objects.get()
    listed = told()
    assert "waiting: 0 deliveries" in listed
    assert f"  {held.pk}  " in listed
    assert "ValueError at tests/" in listed
    with pytest.raises(CommandError):
        told("--replay", "everything")
    listener.breaks = lambda event: False
    assert "1 events" in told("--replay", str(held.pk))
    assert absorb_batch().applied == 1
    assert "quarantined: 0" in told()
    assert not Arrival.objects.exists()
