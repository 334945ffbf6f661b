from __future__ import annotations

import itertools
from datetime import timedelta

import pytest

from channels.adapters.base import Delivery, Echo, Reason, StatusChange
from channels.signals import Received, echoes, inbound_messages, status_changes
from conversations.echoes import apply_echoes
from conversations.models import Conversation, Message, new_opaque_id
from conversations.services import end_conversation
from conversations.statuses import apply_status_changes
from tests.conversations.conftest import NOW, inbound

PHONE = "+85291230001"


@pytest.fixture
def chat(team, whatsapp):
    inbound_messages.send(type(None), tenant=team, received=[Received(whatsapp, inbound(PHONE, phone=PHONE))])
    return Conversation.objects.get()


@pytest.fixture
def reply(chat, mei):
    return Message.objects.create(
        tenant=chat.tenant,
        conversation=chat,
        contact=chat.contact,
        direction="out",
        author="member",
        member=mei,
        text="Yes",
        status="sending",
        opaque_id=new_opaque_id(),
    )


def report(status: Delivery, *, minutes: float = 1, opaque_id: str = "", **values) -> StatusChange:
    given = {"provider_id": "wamid.1", "recipient": PHONE, "opaque_id": opaque_id}
    return StatusChange(
        account_id="7001",
        event_id=f"{status}{minutes}",
        at=NOW + timedelta(minutes=minutes),
        raw={},
        status=status,
        **(given | values),
    )


def echo(text: str, provider_id: str = "wamid.app", **values) -> Echo:
    given = {"recipient": PHONE, "provider_id": provider_id, "text": text}
    return Echo(
        account_id="7001", event_id=provider_id, at=NOW + timedelta(minutes=5), raw={}, **(given | values)
    )


@pytest.mark.parametrize("order", list(itertools.permutations(range(3))))
def test_reports_in_any_order_end_in_the_furthest(team, whatsapp, reply, order):
    reports = [
        report(Delivery.SENT, minutes=1, opaque_id=reply.opaque_id),
        report(Delivery.DELIVERED, minutes=2, opaque_id=reply.opaque_id),
        report(Delivery.READ, minutes=3, opaque_id=reply.opaque_id),
    ]
    for index in order:
        assert apply_status_changes(team, whatsapp, [reports[index]]) == []
    reply.refresh_from_db()
    assert (reply.status, reply.provider_id) == ("read", "wamid.1")
    assert reply.read_at == NOW + timedelta(minutes=3)
    assert reply.due_at is None


def test_failed_beats_accepted_and_delivered_beats_failed(team, whatsapp, reply):
    failed = report(
        Delivery.FAILED,
        opaque_id=reply.opaque_id,
        reason=Reason.RECIPIENT_UNAVAILABLE,
        provider_code="131026",
    )
    apply_status_changes(team, whatsapp, [report(Delivery.SENT, opaque_id=reply.opaque_id), failed])
    reply.refresh_from_db()
    assert (reply.status, reply.reason) == ("failed", Reason.RECIPIENT_UNAVAILABLE)
    assert reply.provider_code == "131026"

    apply_status_changes(team, whatsapp, [report(Delivery.DELIVERED, minutes=2, opaque_id=reply.opaque_id)])
    reply.refresh_from_db()
    assert (reply.status, reply.reason) == ("delivered", "")


def test_a_report_is_matched_by_person_and_provider_id_too(team, whatsapp, reply):
    Message.objects.filter(pk=reply.pk).update(provider_id="wamid.1", status="accepted")
    assert apply_status_changes(team, whatsapp, [report(Delivery.DELIVERED)]) == []
    reply.refresh_from_db()
    assert reply.status == "delivered"


def test_what_is_about_no_reply_is_handed_back(team, whatsapp, reply):
    broadcast = Received(whatsapp, report(Delivery.READ, opaque_id="55.0.1"))
    unknown = Received(whatsapp, report(Delivery.READ, provider_id="wamid.other"))
    ours = Received(whatsapp, report(Delivery.READ, opaque_id=reply.opaque_id))
    ((_receiver, unmatched),) = [
        answer
        for answer in status_changes.send(StatusChange, tenant=team, received=[broadcast, unknown, ours])
        if answer[0].__module__ == "conversations.receivers"
    ]
    assert unmatched == {broadcast, unknown}


@pytest.mark.requirement("S4-8", "S4-12", "S4-13")
def test_what_staff_write_in_the_phone_app_stands_in_the_same_conversation(team, whatsapp, chat, mei):
    end_conversation(chat, by=mei)
    echoes.send(Echo, tenant=team, received=[Received(whatsapp, echo("From the app"))])
    message = Message.objects.get(author="app")
    assert (message.conversation, message.text) == (chat, "From the app")
    chat.refresh_from_db()
    assert (chat.status, chat.last_message_text) == ("ended", "From the app")


def test_an_echo_counts_once_and_ours_proves_that_it_left(team, whatsapp, chat, reply):
    for echoes_of_a_batch in (
        [echo("a"), echo("a")],
        [echo("a")],
        [echo("Yes", "wamid.1", opaque_id=reply.opaque_id)],
    ):
        assert apply_echoes(team, whatsapp, echoes_of_a_batch) == []
    reply.refresh_from_db()
    assert (reply.status, reply.provider_id) == ("accepted", "wamid.1")
    assert Message.objects.filter(author="app").count() == 1


def test_an_echo_to_somebody_who_never_wrote_is_not_brought_in(team, whatsapp):
    assert apply_echoes(team, whatsapp, [echo("Hello there")]) == []
    assert not Message.objects.exists()
