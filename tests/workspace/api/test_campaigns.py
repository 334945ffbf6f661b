"""Broadcasts over the API."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from campaigns.models import Campaign, Part, State
from conversations.models import Contact, Conversation
from tenants.plans import Plan
from tenants.scopes import tenant_scope
from tests.factories import (
    PNG,
    CampaignFactory,
    ChannelFactory,
    ContactFactory,
    ConversationFactory,
    MediaFactory,
    PartFactory,
    RecipientFactory,
)
from tests.workspace.api.conftest import assert_problem

pytestmark = pytest.mark.django_db


@pytest.fixture
def chats(tenant, sales):
    """Two WhatsApp chats of sales that can be written to, one whose window is closed, one opted out."""
    with tenant_scope(tenant):
        channel = ChannelFactory(kind="whatsapp")
        rows = [
            ConversationFactory(
                assignee=sales,
                channel=channel,
                contact=ContactFactory(channel=channel, address=f"+8529000000{n}"),
            )
            for n in range(4)
        ]
        Contact.objects.filter(pk=rows[2].contact_id).update(window_closes_at=timezone.now())
        Contact.objects.filter(pk=rows[3].contact_id).update(opted_out_at=timezone.now())
    return rows


def body(*chats, parts=None, **more):
    return {
        "kind": "message",
        "client": "web",
        "audience": {"conversations": [chat.number for chat in chats]},
        "parts": parts or [{"kind": "text", "text": "Hello {{ name|there }}"}],
        **more,
    }


def test_capabilities_are_the_table(api, sales):
    table = api(sales).get("capabilities").json()
    assert table["web"]["line"] | {} == {
        "text": True,
        "emoji": True,
        "image": True,
        "video": True,
        "audio": False,
        "file": False,
        "saved_reply": True,
    }
    assert table["app"]["instagram"]["video"] is True
    assert table["web"]["instagram"]["video"] is False


def test_preflight_names_every_outcome(api, sales, chats):
    answer = api(sales).post("campaigns/preflight", body(*chats))
    assert answer.status_code == 200, answer.content
    found = answer.json()
    assert (found["total"], found["price"], found["blocking"]) == (4, 0, False)
    assert {line["code"]: line["count"] for line in found["lines"]} == {
        "takes_all": 2,
        "window_closed": 1,
        "opted_out": 1,
    }
    assert all(line["text"] and line["channel"] == "whatsapp" for line in found["lines"])
    names = {"code", "channel", "part", "parts", "count", "text", "fixes"}
    assert all(set(line) == names for line in found["lines"])


def test_a_broadcast_is_created_and_shown(api, sales, tenant, chats):
    program = api(sales)
    answer = program.post("campaigns", body(*chats))
    assert answer.status_code == 201, answer.content
    made = answer.json()
    assert made["id"] == made["number"]
    assert made["kind"] == "message"
    assert made["message"] == "Hello {{ name|there }}"
    assert made["agent"] == sales.name
    assert made["client"] == "web"
    assert made["cost"] == {"currency": "USD", "reserved": 0, "captured": 0, "released": 0, "direct": 0}
    assert made["reasons"] == []
    assert made["waiting_for"] == ["preparing", "no_worker"]
    assert [wait["code"] for wait in made["waits"]] == made["waiting_for"]
    assert program.get(f"campaigns/{made['id']}").json()["number"] == made["number"]
    assert [row["number"] for row in program.get("campaigns").json()["results"]] == [made["number"]]
    with tenant_scope(tenant):
        assert Campaign.objects.count() == 1


def test_a_filter_chooses_the_audience(api, sales, tenant, chats):
    asked = body(audience={"filter": {"status": "in_progress", "mine": True, "channel": "whatsapp"}})
    found = api(sales).post("campaigns/preflight", asked).json()
    assert found["total"] == 4


def test_a_draft_waits_until_it_is_sent_once(api, sales, chats):
    program = api(sales)
    made = program.post("campaigns", body(*chats, draft=True)).json()
    assert made["status"] == "draft"
    sent = program.post(f"campaigns/{made['id']}/send")
    assert sent.status_code == 202, sent.content
    assert sent.json()["status"] in ("preparing", "running")
    assert_problem(program.post(f"campaigns/{made['id']}/send"), 409, "wrong_status")


def test_a_scheduled_broadcast_keeps_its_time_and_can_be_cancelled(api, sales, chats):
    program = api(sales)
    at = (timezone.now() + timedelta(hours=3)).isoformat()
    made = program.post("campaigns", body(*chats, scheduled_at=at)).json()
    assert made["status"] == "scheduled"
    assert made["scheduled_at"].endswith("Z")
    assert program.post(f"campaigns/{made['id']}/cancel").status_code == 202
    assert_problem(program.post(f"campaigns/{made['id']}/pause"), 409, "wrong_status")


def test_a_broadcast_is_duplicated_as_a_draft(api, sales, chats):
    program = api(sales)
    made = program.post("campaigns", body(*chats)).json()
    copy = program.post(f"campaigns/{made['id']}/duplicate")
    assert copy.status_code == 202, copy.content
    assert copy.json()["status"] == "draft"
    assert copy.json()["number"] != made["number"]
    assert copy.json()["message"] == made["message"]


@pytest.mark.requirement("B-3")
def test_what_failed_is_retried_and_a_doubt_sent_again_as_linked_broadcasts(api, sales, tenant, chats):
    program = api(sales)
    with tenant_scope(tenant):
        first, second, *_ = Conversation.objects.filter(pk__in=[chat.pk for chat in chats]).order_by("pk")
        campaign = CampaignFactory(
            created_by=sales, status="completed", audience={"conversations": [first.number]}
        )
        PartFactory(campaign=campaign)
        ago = timezone.now() - timedelta(minutes=16)
        for chat, state, reason in (
            (first, State.FAILED, "undeliverable"),
            (second, State.UNCONFIRMED, "answer_lost"),
        ):
            RecipientFactory(
                campaign=campaign,
                contact=chat.contact,
                conversation=chat,
                state=state,
                part_states=[4 if state is State.FAILED else 2],
                reason=reason,
                marked_at=ago,
            )
    for action in ("retry", "send-again"):
        made = program.post(f"campaigns/{campaign.number}/{action}", {})
        assert made.status_code == 202, made.content
        assert made.json()["retry_of"] == campaign.number
        assert made.json()["in_doubt"] is (action == "send-again")
        assert_problem(program.post(f"campaigns/{campaign.number}/{action}", {}), 400, "nobody_reachable")
    assert len(program.get(f"campaigns/{campaign.number}").json()["retries"]) == 2
    for recipients, code in ((["x"], "invalid"), ([], "nobody_reachable")):
        answer = program.post(f"campaigns/{campaign.number}/send-again", {"recipients": recipients})
        assert_problem(answer, 400, code)


def test_a_picture_is_uploaded_and_sent(api, sales, tenant, chats):
    program = api(sales)
    answer = program.upload("media", {"file": SimpleUploadedFile("lamp.png", PNG, "image/png")})
    assert answer.status_code == 201, answer.content
    media = answer.json()
    assert media["kind"] == "image"
    assert media["mime"].startswith("image/")
    assert media["bytes"] > 0
    made = program.post("campaigns", body(*chats, parts=[{"kind": "image", "media": media["id"]}]))
    assert made.status_code == 201, made.content
    with tenant_scope(tenant):
        assert Part.objects.get().media.key == media["id"]


@pytest.mark.parametrize("language", ["en", "zh-Hant", "zh-Hans"])
@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"parts": []}, "parts"),
        ({"parts": [{"kind": "text", "text": "x"}] * 6}, "parts"),
        ({"parts": [{"kind": "text", "text": ""}]}, "parts.0.text"),
        ({"parts": [{"kind": "text", "text": "x" * 5000}]}, "parts.0.text"),
        ({"parts": [{"kind": "dance"}]}, "parts.0.kind"),
        ({"parts": [{"kind": "image", "media": "0" * 32}]}, "parts.0.media"),
        ({"parts": "x"}, "parts"),
        ({"audience": {}}, "audience"),
        ({"audience": {"everybody": True}}, "audience"),
        ({"audience": {"conversations": ["x"]}}, "audience.conversations"),
        ({"audience": {"conversations": [10**6]}}, "audience.conversations"),
        ({"client": "fax"}, "client"),
        ({"kind": "fax"}, "kind"),
        ({"on_unsupported": "panic"}, "on_unsupported"),
        ({"scheduled_at": "soon"}, "scheduled_at"),
        ({"scheduled_at": "2020-01-01T00:00:00Z"}, "scheduled_at"),
        ({"draft": "yes"}, "draft"),
    ],
)
def test_what_is_wrong_is_named_and_nothing_is_created(api, sales, tenant, chats, change, field, language):
    answer = api(sales, language).post("campaigns", body(*chats) | change)
    assert answer.status_code == 400, answer.content
    problem = assert_problem(answer, 400, answer.json()["code"])
    assert field in [error["field"] for error in problem["errors"]]
    with tenant_scope(tenant):
        assert not Campaign.objects.exists()


@pytest.mark.parametrize("payload", [["x"], "x", None, 7])
def test_a_body_that_is_no_object_is_refused(api, sales, payload):
    program = api(sales)
    for path in ("campaigns", "campaigns/preflight"):
        headers = {"Authorization": f"Bearer {program.secret}"}

        answer = program.client.post(
            f"/api/v1/{path}", json.dumps(payload), "application/json", headers=headers
        )
        assert_problem(answer, 400, "invalid")


def test_chats_of_others_are_refused_by_number(api, sales, manager, tenant, other_tenant, chats):
    with tenant_scope(tenant):
        colleagues = ConversationFactory(assignee=manager)
        ended = ConversationFactory(assignee=sales, status="ended")
    with tenant_scope(other_tenant):
        foreign = ConversationFactory(number=555)
    answer = api(sales).post("campaigns", body(chats[0], colleagues, ended, foreign))
    assert answer.status_code == 400
    details = " ".join(error["detail"] for error in answer.json()["errors"])
    for row in (colleagues, ended, foreign):
        assert str(row.number) in details
    with tenant_scope(tenant):
        assert not Campaign.objects.exists()


def test_an_empty_selection_and_nobody_reachable_are_refused(api, sales, chats):
    program = api(sales)
    assert_problem(program.post("campaigns", body()), 400, "empty_selection")
    assert_problem(program.post("campaigns", body(chats[2])), 400, "nobody_reachable")


@pytest.mark.parametrize("who", ["owner", "admin"])
def test_roles_that_do_not_sell_are_refused(api, request, who, chats):
    program = api(request.getfixturevalue(who))
    assert_problem(program.post("campaigns", body(*chats)), 403, "not_allowed")
    assert_problem(program.post("campaigns/preflight", body(*chats)), 403, "not_allowed")


def test_the_plan_is_required(api, sales, tenant, chats):
    program = api(sales)
    tenant.plan = Plan.STARTER
    tenant.save()
    assert_problem(program.post("campaigns", body(*chats)), 403, "plan_required")


def test_others_see_and_steer_what_their_role_allows(api, manager, sales, tenant, other_tenant, finished):
    with tenant_scope(tenant):
        managers = CampaignFactory(created_by=manager, status="running")
        PartFactory(campaign=managers)
    assert api(manager).get(f"campaigns/{finished.number}").status_code == 200
    program = api(sales)
    assert_problem(program.get(f"campaigns/{managers.number}"), 404, "not_found")
    assert_problem(program.post(f"campaigns/{managers.number}/pause"), 404, "not_found")
    with tenant_scope(other_tenant):
        foreign = CampaignFactory(number=777, status="running")
    assert_problem(api(manager).post(f"campaigns/{foreign.number}/pause"), 404, "not_found")


def test_pause_and_resume(api, sales, tenant, finished):
    with tenant_scope(tenant):
        Campaign.objects.update(status="running")
    program = api(sales)
    assert program.post(f"campaigns/{finished.number}/pause").json()["status"] == "paused"
    assert program.post(f"campaigns/{finished.number}/resume").json()["status"] == "running"


def test_lists_do_not_ask_more_for_more_rows(api, sales, tenant, finished, django_assert_max_num_queries):
    program = api(sales)
    for _round in range(2):
        with tenant_scope(tenant):
            for _time in range(4):
                PartFactory(campaign=CampaignFactory(created_by=sales, status="completed"))
                RecipientFactory(campaign=finished)
        with django_assert_max_num_queries(6):
            program.get("campaigns")
        with django_assert_max_num_queries(11):
            program.get(f"campaigns/{finished.number}/recipients")


def test_a_foreign_picture_is_not_found(api, sales, other_tenant, chats):
    with tenant_scope(other_tenant):
        foreign = MediaFactory()
    answer = api(sales).post("campaigns", body(*chats, parts=[{"kind": "image", "media": foreign.key}]))
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["field"] == "parts.0.media"


def test_a_start_time_keeps_its_zone_and_is_changed_until_it_comes(api, sales, chats):
    program = api(sales)
    at = (timezone.now() + timedelta(hours=2)).isoformat()
    made = program.post("campaigns", body(*chats, scheduled_at=at, scheduled_zone="Asia/Tokyo")).json()
    assert made["scheduled_zone"] == "Asia/Tokyo"
    later = (timezone.now() + timedelta(hours=3)).isoformat()
    moved = program.post(f"campaigns/{made['id']}/schedule", {"scheduled_at": later})
    assert (moved.status_code, moved.json()["scheduled_zone"]) == (202, sales.tenant.time_zone)
    assert program.post(f"campaigns/{made['id']}/schedule", {"scheduled_zone": "Mars"}).status_code == 400
    sent = program.post("campaigns", body(*chats)).json()
    assert (
        program.post(f"campaigns/{sent['id']}/schedule", {"scheduled_at": later}).json()["code"]
        == "wrong_status"
    )
