"""A broadcast tried on one chat over the API."""

from __future__ import annotations

import pytest

from campaigns.models import Campaign
from conversations.models import Message
from tenants.scopes import tenant_scope
from tests.factories import ChannelFactory, ContactFactory, ConversationFactory, TemplateFactory
from tests.workspace.api.conftest import assert_problem

pytestmark = pytest.mark.django_db


@pytest.fixture
def chat(tenant, sales):
    with tenant_scope(tenant):
        template = TemplateFactory()
        channel = ChannelFactory(kind="whatsapp", whatsapp_account=template.account)
        contact = ContactFactory(channel=channel, customer__name="Mei")
        found = ConversationFactory(
            assignee=sales, channel=channel, contact=contact, customer=contact.customer
        )
        found.template = template
        return found


def test_messages_and_a_template_are_tried_on_one_chat_and_counted_nowhere(api, sales, chat, tenant):
    texts = [{"kind": "text", "text": "Hello {{ name }}"}, {"kind": "text", "text": "Come by"}]
    answer = api(sales).post("campaigns/test", {"conversation": chat.number, "parts": texts})
    assert answer.status_code == 201, answer.content
    sent = answer.json()["results"]
    assert [(row["text"], row["test"], row["status"]) for row in sent] == [
        ("Hello Mei", True, "waiting"),
        ("Come by", True, "waiting"),
    ]
    template = {"id": chat.template.pk, "parameters": {"first_name": "{{ name|friend }}"}}
    body = {"conversation": chat.number, "kind": "template", "template": template}
    answer = api(sales).post("campaigns/test", body)
    assert answer.status_code == 201, answer.content
    assert [(row["kind"], row["test"]) for row in answer.json()["results"]] == [("template", True)]
    with tenant_scope(tenant):
        assert not Campaign.objects.exists()


def test_what_cannot_be_tried_is_refused_in_words_and_nothing_is_sent(api, sales, chat, tenant):
    text = [{"kind": "text", "text": "Hello"}]
    for body, code in (
        ({"conversation": 999_999, "parts": text}, "invalid"),
        ({"parts": text}, "invalid"),
        ({"conversation": chat.number, "parts": [{"kind": "text", "text": " "}]}, "invalid"),
    ):
        answer = api(sales).post("campaigns/test", body)
        assert answer.status_code in (400, 422), answer.content
        assert_problem(answer, answer.status_code, code)
    with tenant_scope(tenant):
        chat.status = "ended"
        chat.save()
    answer = api(sales).post("campaigns/test", {"conversation": chat.number, "parts": text})
    assert answer.json()["errors"][0]["field"] == "conversation"
    with tenant_scope(tenant):
        assert not Message.objects.exists()
