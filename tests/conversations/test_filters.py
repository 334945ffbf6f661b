from __future__ import annotations

from datetime import timedelta

import pytest
from django.http import QueryDict
from django.utils import timezone

from conversations.filters import ConversationFilter
from conversations.inbound import receive_messages
from conversations.models import Conversation, Customer
from conversations.services import join
from tenants.errors import Invalid
from tenants.scopes import tenant_scope
from tests.conversations.conftest import inbound
from tests.factories import ChannelFactory, ConversationFactory


@pytest.fixture
def chats(team, line, whatsapp, mei):
    """Four conversations, numbered 1 to 4: LINE and WhatsApp, mine and nobody's, open and closed windows."""
    now = timezone.now()
    receive_messages(
        team,
        line,
        [
            inbound("U1", "Any red shoes?", profile_name="陳美玲", at=now - timedelta(days=9)),
            inbound("U2", "thanks", profile_name="Bob", at=now - timedelta(hours=5)),
        ],
    )
    receive_messages(
        team,
        whatsapp,
        [
            inbound("+85291234567", "hi", phone="+85291234567", at=now - timedelta(hours=23)),
            inbound("+85290000000", "hello", phone="+85290000000", at=now - timedelta(hours=30)),
        ],
    )
    numbered = {row.customer.name or row.contact.phone: row for row in Conversation.objects.all()}
    join(numbered["Bob"], by=mei)
    join(numbered["+85291234567"], by=mei)
    Customer.objects.filter(name="Bob").update(tags=["vip"])
    Conversation.objects.filter(customer__name="Bob").update(unread=0)
    return {name: row.number for name, row in numbered.items()}


BOB, CHAN, OPEN, CLOSED = "Bob", "陳美玲", "+85291234567", "+85290000000"


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("", {BOB, CHAN, OPEN, CLOSED}),
        ("mine=true", {BOB, OPEN}),
        ("status=in_progress&mine=true", {BOB, OPEN}),
        ("status=pending", {CHAN, CLOSED}),
        ("channel=line", {BOB, CHAN}),
        ("q=bob", {BOB}),
        ("q=美玲", {CHAN}),
        ("q=red+shoes", {CHAN}),
        ("q=9123+4567", {OPEN}),
        ("q=９１２３４５６７", {OPEN}),
        ("window=open", {BOB, CHAN, OPEN}),
        ("window=closed", {CLOSED}),
        ("closes_within=2", {OPEN}),
        ("unread=true", {CHAN, OPEN, CLOSED}),
        ("assignee=none", {CHAN, CLOSED}),
        ("tag=vip", {BOB}),
        ("channel=whatsapp&window=open", {OPEN}),
    ],
)
def test_what_each_filter_finds(chats, mei, query, names):
    wanted = ConversationFilter.parse(QueryDict(query).dict())
    found = wanted.apply(Conversation.objects.visible_to(mei), mei)
    assert {row.number for row in found} == {chats[name] for name in names}


def test_the_chat_number_is_found_with_and_without_its_mark(chats, mei):
    for q in (str(chats[BOB]), f"#{chats[BOB]}", f" ＃{chats[BOB]} "):
        found = ConversationFilter.parse({"q": q}).apply(Conversation.objects.all(), mei)
        assert chats[BOB] in {row.number for row in found}


def test_a_whatsapp_account_is_all_its_numbers_and_no_others(tenant, mei):
    with tenant_scope(tenant):
        first = ChannelFactory(kind="whatsapp")
        second = ChannelFactory(kind="whatsapp", whatsapp_account=first.whatsapp_account)
        chats = [ConversationFactory(channel=channel) for channel in (first, second)]
        ConversationFactory(channel=ChannelFactory(kind="whatsapp"))
        wanted = ConversationFilter.parse({"account": str(first.whatsapp_account_id)})
        assert set(wanted.apply(Conversation.objects.all(), mei)) == set(chats)


def test_dates_limit_the_last_message(chats, mei):
    week_ago = timezone.now() - timedelta(days=7)
    newer = ConversationFilter(last_after=week_ago).apply(Conversation.objects.all(), mei)
    older = ConversationFilter(last_before=week_ago).apply(Conversation.objects.all(), mei)
    assert [row.number for row in older] == [chats[CHAN]]
    assert newer.count() == 3


def test_a_filter_survives_being_stored_and_put_into_an_address():
    full = ConversationFilter.parse(
        {
            "mine": "true",
            "status": "in_progress",
            "channel": "12",
            "account": "3",
            "q": "a&b=c 陳",
            "window": "open",
            "closes_within": "3",
            "unread": "1",
            "assignee": "none",
            "tag": "vip & more",
            "answered": "12",
            "last_after": "2026-11-01",
            "last_before": "2026-11-20T08:00:00+08:00",
        }
    )
    assert ConversationFilter.parse(full.to_dict()) == full
    assert ConversationFilter.parse(QueryDict(full.to_query()).dict()) == full
    assert ConversationFilter().to_dict() == {}


@pytest.mark.parametrize(
    ("params", "field"),
    [
        ({"status": "lost"}, "status"),
        ({"channel": "telegraph"}, "channel"),
        ({"channel": "0"}, "channel"),
        ({"closes_within": "-1"}, "closes_within"),
        ({"assignee": "me; drop"}, "assignee"),
        ({"assignee": str(2**70)}, "assignee"),
        ({"last_after": "yesterday"}, "last_after"),
        ({"last_after": "2026-13-40"}, "last_after"),
        ({"mine": "perhaps"}, "mine"),
        ({"answered": "the last"}, "answered"),
        ({"q": "x" * 101}, "q"),
        ({"q": "\x00"}, "q"),
        ({"customer__tenant__name": "other"}, "customer__tenant__name"),
        ({"statsu": "ended"}, "statsu"),
    ],
)
def test_nonsense_is_named_by_field(params, field):
    with pytest.raises(Invalid) as caught:
        ConversationFilter.parse(params)
    assert [error["field"] for error in caught.value.errors] == [field]


def test_pages_may_carry_other_parameters():
    assert ConversationFilter.parse({"cursor": "abc", "q": "x"}, strict=False) == ConversationFilter(q="x")
