"""What a request's body names of another tenant is refused as if it did not exist, and nothing changes."""

from __future__ import annotations

import json

import pytest

from campaigns.models import Campaign
from conversations.models import Conversation, Message
from tenants.scopes import tenant_scope
from tenants.tokens import create_api_token
from tests.factories import CampaignFactory, ConversationFactory, MediaFactory, MemberFactory, TemplateFactory

TEXT = {"kind": "text", "text": "New arrivals are in."}


@pytest.fixture
def mine(tenant, manager):
    with tenant_scope(tenant):
        return ConversationFactory(assignee=manager, number=1)


@pytest.fixture
def foreign(other_tenant):
    """Rows of another tenant, whose numbers ours has not."""
    with tenant_scope(other_tenant):
        conversation = ConversationFactory(number=9001)
        return {
            "conversation": conversation.number,
            "media": MediaFactory().key,
            "member": MemberFactory().pk,
            "channel": conversation.channel.pk,
            "customer": conversation.customer.pk,
            "campaign": CampaignFactory(number=9002).number,
            "template": TemplateFactory().pk,
        }


@pytest.fixture
def post(client, tenant, manager):
    with tenant_scope(tenant):
        _token, secret = create_api_token(manager, name="x")

    def go(path: str, body: dict) -> int:
        answer = client.post(
            f"/api/v1/{path}",
            json.dumps(body),
            content_type="application/json",
            HTTP_AUTHORIZATION=f"Bearer {secret}",
        )
        return answer.status_code

    return go


@pytest.mark.parametrize(
    "body",
    [
        lambda foreign: {"conversation": foreign["conversation"], "parts": [TEXT]},
        lambda foreign: {"conversation": 1, "parts": [{"kind": "image", "media": foreign["media"]}]},
        lambda foreign: {"conversation": 1, "kind": "template", "template": {"id": foreign["template"]}},
    ],
)
def test_no_broadcast_is_tried_with_what_belongs_to_another_tenant(post, mine, foreign, tenant, body):
    assert post("campaigns/test", body(foreign)) in (400, 404, 409, 422)
    with tenant_scope(tenant):
        assert not Message.objects.exists()


@pytest.mark.parametrize("path", ["campaigns", "campaigns/preflight"])
@pytest.mark.parametrize(
    "body",
    [
        lambda foreign: {"audience": {"conversations": [foreign["conversation"]]}, "parts": [TEXT]},
        lambda foreign: {"audience": {"conversations": [1, foreign["conversation"]]}, "parts": [TEXT]},
        lambda foreign: {
            "audience": {"chat_numbers": f"1, {foreign['conversation']}"},
            "parts": [TEXT],
        },
        lambda foreign: {
            "audience": {"bound_customers": {"channel": foreign["channel"], "customers": "all"}},
            "parts": [TEXT],
        },
        lambda foreign: {
            "audience": {
                "bound_customers": {"channel": foreign["own_channel"], "customers": [foreign["customer"]]}
            },
            "parts": [TEXT],
        },
        lambda foreign: {
            "audience": {
                "bound_customers": {
                    "channel": foreign["own_channel"],
                    "customers": "all",
                    "bound_to": foreign["member"],
                }
            },
            "parts": [TEXT],
        },
        lambda foreign: {
            "audience": {"campaign": {"id": foreign["campaign"], "states": ["failed"]}},
            "parts": [TEXT],
        },
        lambda foreign: {
            "audience": {"conversations": [1]},
            "parts": [{"kind": "image", "media": foreign["media"]}],
        },
        lambda foreign: {
            "kind": "template",
            "audience": {"conversations": [1]},
            "template": {"id": foreign["template"]},
        },
    ],
    ids=[
        "chat",
        "chat among mine",
        "chat number among mine",
        "channel",
        "bound customer",
        "whose customers",
        "former broadcast",
        "picture",
        "template",
    ],
)
def test_a_broadcast_cannot_name_them(path, body, post, foreign, mine, tenant):
    asked = body(foreign | {"own_channel": mine.channel_id})
    assert post(path, {"kind": "message", **asked}) in (400, 404)
    with tenant_scope(tenant):
        assert not Campaign.objects.exists()


def test_a_reply_cannot_carry_their_file(post, foreign, mine, tenant):
    assert post("conversations/1/messages", {"media": foreign["media"]}) in (400, 404)
    with tenant_scope(tenant):
        assert not Message.objects.filter(direction="out").exists()


def test_a_reply_cannot_be_their_template(post, foreign, mine, tenant):
    assert post("conversations/1/messages", {"template": {"id": foreign["template"]}}) in (400, 404)
    with tenant_scope(tenant):
        assert not Message.objects.filter(direction="out").exists()


def test_a_chat_cannot_be_given_to_their_member(sign_in, manager, foreign, mine, tenant):
    answer = sign_in(manager).post("/inbox/1/assign/", {"member": foreign["member"]})
    assert answer.status_code in (400, 404)
    with tenant_scope(tenant):
        assert Conversation.objects.get(number=1).assignee == manager


@pytest.mark.parametrize("name", ["channel", "member", "assignee"])
def test_a_filter_by_their_row_shows_nothing_of_theirs(sign_in, manager, foreign, mine, name):
    page = sign_in(manager).get("/inbox/", {name: foreign.get(name, foreign["member"]), "mine": "false"})
    assert page.status_code in (200, 400)
    assert "9001" not in page.content.decode()
