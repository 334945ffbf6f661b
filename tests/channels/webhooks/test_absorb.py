from __future__ import annotations

import random
from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.db.models.functions import Now
from django.test.utils import CaptureQueriesContext

from channels.adapters.base import InboundMessage, StatusChange
from channels.models import Arrival, Channel, HeldEvent, HeldState, SeenEvent, Sighting
from channels.webhooks.absorb import absorb_batch, absorb_until, anything_waiting
from channels.webhooks.held import replay
from tenants.scopes import tenant_scope
from tests.channels.webhooks.conftest import store
from tests.channels.webhooks.payloads import (
    account_update,
    line_delivery,
    line_message,
    whatsapp_delivery,
    whatsapp_status,
)

pytestmark = pytest.mark.django_db
FOREVER = float("inf")


def due_now():
    HeldEvent.objects.filter(retry_at__isnull=False).update(retry_at=Now())


def test_a_delivery_reaches_the_receivers_once_and_leaves_the_backlog(line, listener):
    store(line, line_delivery("Ushop", line_message(1), line_message(2)))
    assert anything_waiting()
    counts = absorb_batch()
    assert (counts.deliveries, counts.applied) == (1, 2)
    assert [event.text for event in listener.events] == ["message 1", "message 2"]
    assert not anything_waiting()
    assert absorb_batch() is None


def test_what_comes_while_it_gathers_is_one_batch(line, listener, monkeypatch):
    def meanwhile(_seconds):
        if len(listener.events) == 1:
            store(line, line_delivery("Ushop", line_message(2)))
            store(line, line_delivery("Ushop", line_message(3)))

    monkeypatch.setattr("channels.webhooks.absorb.time.sleep", meanwhile)
    store(line, line_delivery("Ushop", line_message(1)))
    assert not absorb_until(FOREVER, gather_s=1.0)
    assert [len(events) for _tenant, events in listener.batches] == [1, 2]


def test_one_signal_per_class_and_tenant_in_the_tenants_scope(
    line, rival_line, whatsapp, shop, rival, listener
):
    store(line, line_delivery("Ushop", line_message(1)), line_delivery("Ushop", line_message(2)))
    store(rival_line, line_delivery("Urival", line_message(3)))
    store(whatsapp, whatsapp_delivery("106500700800900", statuses=[whatsapp_status(1), whatsapp_status(2)]))
    absorb_until(FOREVER)
    assert [(tenant, [type(event) for event in events]) for tenant, events in listener.batches] == [
        (shop, [InboundMessage, InboundMessage]),
        (shop, [StatusChange, StatusChange]),
        (rival, [InboundMessage]),
    ]


def test_tripled_and_shuffled_deliveries_take_effect_once(line, whatsapp, listener):
    messages = [line_delivery("Ushop", line_message(n)) for n in range(100)]
    statuses = [
        whatsapp_delivery("106500700800900", statuses=[whatsapp_status(n, status)])
        for n in range(100)
        for status in ("sent", "delivered", "read")
    ]
    order = random.Random(7)
    for _time in range(3):
        order.shuffle(messages)
        order.shuffle(statuses)
        for at in range(0, 100, 10):
            store(line, *messages[at : at + 10])
            store(whatsapp, *statuses[3 * at : 3 * at + 30])
        absorb_until(FOREVER)
    assert len(listener.events) == 400
    assert len({(type(event), event.event_id) for event in listener.events}) == 400


def test_a_thousand_updates_in_one_post_with_bad_ones_among_them(whatsapp, listener):
    statuses = [whatsapp_status(n) for n in range(1000)]
    statuses[3] = {"id": "wamid.3", "status": "delivered", "timestamp": "yesterday"}
    statuses[500] = "not an object"
    statuses[999] = whatsapp_status(999, "evaporated")
    store(whatsapp, whatsapp_delivery("106500700800900", statuses=statuses))
    counts = absorb_batch()
    assert (counts.applied, counts.unknown) == (997, 3)
    assert len(listener.events) == 997
    assert Sighting.objects.get(what="malformed").count == 2
    assert Sighting.objects.get(value="evaporated").count == 1


def test_unmatched_events_come_again_until_they_are_matched(whatsapp, listener):
    listener.matches = lambda event: event.provider_id != "wamid.2"
    store(whatsapp, whatsapp_delivery("106500700800900", statuses=[whatsapp_status(1), whatsapp_status(2)]))
    assert absorb_batch().unmatched == 1
    assert absorb_batch() is None  # its time has not come
    due_now()
    assert absorb_batch().unmatched == 1
    listener.matches = lambda event: True
    due_now()
    assert absorb_batch().applied == 1
    assert [event.provider_id for event in listener.events] == ["wamid.1", "wamid.2", "wamid.2", "wamid.2"]
    assert not HeldEvent.objects.exists()


def test_unmatched_events_are_given_up_after_a_day(whatsapp, listener):
    listener.matches = lambda event: False
    store(whatsapp, whatsapp_delivery("106500700800900", statuses=[whatsapp_status(1)]))
    absorb_batch()
    HeldEvent.objects.update(retry_at=Now(), first_at=Now() - timedelta(hours=25))
    absorb_batch()
    held = HeldEvent.objects.get()
    assert (held.state, held.retry_at) == (HeldState.UNMATCHED, None)


def test_an_event_that_breaks_its_receiver_is_set_apart_and_the_others_count(line, listener):
    listener.breaks = lambda event: event.event_id in {"event-13", "event-77"}
    store(line, line_delivery("Ushop", *(line_message(n) for n in range(100))))
    counts = absorb_batch()
    assert (counts.applied, counts.quarantined) == (98, 2)
    assert sorted(event.event_id for event in listener.events) == sorted(
        f"event-{n}" for n in range(100) if n not in {13, 77}
    )
    held = HeldEvent.objects.first()
    assert (held.state, held.retry_at, held.name) == (HeldState.QUARANTINED, None, "InboundMessage")
    assert held.error.startswith("ValueError at tests/")
    assert "cannot take" not in held.error  # an error's own words may quote a customer


def test_a_quarantined_event_can_be_replayed(line, listener):
    listener.breaks = lambda event: True
    store(line, line_delivery("Ushop", line_message(1)))
    absorb_batch()
    replay(HeldEvent.objects.all())
    assert absorb_batch().quarantined == 1
    assert HeldEvent.objects.get().attempts == 2
    listener.breaks = lambda event: False
    replay(HeldEvent.objects.all())
    assert absorb_batch().applied == 1
    assert [event.event_id for event in listener.events] == ["event-1"]
    assert not HeldEvent.objects.exists()


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"\xff\xfe", b"null"])
def test_a_delivery_that_cannot_be_read_is_quarantined_alone(line, listener, body):
    store(line, body, line_delivery("Ushop", line_message(1)))
    counts = absorb_batch()
    assert (counts.applied, counts.quarantined) == (1, 1)
    held = HeldEvent.objects.get()
    assert (held.name, held.state) == ("delivery", HeldState.QUARANTINED)
    replay(HeldEvent.objects.all())
    assert absorb_batch().quarantined == 1
    assert absorb_batch() is None


def test_an_emoji_cut_in_two_does_not_spoil_its_delivery(line, listener):
    cut = line_message(1, message={"id": "1", "type": "text", "text": "half \ud83c\x00"})
    store(line, line_delivery("Ushop", cut, line_message(2)))
    counts = absorb_batch()
    assert (counts.applied, counts.quarantined) == (2, 0)
    assert [event.text for event in listener.events] == ["half \ufffd", "message 2"]


def test_nobody_speaks_for_another_tenants_account(rival_line, line, listener):
    store(rival_line, line_delivery("Ushop", line_message(1)))
    assert absorb_batch().foreign == 1
    assert listener.events == []
    assert not SeenEvent.objects.exists()
    store(line, line_delivery("Ushop", line_message(1)))  # and the true event still counts
    assert absorb_batch().applied == 1


def test_what_breaks_the_transaction_leaves_everything_to_be_absorbed_again(line, listener):
    def crash(event):
        raise KeyboardInterrupt

    store(line, line_delivery("Ushop", line_message(1)))
    listener.breaks = crash
    with pytest.raises(KeyboardInterrupt), transaction.atomic():
        absorb_batch()
    assert Arrival.objects.count() == 1
    assert not SeenEvent.objects.exists()
    listener.breaks = lambda event: False
    assert absorb_batch().applied == 1


def test_unknown_events_are_counted(line, listener):
    store(line, line_delivery("Ushop", line_message(1) | {"type": "teleport"}, line_message(2)))
    assert absorb_batch().unknown == 1
    assert Sighting.objects.filter(kind="line", what="event", value="teleport", count=1).exists()


def test_an_account_change_sets_the_state_of_all_numbers_of_the_account(whatsapp, shop, listener):
    at = int(whatsapp.state_changed_at.timestamp())

    def tell(seconds, value):
        store(whatsapp, account_update("104511220033445", at + seconds, value))
        absorb_batch()
        with tenant_scope(shop):
            channel = Channel.objects.get()
        return channel.state, channel.state_reason

    banned = {"event": "DISABLED_UPDATE", "ban_info": {"waba_ban_state": "DISABLE"}}
    back = {"event": "DISABLED_UPDATE", "ban_info": {"waba_ban_state": "REINSTATE"}}
    assert tell(20, banned) == ("restricted", "channel_restricted")
    assert tell(10, back) == ("restricted", "channel_restricted")  # late: it was true before
    assert tell(30, back) == ("connected", "")
    assert tell(40, {"event": "PARTNER_REMOVED"}) == ("disconnected", "channel_disconnected")


def test_the_channel_remembers_when_its_provider_was_last_heard(line, shop, listener):
    store(line, line_delivery("Ushop", line_message(1)))
    absorb_batch()
    with tenant_scope(shop):
        assert Channel.objects.get().last_webhook_at is not None


def test_a_channel_heard_a_moment_ago_is_not_noted_again(line, shop, listener):
    with tenant_scope(shop):
        Channel.objects.update(last_webhook_at=Now())
        noted = Channel.objects.get().last_webhook_at
        store(line, line_delivery("Ushop", line_message(1)))
        with CaptureQueriesContext(connection) as asked:
            absorb_until(FOREVER)
        assert not [query for query in asked if "last_webhook_at = now()" in query["sql"]]
        assert Channel.objects.get().last_webhook_at == noted
