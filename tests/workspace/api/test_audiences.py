"""Every way of choosing people, over the API: preflight and create, with an error for each entry at fault."""

import pytest

from campaigns.models import Campaign, Recipient, State
from tenants.scopes import tenant_scope
from tests.factories import (
    CampaignFactory,
    ChannelFactory,
    ContactFactory,
    ConversationFactory,
    CustomerFactory,
    RecipientFactory,
)
from tests.workspace.api.conftest import assert_problem

pytestmark = pytest.mark.django_db


@pytest.fixture
def line(tenant):
    with tenant_scope(tenant):
        return ChannelFactory(kind="facebook")


@pytest.fixture
def chat(tenant, sales, line):
    with tenant_scope(tenant):
        return ConversationFactory(assignee=sales, channel=line, status="ended")


def asking(audience, **more):
    return {"audience": audience, "parts": [{"kind": "text", "text": "Hello"}], **more}


def test_chat_numbers_are_sent_to_in_any_state(api, sales, chat):
    program = api(sales)
    body = asking({"chat_numbers": f"#{chat.number}，"})
    assert program.post("campaigns/preflight", body).json()["sendable"] == 1
    made = program.post("campaigns", body)
    assert made.status_code == 201, made.content
    assert Campaign.objects.model._base_manager.get().audience == body["audience"]


def test_each_number_at_fault_is_an_error_of_its_own(api, sales, chat, tenant):
    with tenant_scope(tenant):
        on_whatsapp = ConversationFactory(assignee=sales, channel=ChannelFactory(kind="whatsapp"))
    text = f"{chat.number}, x9, {on_whatsapp.number}, {chat.number}, 99999"
    for path in ("campaigns/preflight", "campaigns"):
        problem = assert_problem(api(sales).post(path, asking({"chat_numbers": text})), 400, "invalid")
        assert [(error["field"], error["code"]) for error in problem["errors"]] == [
            ("audience.chat_numbers", "not_a_number"),
            ("audience.chat_numbers", "whatsapp"),
            ("audience.chat_numbers", "repeated"),
            ("audience.chat_numbers", "not_found"),
        ]
        assert "x9" in problem["errors"][0]["detail"]
        assert str(on_whatsapp.number) in problem["errors"][1]["detail"]
    with tenant_scope(tenant):
        assert not Campaign.objects.exists()


def test_errors_speak_the_callers_language(api, sales, chat):
    answer = api(sales, "zh-Hant").post("campaigns/preflight", asking({"chat_numbers": "x9"}))
    assert answer.json()["errors"][0]["detail"] == "「x9」不是對話編號。"


def test_bound_customers_of_one_channel(api, sales, manager, line, tenant):
    with tenant_scope(tenant):
        person = ContactFactory(channel=line, customer=CustomerFactory(bound_to=sales))
    everybody = {"channel": line.pk, "customers": "all"}
    assert api(sales).post("campaigns/preflight", asking({"bound_customers": everybody})).json()["total"] == 1
    named = {"channel": line.pk, "customers": [person.customer_id], "bound_to": sales.pk}
    assert api(manager).post("campaigns", asking({"bound_customers": named})).status_code == 201
    refused = {"channel": line.pk, "customers": [person.customer_id, 10**6]}
    problem = assert_problem(
        api(sales).post("campaigns", asking({"bound_customers": refused})), 400, "invalid"
    )
    assert [error["field"] for error in problem["errors"]] == ["audience.bound_customers.customers"]


def test_the_people_of_a_former_broadcast(api, sales, chat, tenant):
    with tenant_scope(tenant):
        campaign = CampaignFactory(created_by=sales, status="completed")
        RecipientFactory(campaign=campaign, contact=chat.contact, state=State.FAILED)
    audience = {"campaign": {"id": campaign.number, "states": ["failed", "read"]}}
    assert api(sales).post("campaigns/preflight", asking(audience)).json()["total"] == 1
    audience["campaign"]["states"] = ["read"]
    assert_problem(api(sales).post("campaigns", asking(audience)), 400, "nobody_reachable")


@pytest.mark.parametrize(
    "audience",
    [
        {"chat_numbers": [12]},
        {"bound_customers": "all"},
        {"campaign": 7},
        {"chat_numbers": "1", "filter": {}},
        {"campaign": {"id": 1, "states": [{}]}},
        {"filter": []},
    ],
)
def test_what_cannot_be_read_is_a_problem(api, sales, audience):
    assert_problem(api(sales).post("campaigns/preflight", asking(audience)), 400, "invalid")


def test_recipients_without_a_chat_are_listed(api, sales, line, tenant):
    with tenant_scope(tenant):
        campaign = CampaignFactory(created_by=sales, status="completed")
        RecipientFactory(campaign=campaign, contact=ContactFactory(channel=line), conversation=None)
        assert Recipient.objects.get().conversation is None
    (row,) = api(sales).get(f"campaigns/{campaign.number}/recipients").json()["results"]
    assert row["conversation"] is None
