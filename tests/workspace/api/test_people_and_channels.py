"""Channels, members, customers and tags over the API."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from channels.models import Channel
from tenants.models import AuditEntry
from tenants.scopes import tenant_scope
from tests.factories import (
    ChannelFactory,
    ContactFactory,
    ConversationFactory,
    CustomerFactory,
    MessageFactory,
)
from tests.workspace.api.conftest import assert_problem

pytestmark = pytest.mark.django_db


@pytest.fixture
def channel(tenant):
    with tenant_scope(tenant):
        return ChannelFactory(kind="whatsapp", name="Main number")


def test_channels_and_their_health(api, manager, channel):
    (row,) = api(manager).get("channels").json()["results"]
    assert {name: row[name] for name in ("id", "kind", "name", "enabled", "health")} == {
        "id": channel.pk,
        "kind": "whatsapp",
        "name": "Main number",
        "enabled": True,
        "health": "connected",
    }
    assert "channel-token" not in str(row)
    assert "secret" not in str(row)


def test_an_administrator_switches_a_channel_off_and_on(api, admin, tenant, channel):
    program = api(admin)
    for enabled in (False, False, True):
        answer = program.patch(f"channels/{channel.pk}", {"enabled": enabled})
        assert answer.status_code == 200, answer.content
        assert answer.json()["enabled"] is enabled
        with tenant_scope(tenant):
            assert Channel.objects.get().enabled is enabled
    with tenant_scope(tenant):
        done = AuditEntry.objects.filter(action__startswith="channel.").values_list("action", flat=True)
        assert sorted(done) == ["channel.switched_off", "channel.switched_on"]


@pytest.mark.parametrize("body", [{}, {"enabled": "perhaps"}, {"enabled": None}, ["x"]])
def test_a_change_must_say_what(api, admin, channel, body):
    assert_problem(api(admin).patch(f"channels/{channel.pk}", body), 400, "invalid")


def test_who_may_see_and_switch_channels(api, sales, manager, channel):
    assert_problem(api(sales).get("channels"), 403, "not_allowed")
    assert_problem(api(manager).patch(f"channels/{channel.pk}", {"enabled": False}), 403, "not_allowed")


def test_channels_of_others_are_not_found(api, admin, other_tenant):
    with tenant_scope(other_tenant):
        foreign = ChannelFactory()
    program = api(admin)
    assert_problem(program.patch(f"channels/{foreign.pk}", {"enabled": False}), 404, "not_found")
    assert_problem(program.get(f"channels/{foreign.pk}/metrics"), 404, "not_found")
    foreign.refresh_from_db()
    assert foreign.enabled


def test_metrics_count_days_of_the_teams_calendar(api, manager, tenant, channel):
    now = timezone.now()
    with tenant_scope(tenant):
        chat = ConversationFactory(channel=channel)
        old = ConversationFactory(channel=channel, created_at=now - timedelta(days=3))
        ConversationFactory(channel=ChannelFactory())
        MessageFactory(conversation=chat, at=now)
        MessageFactory(conversation=chat, at=now, direction="out", author="member")
        MessageFactory(conversation=old, at=now - timedelta(days=3))
    found = api(manager).get(f"channels/{channel.pk}/metrics", {"days": 5}).json()
    assert found["time_zone"] == "Asia/Taipei"
    days = found["days"]
    assert [day["date"] for day in days] == sorted(day["date"] for day in days)
    assert len(days) == 5
    assert days[-1]["date"] == now.astimezone(tenant.zone).date().isoformat()
    assert [(day["conversations"], day["messages"]) for day in days] == [
        (0, 0),
        (1, 1),
        (0, 0),
        (0, 0),
        (1, 2),
    ]
    assert (days[-1]["received"], days[-1]["sent"]) == (1, 1)
    assert len(api(manager).get(f"channels/{channel.pk}/metrics").json()["days"]) == 30


@pytest.mark.parametrize("days", ["0", "367", "many"])
def test_metrics_of_impossible_days(api, manager, channel, days):
    problem = assert_problem(
        api(manager).get(f"channels/{channel.pk}/metrics", {"days": days}), 400, "invalid"
    )
    assert problem["errors"][0]["field"] == "days"


def test_members_are_for_those_who_assign(api, manager, sales, owner):
    rows = api(manager).get("members").json()["results"]
    assert {row["email"] for row in rows} == {m.user.email for m in (manager, sales, owner)}
    assert all(row["roles"] for row in rows)
    assert_problem(api(sales).get("members"), 403, "not_allowed")


@pytest.fixture
def customers(tenant, sales, manager):
    with tenant_scope(tenant):
        mine = CustomerFactory(name="Grace Lam", phone="+85291234567", tags=["VIP", "Gift"])
        ConversationFactory(assignee=sales, contact=ContactFactory(customer=mine))
        bound = CustomerFactory(name="陳大文", bound_to=sales, tags=["VIP"])
        others = CustomerFactory(name="Somebody Else", tags=["Wholesale"])
        ConversationFactory(assignee=manager, contact=ContactFactory(customer=others))
    return mine, bound, others


def test_customers_are_those_one_may_see(api, sales, manager, customers):
    assert [row["name"] for row in api(sales).get("customers").json()["results"]] == ["陳大文", "Grace Lam"]
    assert len(api(manager).get("customers").json()["results"]) == 3


@pytest.mark.parametrize("query", [{"q": "grace"}, {"q": "+8529123"}, {"tag": "Gift"}])
def test_customers_are_found(api, sales, customers, query):
    (row,) = api(sales).get("customers", query).json()["results"]
    assert row["name"] == "Grace Lam"
    assert row["tags"] == ["VIP", "Gift"]
    assert row["contacts"][0]["channel"] == "line"


def test_tags_are_counted_among_ones_own(api, sales, manager, customers):
    assert api(sales).get("tags").json()["results"] == [
        {"tag": "Gift", "customers": 1},
        {"tag": "VIP", "customers": 2},
    ]
    assert {row["tag"] for row in api(manager).get("tags").json()["results"]} == {"Gift", "VIP", "Wholesale"}


def test_lists_do_not_ask_more_for_more_rows(api, manager, tenant, django_assert_max_num_queries):
    program = api(manager)
    for _round in range(2):
        with tenant_scope(tenant):
            ContactFactory.create_batch(4)
        with django_assert_max_num_queries(6):
            program.get("customers")
        with django_assert_max_num_queries(4):
            program.get("channels")


@pytest.mark.parametrize(
    ("name", "content", "status", "code"),
    [
        ("a.png", b"", 400, "media_empty"),
        ("a.png", b"not a picture", 415, "media_type_mismatch"),
        ("a.exe", b"MZ\x90\x00", 415, "media_type_not_allowed"),
    ],
)
@pytest.mark.parametrize("language", ["en", "zh-Hant", "zh-Hans"])
def test_files_that_are_not_taken(api, sales, name, content, status, code, language):
    answer = api(sales, language).upload("media", {"file": SimpleUploadedFile(name, content)})
    problem = assert_problem(answer, status, code)
    assert problem["detail"].isascii() == (language == "en") or "“" in problem["detail"]


def test_an_upload_without_a_file(api, sales):
    assert assert_problem(api(sales).upload("media", {}), 400, "invalid")["errors"][0]["field"] == "file"
