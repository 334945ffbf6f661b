from __future__ import annotations

import pytest

from conversations import services
from conversations.errors import AnotherIsOpen, ConversationEnded
from conversations.inbound import receive_messages
from conversations.models import Conversation
from tenants.errors import Invalid, NotAllowed, NotFound, WrongStatus
from tests.conversations.conftest import inbound


@pytest.fixture
def chat(team, line):
    receive_messages(team, line, [inbound("U1")])
    return Conversation.objects.get()


def state(conversation):
    conversation.refresh_from_db()
    return conversation.status, conversation.assignee


@pytest.mark.requirement("S4-16")
def test_joining_makes_it_mine_and_in_progress(chat, mei):
    services.join(chat, by=mei)
    assert state(chat) == ("in_progress", mei)


def test_a_colleagues_conversation_is_not_there_for_a_salesperson(chat, mei, ken, boss):
    services.join(chat, by=mei)
    assert not Conversation.objects.visible_to(ken).exists()
    assert Conversation.objects.visible_to(boss).exists()
    for act in (services.join, services.end_conversation, services.reopen):
        with pytest.raises(NotFound):
            act(chat, by=ken)
    with pytest.raises(WrongStatus):
        services.join(chat, by=boss)
    assert state(chat) == ("in_progress", mei)


def test_salespeople_see_their_own_and_unassigned_ones(team, line, mei, ken):
    receive_messages(team, line, [inbound("U1"), inbound("U2"), inbound("U3")])
    first, second, _third = Conversation.objects.order_by("number")
    services.join(first, by=mei)
    services.join(second, by=ken)
    assert set(Conversation.objects.visible_to(mei).values_list("number", flat=True)) == {1, 3}


def test_owners_and_administrators_see_all_and_past_members_nothing(chat, hire, mei):
    services.join(chat, by=mei)
    assert Conversation.objects.visible_to(hire("Olga", "owner")).exists()
    assert Conversation.objects.visible_to(hire("Adam", "admin")).exists()
    assert not Conversation.objects.visible_to(hire("Past", "owner", active=False)).exists()


def test_assigning_needs_the_right_and_somebody_who_can_answer(chat, mei, ken, boss, hire):
    with pytest.raises(NotAllowed):
        services.assign(chat, to=mei, by=ken)
    with pytest.raises(Invalid):
        services.assign(chat, to=hire("Past", "salesperson", active=False), by=boss)
    services.assign(chat, to=mei, by=boss)
    assert state(chat) == ("in_progress", mei)
    services.assign(chat, to=None, by=boss)
    assert state(chat) == ("pending", None)


@pytest.mark.requirement("S2-41")
def test_a_conversation_is_pending_then_in_progress_then_ended(chat, mei):
    assert state(chat) == ("pending", None)
    services.join(chat, by=mei)
    assert state(chat) == ("in_progress", mei)
    services.end_conversation(chat, by=mei)
    assert state(chat) == ("ended", mei)
    assert chat.ended_at is not None


def test_an_ended_one_takes_nobody_until_reopened(chat, mei):
    services.end_conversation(chat, by=mei)
    with pytest.raises(ConversationEnded):
        services.join(chat, by=mei)
    services.reopen(chat, by=mei)
    assert state(chat) == ("in_progress", mei)


def test_reopening_beside_an_open_one_is_refused(team, line, chat, mei):
    services.end_conversation(chat, by=mei)
    receive_messages(team, line, [inbound("U1", minutes=1)])
    with pytest.raises(AnotherIsOpen):
        services.reopen(chat, by=mei)


def test_marking_read_says_whether_anything_was_unread(chat):
    assert services.mark_read(chat)
    assert not services.mark_read(chat)
    chat.refresh_from_db()
    assert chat.unread == 0
