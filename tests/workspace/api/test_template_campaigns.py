"""Broadcasts of a template over the API."""

from __future__ import annotations

import pytest

from campaigns.models import Campaign
from tenants.scopes import tenant_scope
from tests.factories import ChannelFactory, ContactFactory, ConversationFactory, MediaFactory, TemplateFactory
from tests.workspace.api.conftest import assert_problem

pytestmark = pytest.mark.django_db


@pytest.fixture
def template(tenant):
    with tenant_scope(tenant):
        return TemplateFactory(account__name="Spring Shop")


def chat_of(account, sales, **more):
    channel = ChannelFactory(kind="whatsapp", whatsapp_account=account)
    contact = ContactFactory(channel=channel, window_closes_at=None)
    return ConversationFactory(assignee=sales, channel=channel, contact=contact, **more)


@pytest.fixture
def chat(tenant, template, sales):
    with tenant_scope(tenant):
        return chat_of(template.account, sales)


def body(template, *chats, parameters=None, **more):
    given = {"first_name": "{{ name|friend }}"} if parameters is None else parameters
    return {
        "kind": "template",
        "audience": {"conversations": [chat.number for chat in chats]},
        "template": {"id": template.pk, "parameters": given, **more},
    }


@pytest.mark.requirement("S3-23")
def test_a_template_is_broadcast_and_listed_by_its_name(api, sales, template, chat):
    found = api(sales).post("campaigns/preflight", body(template, chat)).json()
    assert (found["sendable"], found["blocking"]) == (1, False)
    assert found["accounts"] == [{"id": template.account_id, "name": "Spring Shop", "chats": 1}]
    answer = api(sales).post("campaigns", body(template, chat))
    assert answer.status_code == 201, answer.content
    assert (answer.json()["kind"], answer.json()["message"]) == ("template", template.name)
    (row,) = api(sales).get("campaigns").json()["results"]
    assert (row["kind"], row["message"], row["status"]) == ("template", template.name, "preparing")


@pytest.mark.parametrize(
    ("language", "text"),
    [
        (
            "en",
            "Please select the conversations again. A message template can only be sent to customers of the same",
        ),
        ("zh-hant", "請重新選擇對話事件。訊息範本僅支援發送相同WhatsApp商業帳號的顧客"),
        ("zh-hans", "请重新选择对话。消息模板仅支持发送给同一 WhatsApp 商业账号的顾客"),
    ],
)
@pytest.mark.requirement("S2-30", "S2-32")
def test_chats_of_two_accounts_conflict(api, tenant, sales, template, chat, language, text):
    with tenant_scope(tenant):
        other = chat_of(TemplateFactory(account__name="Outlet").account, sales)
    program = api(sales)
    program.language = language
    for path in ("campaigns", "campaigns/preflight"):
        problem = assert_problem(
            program.post(path, body(template, chat, other)), 409, "whatsapp_account_conflict"
        )
        assert problem["detail"].startswith(text)
        assert sorted((one["name"], one["chats"]) for one in problem["accounts"]) == [
            ("Outlet", 1),
            ("Spring Shop", 1),
        ]
    with tenant_scope(tenant):
        assert not Campaign.objects.exists()


def test_faults_name_their_fields(api, sales, template, chat):
    api = api(sales)
    asked = body(template, chat, parameters={"first_name": "", "shoe": "x"}, header_media="gone")
    problem = assert_problem(api.post("campaigns", asked), 400, "invalid_campaign")
    assert {(error["field"], error["code"]) for error in problem["errors"]} == {
        ("template.parameters.first_name", "missing"),
        ("template.parameters.shoe", "unknown"),
        ("template.header_media", "not_found"),
    }
    for faulty, field in (
        ({"id": "7"}, "template.id"),
        ({"id": 7, "parameters": ["x"]}, "template.parameters"),
        ({"id": 7, "parameters": {"x": 1}}, "template.parameters"),
        ({"id": 7, "header_media": 1}, "template.header_media"),
        (
            {"id": 7, "location": {"latitude": 91, "longitude": 0, "name": "x", "address": "y"}},
            "template.location",
        ),
    ):
        problem = assert_problem(
            api.post("campaigns", body(template, chat) | {"template": faulty}), 400, "invalid_campaign"
        )
        assert [error["field"] for error in problem["errors"]] == [field]
    both = body(template, chat) | {"parts": [{"kind": "text", "text": "x"}]}
    problem = assert_problem(api.post("campaigns", both), 400, "invalid_campaign")
    assert problem["errors"][0]["field"] == "parts"
    by_number = body(template, chat) | {"audience": {"chat_numbers": str(chat.number)}}
    assert api.post("campaigns", by_number).status_code == 400


def test_an_unfinished_draft_is_kept_and_not_sent(api, tenant, sales, template, chat):
    with tenant_scope(tenant):
        file = MediaFactory()
    asked = body(template, chat, parameters={"first_name": ""}, header_media=file.key) | {"draft": True}
    made = api(sales).post("campaigns", asked).json()
    assert (made["status"], made["message"]) == ("draft", template.name)
    problem = assert_problem(api(sales).post(f"campaigns/{made['number']}/send"), 400, "invalid_campaign")
    assert {error["field"] for error in problem["errors"]} == {
        "template.parameters.first_name",
        "template.header",
    }


def test_one_customer_is_written_to_with_a_template_while_the_window_is_closed(
    api, tenant, sales, template, chat
):
    path = f"conversations/{chat.number}/messages"
    assert_problem(api(sales).post(path, {"text": "Hello"}), 409, "window_closed")
    asked = {"template": {"id": template.pk, "parameters": {"first_name": "Mei"}}}
    made = api(sales).post(path, asked)
    assert made.status_code == 201, made.content
    assert (made.json()["kind"], made.json()["text"], made.json()["test"]) == (
        "template",
        "Hello Mei, your order is ready.",
        False,
    )
    assert_problem(api(sales).post(path, {"text": "Hello"}), 409, "template_sent")
    problem = assert_problem(api(sales).post(path, asked | {"text": "x"}), 400, "invalid")
    assert problem["errors"][0]["field"] == "template"
    problem = assert_problem(
        api(sales).post(path, {"template": {"id": template.pk, "parameters": {}}}),
        400,
        "invalid_template_message",
    )
    assert problem["errors"][0]["field"] == "template.parameters.first_name"
    assert_problem(api(sales).post(path, {"template": {"id": 2**40}}), 400, "invalid_template_message")
