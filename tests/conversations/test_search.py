"""What is found by number, name, phone and words; and that an index can find it however many there are."""

from __future__ import annotations

import pytest
from django.db import connection

from conversations.filters import ConversationFilter
from conversations.models import Conversation, Message
from conversations.search import found_by, lines_with
from tenants.models import Tenant
from tenants.scopes import tenant_scope
from tests.factories import (
    ChannelFactory,
    ContactFactory,
    ConversationFactory,
    CustomerFactory,
    MessageFactory,
)


@pytest.fixture
def chats(team):
    """Three people with a history each."""
    line, whatsapp = ChannelFactory(), ChannelFactory(kind="whatsapp")
    said = {
        ("王小明", line, ""): ["請問還有現貨嗎？", "好的，謝謝！"],
        ("Grace Chan", whatsapp, "+85291230077"): ["Is the Linen Shirt still there?", "50% off?"],
        ("陳大文", whatsapp, "+886912345678"): ["想預約星期六下午"],
    }
    made = []
    for (name, channel, phone), texts in said.items():
        contact = ContactFactory(customer=CustomerFactory(name=name), channel=channel, phone=phone)
        chat = ConversationFactory(contact=contact, channel=channel)
        for text in texts:
            MessageFactory(conversation=chat, text=text)
        made.append(chat)
    return made


@pytest.mark.parametrize(
    ("q", "places"),
    [
        ("小明", [0]),
        ("王", [0]),
        ("grace", [1]),
        ("gr", [1]),
        ("現貨", [0]),
        ("預約星期六", [2]),
        ("linen shirt", [1]),
        ("ＬＩＮＥＮ", [1]),
        ("50%", [1]),
        ("%", []),
        ("9123", [1, 2]),
        ("+852 9123-0077", [1]),
        ("nobody said this", []),
    ],
)
def test_any_part_of_a_name_a_phone_or_a_message_finds(team, mei, chats, q, places):
    found = ConversationFilter(q=q).apply(Conversation.objects.all(), mei)
    assert sorted(chat.pk for chat in found) == [chats[place].pk for place in places]


def test_a_number_finds_its_chat_and_with_a_hash_nothing_else(team, mei, chats):
    number = chats[2].number
    MessageFactory(conversation=chats[0], text=f"order {number}00")
    for q in (str(number), f"#{number}"):
        assert chats[2] in ConversationFilter(q=q).apply(Conversation.objects.all(), mei)
    assert ConversationFilter(q=f"#{number}").apply(Conversation.objects.all(), mei).get() == chats[2]


def test_the_line_that_matches_is_the_last_that_has_the_words(team, chats):
    again = MessageFactory(conversation=chats[0], text="那個還有現貨？")
    assert lines_with("現貨", chats, team.pk) == {chats[0].pk: again}
    assert lines_with("王", chats, team.pk) == {}


def test_another_teams_words_find_nothing(team, chats):
    other = Tenant.objects.create(name="Other", slug="other")
    with tenant_scope(other):
        MessageFactory(text="請問還有現貨嗎？")
    assert found_by("現貨", team.pk).count() == 1


@pytest.mark.parametrize("q", ["現貨", "linen shirt"])
def test_words_are_found_by_the_index(team, chats, q):
    Message.objects.bulk_create(
        Message(
            tenant=team,
            conversation=chats[0],
            contact=chats[0].contact,
            direction="in",
            author="customer",
            status="received",
            text=f"something else {n} 別的事情",
            provider_id=f"filler-{n}",
        )
        for n in range(3000)
    )
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE conversations_message")
    assert "message_words" in found_by(q, team.pk).explain()
