"""Conversations and messages over the API."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from conversations.models import Conversation, Message
from tenants.scopes import tenant_scope
from tests.factories import (
    PNG,
    CampaignFactory,
    ChannelFactory,
    ContactFactory,
    ConversationFactory,
    CustomerFactory,
    MediaFactory,
    MessageFactory,
    PartFactory,
    RecipientFactory,
)
from tests.workspace.api.conftest import assert_problem

pytestmark = pytest.mark.django_db


@pytest.fixture
def chats(tenant, sales, manager):
    """Three of sales, one of the manager, one of nobody."""
    with tenant_scope(tenant):
        line, whatsapp = ChannelFactory(kind="line"), ChannelFactory(kind="whatsapp")
        customer = CustomerFactory(name="Emily Chan", tags=["VIP"])
        contact = ContactFactory(channel=whatsapp, customer=customer, phone="+85291234567")
        rows = [
            ConversationFactory(assignee=sales, channel=line),
            ConversationFactory(
                assignee=sales, channel=whatsapp, contact=contact, last_message_text="Hi there"
            ),
            ConversationFactory(assignee=sales, channel=line, status="ended"),
            ConversationFactory(assignee=manager, channel=line),
            ConversationFactory(assignee=None, channel=line, status="pending"),
        ]
        now = timezone.now()
        for age, row in enumerate(rows):
            row.last_message_at = now - timedelta(minutes=age)
            row.save()
    return rows


def numbers(response):
    assert response.status_code == 200, response.content
    return [row["number"] for row in response.json()["results"]]


def test_a_salesperson_sees_own_and_unassigned_ones(api, sales, chats):
    assert numbers(api(sales).get("conversations")) == [c.number for c in (*chats[:3], chats[4])]


def test_a_manager_sees_all(api, manager, chats):
    assert numbers(api(manager).get("conversations")) == [c.number for c in chats]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({"status": "in_progress", "mine": "true"}, [0, 1]),
        ({"status": "in_progress", "mine": "true", "channel": "whatsapp"}, [1]),
        ({"q": "emily"}, [1]),
        ({"q": "+852 9123 4567"}, [1]),
        ({"tag": "VIP"}, [1]),
        ({"status": "ended"}, [2]),
        ({"assignee": "none"}, [4]),
    ],
)
def test_filters(api, sales, chats, query, expected):
    assert numbers(api(sales).get("conversations", query)) == [chats[place].number for place in expected]


def test_the_shape_of_a_conversation(api, sales, chats):
    (row,) = api(sales).get("conversations", {"channel": "whatsapp"}).json()["results"]
    assert row["number"] == chats[1].number
    assert row["status"] == "in_progress"
    assert row["channel"]["kind"] == "whatsapp"
    assert row["channel"]["name"] == chats[1].channel.name
    assert row["customer"]["name"] == "Emily Chan"
    assert row["assignee"] == sales.name
    assert row["last_message"] == "Hi there"
    assert row["window_closes_at"].endswith("Z")
    assert api(sales).get(f"conversations/{row['number']}").json() == row


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"status": "sleeping"}, "status"),
        ({"channel": "fax"}, "channel"),
        ({"stauts": "ended"}, "stauts"),
        ({"limit": "0"}, "limit"),
        ({"limit": "many"}, "limit"),
        ({"cursor": "abc"}, "cursor"),
        ({"cursor": "WzAsIngiLCJ5Il0"}, "cursor"),
    ],
)
def test_bad_parameters_are_named(api, sales, query, field):
    body = assert_problem(api(sales).get("conversations", query), 400, "invalid")
    assert [error["field"] for error in body["errors"]] == [field]
    assert body["errors"][0]["detail"]


@pytest.mark.parametrize("language", ["zh-Hant", "zh-Hans"])
@pytest.mark.parametrize("query", [{"limit": "0"}, {"cursor": "abc"}])
def test_bad_parameters_are_explained_in_chinese(api, sales, query, language):
    body = assert_problem(api(sales, language).get("conversations", query), 400, "invalid")
    assert not body["errors"][0]["detail"].isascii()


def test_pages_neither_repeat_nor_skip_while_chats_move(api, sales, tenant):
    with tenant_scope(tenant):
        channel = ChannelFactory()
        at = timezone.now() - timedelta(days=1)
        rows = [ConversationFactory(assignee=sales, channel=channel, last_message_at=at) for _ in range(9)]
    program = api(sales)
    first = program.get("conversations", {"limit": 4}).json()
    with tenant_scope(tenant):  # one of the last page and a new one come to the top
        Conversation.objects.filter(pk=rows[8].pk).update(last_message_at=timezone.now())
        ConversationFactory(assignee=sales, channel=channel)
    second = program.follow(first["next"]).json()
    third = program.follow(second["next"]).json()
    seen = [row["number"] for answer in (first, second, third) for row in answer["results"]]
    assert seen == [row.number for row in reversed(rows)]
    assert third["next"] is None
    assert first["previous"] is None
    back = program.follow(third["previous"]).json()
    assert [row["number"] for row in back["results"]] == [row["number"] for row in second["results"]]


def test_the_list_asks_as_often_for_ten_as_for_one(api, sales, tenant, django_assert_max_num_queries):
    program = api(sales)
    for _round in range(2):
        with tenant_scope(tenant):
            ConversationFactory.create_batch(5, assignee=sales)
        with django_assert_max_num_queries(5):
            program.get("conversations")


def test_other_peoples_chats_are_not_found(api, sales, chats, other_tenant):
    with tenant_scope(other_tenant):
        foreign = ConversationFactory(number=99)
    program = api(sales)
    for number in (chats[3].number, foreign.number, 0, 2**70):
        for path in (f"conversations/{number}", f"conversations/{number}/messages"):
            assert_problem(program.get(path), 404, "not_found")
        assert_problem(program.post(f"conversations/{number}/messages", {"text": "x"}), 404, "not_found")
    with tenant_scope(other_tenant):
        assert not Message.objects.exists()


def test_history_holds_messages_and_broadcasts(api, sales, tenant, chats):
    now = timezone.now()
    with tenant_scope(tenant):
        chat = chats[1]
        for age in (50, 40, 20, 10):
            MessageFactory(conversation=chat, at=now - timedelta(minutes=age), text=f"{age} ago")
        campaign = CampaignFactory()
        PartFactory(campaign=campaign, text="Sale, {{ name|friend }}!")
        RecipientFactory(
            campaign=campaign,
            contact=chat.contact,
            part_states=[3],
            state=3,
            marked_at=now - timedelta(minutes=30),
            accepted_at=now - timedelta(minutes=30),
        )
    program = api(sales)
    page = program.get(f"conversations/{chat.number}/messages").json()
    assert [row["text"] for row in page["results"]] == [
        "10 ago",
        "20 ago",
        "Sale, friend!",
        "40 ago",
        "50 ago",
    ]
    assert page["results"][2]["campaign"] == campaign.number
    assert page["results"][2]["author"] == "campaign"
    texts, address = [], f"http://testserver/api/v1/conversations/{chat.number}/messages?limit=1"
    while address:
        answer = program.follow(address).json()
        texts += [row["text"] for row in answer["results"]]
        address = answer["next"]
    assert texts == ["10 ago", "20 ago", "Sale, friend!", "40 ago", "50 ago"]


def test_a_reply_is_written_and_takes_a_pending_chat(api, sales, tenant, chats):
    response = api(sales).post(f"conversations/{chats[4].number}/messages", {"text": "Hello!"})
    assert response.status_code == 201, response.content
    body = response.json()
    assert (body["direction"], body["author"], body["text"]) == ("out", "member", "Hello!")
    assert body["member"] == sales.name
    assert body["status"] == "waiting"
    with tenant_scope(tenant):
        row = Conversation.objects.get(pk=chats[4].pk)
        assert (row.assignee_id, row.status) == (sales.pk, "in_progress")


def test_a_reply_with_a_picture(api, sales, chats):
    program = api(sales)
    media = program.upload("media", {"file": SimpleUploadedFile("lamp.png", PNG)}).json()
    answer = program.post(f"conversations/{chats[0].number}/messages", {"media": media["id"]})
    assert answer.status_code == 201, answer.content
    assert answer.json()["kind"] == "image"
    assert answer.json()["media"]["id"] == media["id"]


@pytest.mark.parametrize("language", ["en", "zh-Hant", "zh-Hans"])
@pytest.mark.parametrize(
    ("body", "code"), [({}, "invalid"), ({"text": ["x"]}, "invalid"), ({"text": "x" * 5001}, "invalid")]
)
def test_replies_that_cannot_be_sent(api, sales, chats, body, code, language):
    answer = api(sales, language).post(f"conversations/{chats[0].number}/messages", body)
    assert_problem(answer, 400, code)


def test_a_foreign_file_is_not_found(api, sales, other_tenant, chats):
    with tenant_scope(other_tenant):
        foreign = MediaFactory()
    answer = api(sales).post(f"conversations/{chats[0].number}/messages", {"media": foreign.key})
    assert assert_problem(answer, 400, "invalid")["errors"][0]["field"] == "media"


def test_a_closed_window_and_an_ended_chat_say_so(api, sales, tenant, chats):
    with tenant_scope(tenant):
        chats[1].contact.window_closes_at = timezone.now() - timedelta(minutes=1)
        chats[1].contact.save()
    program = api(sales)
    closed = program.post(f"conversations/{chats[1].number}/messages", {"text": "x"})
    assert_problem(closed, 409, "window_closed")
    ended = program.post(f"conversations/{chats[2].number}/messages", {"text": "x"})
    assert_problem(ended, 409, "conversation_ended")


def test_what_is_not_json_is_a_problem(api, sales, chats):
    program = api(sales)
    path = f"/api/v1/conversations/{chats[0].number}/messages"
    headers = {"Authorization": f"Bearer {program.secret}"}
    assert_problem(program.client.post(path, "{", "application/json", headers=headers), 400, "parse_error")
    assert_problem(
        program.client.post(path, "x", "text/plain", headers=headers), 415, "unsupported_media_type"
    )
    answer = program.client.post(path, '["x"]', "application/json", headers=headers)
    assert_problem(answer, 400, "invalid")


def test_a_huge_body_is_refused_before_it_is_read(api, sales, chats, settings):
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 1000
    answer = api(sales).post(f"conversations/{chats[0].number}/messages", {"text": "x" * 1000})
    assert_problem(answer, 413, "too_large")


def test_numbers_of_another_tenants_filter_find_nothing(api, sales, chats, other_tenant):
    with tenant_scope(other_tenant):
        foreign = ChannelFactory()
    assert numbers(api(sales).get("conversations", {"channel": str(foreign.pk)})) == []
