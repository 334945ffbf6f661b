from __future__ import annotations

import random
from dataclasses import replace
from datetime import timedelta

import pytest

from channels.adapters.base import ContactChange
from conversations.hooks import hooks
from conversations.inbound import apply_contact_changes, receive_messages
from conversations.models import Contact, Conversation, Customer, Message, Session
from conversations.services import end_conversation, join
from tests.conversations.conftest import NOW, inbound

ALICE = "U" + "a" * 32
DAY = timedelta(hours=24)


def change(sender: str, what: str, *, minutes: float = 0, **values) -> ContactChange:
    return ContactChange(
        account_id="x",
        event_id=f"{what}{minutes}",
        at=NOW + timedelta(minutes=minutes),
        raw={},
        sender=sender,
        change=what,
        **values,
    )


def test_a_first_message_makes_customer_contact_conversation_and_session(team, line):
    replies = receive_messages(team, line, [inbound(ALICE, "Is it in stock?", profile_name="Alice")])

    conversation = Conversation.objects.get()
    assert conversation.customer.name == "Alice"
    assert (conversation.number, conversation.status, conversation.assignee) == (1, "pending", None)
    assert (conversation.last_message_text, conversation.unread) == ("Is it in stock?", 1)
    assert replies == {conversation.contact_id: NOW}
    session = Session.objects.get()
    assert (session.opened_at, session.closes_at) == (NOW, NOW + DAY)


def test_a_batch_of_many_people_takes_no_more_queries_than_one(team, whatsapp, django_assert_max_num_queries):
    with django_assert_max_num_queries(24):
        receive_messages(team, whatsapp, [inbound(f"+85291230{i:03}") for i in range(300)])
    assert Conversation.objects.count() == 300
    assert sorted(Conversation.objects.values_list("number", flat=True)) == list(range(1, 301))


def test_a_message_counts_once_however_often_it_comes(team, line):
    event = inbound(ALICE)
    assert receive_messages(team, line, [event, replace(event, event_id="again")])
    assert receive_messages(team, line, [event]) == {}
    assert Message.objects.count() == 1
    assert Conversation.objects.get().unread == 1


def test_batches_in_any_order_end_in_the_same_state(team, whatsapp):
    events = [inbound("+85291230001", f"line {i}", minutes=60 * i) for i in range(8)]
    shuffled = random.Random(7).sample(events, len(events))
    for start in range(0, 8, 2):
        receive_messages(team, whatsapp, shuffled[start : start + 2])

    contact, conversation = Contact.objects.get(), Conversation.objects.get()
    assert contact.last_inbound_at == events[-1].at
    assert contact.window_closes_at == events[-1].at + DAY
    assert (conversation.last_message_text, conversation.unread) == ("line 7", 8)
    assert [m.text for m in Message.objects.order_by("at")] == [f"line {i}" for i in range(8)]
    session = Session.objects.get()
    assert (session.opened_at, session.closes_at) == (events[0].at, events[-1].at + DAY)


@pytest.mark.requirement("S4-10", "S4-11", "S4-14")
def test_a_session_closes_a_day_after_the_customers_last_message_and_the_next_opens_another(team, whatsapp):
    receive_messages(team, whatsapp, [inbound("+85291230001"), inbound("+85291230001", minutes=23 * 60)])
    first = Session.objects.get()
    assert first.closes_at == NOW + timedelta(hours=23) + DAY

    receive_messages(team, whatsapp, [inbound("+85291230001", minutes=48 * 60)])
    assert Session.objects.count() == 2
    assert Conversation.objects.count() == 1  # the conversation itself goes on (D-15)


def test_a_late_message_never_moves_the_clock_back(team, whatsapp):
    receive_messages(team, whatsapp, [inbound("+85291230001", "new", minutes=0)])
    receive_messages(team, whatsapp, [inbound("+85291230001", "old", minutes=-3000)])
    contact = Contact.objects.get()
    assert (contact.last_inbound_at, contact.window_closes_at) == (NOW, NOW + DAY)
    assert Conversation.objects.get().last_message_text == "new"
    assert Session.objects.count() == 2


def test_a_message_after_the_end_opens_a_new_conversation(team, line, mei):
    receive_messages(team, line, [inbound(ALICE)])
    end_conversation(Conversation.objects.get(), by=mei)
    receive_messages(team, line, [inbound(ALICE, minutes=5)])
    assert list(Conversation.objects.order_by("number").values_list("number", "status")) == [
        (1, "ended"),
        (2, "pending"),
    ]


# --- D-19: who gets a chat ------------------------------------------------------------------------------------


@pytest.mark.requirement("D-19")
def test_an_open_conversation_keeps_its_member(team, line, mei, ken):
    receive_messages(team, line, [inbound(ALICE)])
    join(Conversation.objects.get(), by=mei)
    Customer.objects.update(bound_to=ken)
    receive_messages(team, line, [inbound(ALICE, minutes=1)])
    assert Conversation.objects.get().assignee == mei


@pytest.mark.requirement("D-19")
def test_a_new_conversation_goes_to_the_bound_member(team, line, mei, boss):
    receive_messages(team, line, [inbound(ALICE)])
    end_conversation(Conversation.objects.get(), by=boss)
    Customer.objects.update(bound_to=mei)
    receive_messages(team, line, [inbound(ALICE, minutes=1)])
    newest = Conversation.objects.latest("number")
    assert (newest.assignee, newest.status) == (mei, "in_progress")


@pytest.mark.requirement("D-19")
def test_a_new_conversation_goes_to_the_sender_of_a_recent_broadcast(team, line, mei, monkeypatch):
    asked = {}

    def senders(tenant, contact_ids, since):
        asked["since"] = since
        return dict.fromkeys(contact_ids, mei.pk)

    monkeypatch.setattr(hooks, "recent_senders", senders)
    receive_messages(team, line, [inbound(ALICE)])
    assert Conversation.objects.get().assignee == mei
    assert asked["since"] == NOW - timedelta(days=7)


def test_nobody_who_left_gets_a_conversation(team, line, hire, boss):
    gone = hire("Gone", "salesperson", active=False)
    receive_messages(team, line, [inbound(ALICE)])
    end_conversation(Conversation.objects.get(), by=boss)
    Customer.objects.update(bound_to=gone)
    receive_messages(team, line, [inbound(ALICE, minutes=1)])
    newest = Conversation.objects.latest("number")
    assert (newest.assignee, newest.status) == (None, "pending")


def test_replies_are_told_to_whoever_listens_once(team, line, monkeypatch):
    heard = []
    monkeypatch.setattr(hooks, "customers_replied", lambda tenant, replies: heard.append(dict(replies)))
    event = inbound(ALICE)
    receive_messages(team, line, [event])
    receive_messages(team, line, [event])
    assert heard == [{Contact.objects.get().pk: NOW}]


# --- Opting out -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("word", ["STOP", " stop. ", "退訂", "取消訂閱", "退订", "停止！", "ＳＴＯＰ"])
def test_an_opt_out_word_opts_out(team, whatsapp, word):
    receive_messages(team, whatsapp, [inbound("+85291230001", word)])
    contact = Contact.objects.get()
    assert (contact.opted_out_at, contact.opt_out_source) == (NOW, "keyword")


@pytest.mark.parametrize("text", ["please stop by the shop", "don't stop", "我想退訂單", "start", "hello"])
def test_other_texts_do_not(team, whatsapp, text):
    receive_messages(team, whatsapp, [inbound("+85291230001", text)])
    assert Contact.objects.get().opted_out_at is None


def test_words_of_a_channels_own_buttons_count_there_only(team, whatsapp, line):
    receive_messages(team, whatsapp, [inbound("+85291230001", "Stop promotions")])
    receive_messages(team, line, [inbound(ALICE, "Stop promotions")])
    assert Contact.objects.get(channel=whatsapp).opted_out_at == NOW
    assert Contact.objects.get(channel=line).opted_out_at is None


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_the_later_wish_counts_whichever_comes_first(team, whatsapp, order):
    events = [inbound("+85291230001", "STOP", minutes=0), inbound("+85291230001", "START", minutes=9)]
    for index in order:
        receive_messages(team, whatsapp, [events[index]])
    assert Contact.objects.get().opted_out_at is None


def test_blocking_opts_out_and_following_again_opts_in(team, line):
    receive_messages(team, line, [inbound(ALICE)])
    apply_contact_changes(team, line, [change(ALICE, "blocked", minutes=1)])
    assert Contact.objects.get().opt_out_source == "blocked"
    apply_contact_changes(team, line, [change(ALICE, "followed", minutes=2)])
    assert Contact.objects.get().opted_out_at is None


def test_unblocking_does_not_undo_a_written_stop(team, line):
    receive_messages(team, line, [inbound(ALICE, "退訂")])
    apply_contact_changes(
        team, line, [change(ALICE, "followed", minutes=2), change(ALICE, "blocked", minutes=1)]
    )
    assert Contact.objects.get().opt_out_source == "keyword"


# --- One person, two names ----------------------------------------------------------------------------------------


def test_a_stop_that_names_the_user_id_reaches_who_was_known_by_number(team, whatsapp):
    receive_messages(team, whatsapp, [inbound("+85291230001", phone="+85291230001")])
    apply_contact_changes(team, whatsapp, [change("HK.77", "marketing_stopped", phone="+85291230001")])
    contact = Contact.objects.get()
    assert contact.opt_out_source == "provider"
    assert (contact.address, contact.phone) == ("HK.77", "+85291230001")


def test_who_was_known_by_number_takes_the_user_id(team, whatsapp):
    receive_messages(team, whatsapp, [inbound("+85291230001", phone="+85291230001")])
    receive_messages(team, whatsapp, [inbound("HK.77", phone="+85291230001", user_id="HK.77", minutes=1)])
    contact = Contact.objects.get()
    assert (contact.address, contact.phone) == ("HK.77", "+85291230001")
    receive_messages(team, whatsapp, [inbound("+85291230001", minutes=2)])
    assert Contact.objects.count() == Conversation.objects.count() == 1


def test_two_contacts_become_one_when_an_event_carries_both_names(team, whatsapp, mei):
    receive_messages(team, whatsapp, [inbound("HK.77", "by id", profile_name="Wing")])
    receive_messages(team, whatsapp, [inbound("+85291230001", "by phone", phone="+85291230001", minutes=1)])
    receive_messages(team, whatsapp, [inbound("HK.77", "both", phone="+85291230001", minutes=2)])

    contact = Contact.objects.current().get()
    assert (contact.address, contact.phone) == ("HK.77", "+85291230001")
    assert {message.text for message in contact.messages.all()} == {"by id", "by phone", "both"}
    assert contact.last_inbound_at == NOW + timedelta(minutes=2)
    assert Conversation.objects.open().count() == 1
    assert set(Conversation.objects.values_list("contact", flat=True)) == {contact.pk}

    receive_messages(team, whatsapp, [inbound("+85291230001", "later", phone="+85291230001", minutes=3)])
    assert contact.messages.filter(text="later").exists()


def test_a_changed_number_keeps_the_person(team, whatsapp):
    receive_messages(team, whatsapp, [inbound("+85291230001", phone="+85291230001")])
    apply_contact_changes(
        team, whatsapp, [change("+85291230001", "address_changed", new_address="+85291230002")]
    )
    receive_messages(team, whatsapp, [inbound("+85291230002", minutes=1)])
    assert (Contact.objects.count(), Conversation.objects.count()) == (1, 1)


def test_the_same_address_on_two_channels_is_two_contacts(team, whatsapp, line):
    receive_messages(team, whatsapp, [inbound("same")])
    receive_messages(team, line, [inbound("same")])
    assert Contact.objects.count() == 2
