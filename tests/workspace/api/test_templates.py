"""Templates over the API; what Meta says to a submission is tested in tests/templates_app."""

from __future__ import annotations

import pytest

from templates_app.models import AccountSync, Template
from tenants.scopes import tenant_scope
from tests.factories import ChannelFactory, MediaFactory, TemplateFactory
from tests.workspace.api.conftest import assert_problem

pytestmark = pytest.mark.django_db
BODY = {
    "type": "BODY",
    "text": "Hello {{first_name}}, your order is ready.",
    "example": {"body_text_named_params": [{"param_name": "first_name", "example": "Mei"}]},
}


@pytest.fixture
def account(tenant):
    with tenant_scope(tenant):
        return ChannelFactory(kind="whatsapp").whatsapp_account


def asked(account, **more):
    return {
        "account": account.pk,
        "name": "order_ready",
        "language": "en",
        "category": "UTILITY",
        "components": [BODY],
    } | more


def test_everybody_lists_the_templates(api, sales, tenant, account):
    with tenant_scope(tenant):
        template = TemplateFactory(account=account, reason="", name="order_ready")
        TemplateFactory(account=account, name="old", status="deleted")
        TemplateFactory(account=account, name="sale", status="paused")
    (row,) = api(sales).get("templates", {"status": "approved"}).json()["results"]
    expected = {
        "id": template.pk,
        "name": "order_ready",
        "language": "en",
        "category": "UTILITY",
        "status": "approved",
        "sendable": True,
        "quality": "unknown",
        "account": {"id": account.pk, "name": account.name},
        "parameters": [{"name": "first_name", "place": "body", "example": "Mei"}],
        "rejected_reason": "",
    }
    assert {name: row[name] for name in expected} == expected
    assert len(api(sales).get("templates").json()["results"]) == 2


def test_a_draft_is_made_changed_and_thrown_away(api, admin, tenant, account):
    program = api(admin)
    answer = program.post("templates", asked(account))
    assert answer.status_code == 201, answer.content
    made = answer.json()
    assert (made["status"], made["edited"], made["problems"]) == ("draft", True, [])
    changed = program.patch(
        f"templates/{made['id']}", {"components": [{"type": "BODY", "text": "{{x}}"}]}
    ).json()
    assert {one["field"] for one in changed["problems"]} == {"body", "body.examples.x"}
    answer = program.client.delete(f"/api/v1/templates/{made['id']}", headers=program._headers({}))
    assert (answer.status_code, answer.json()) == (200, {"deleted": True})
    assert_problem(program.get(f"templates/{made['id']}"), 404, "not_found")


def test_what_breaks_the_rules_is_not_submitted(api, admin, account):
    program = api(admin)
    made = program.post("templates", asked(account, components=[{"type": "BODY", "text": ""}])).json()
    body = assert_problem(program.post(f"templates/{made['id']}/submit"), 400, "invalid_template")
    assert body["errors"][0]["field"] == "body"


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"account": 999_999}, "account"),
        ({"name": "Order Ready"}, "name"),
        ({"language": "xx"}, "language"),
        ({"category": "AUTHENTICATION"}, "category"),
        ({"components": "BODY"}, "components"),
        ({"components": [{"type": 5}]}, "components"),
        ({"components": [BODY, {"type": "CAROUSEL", "cards": []}]}, "components"),
        ({"header_media": "nobody"}, "header_media"),
    ],
)
def test_a_mistake_is_named(api, admin, tenant, account, change, field):
    answer = api(admin).post("templates", asked(account) | change)
    assert answer.status_code == 400
    assert {one["field"].split(".")[0] for one in answer.json()["errors"]} == {field}
    with tenant_scope(tenant):
        assert not Template.objects.exists()


def test_a_name_is_taken_once(api, admin, account):
    api(admin).post("templates", asked(account))
    assert_problem(api(admin).post("templates", asked(account)), 409, "template_exists")


def test_the_same_key_makes_one_template(api, admin, tenant, account):
    answers = [api(admin).post("templates", asked(account), **{"Idempotency-Key": "a"}) for _ in range(2)]
    assert [one.status_code for one in answers] == [201, 201]
    assert answers[0].json()["id"] == answers[1].json()["id"]


def test_a_header_takes_an_uploaded_example(api, admin, tenant, account):
    with tenant_scope(tenant):
        media = MediaFactory()
    header = {"type": "HEADER", "format": "IMAGE"}
    made = (
        api(admin).post("templates", asked(account, components=[header, BODY], header_media=media.key)).json()
    )
    assert made["problems"] == []


def test_a_sync_is_asked_for(api, admin, tenant, account):
    answer = api(admin).post("templates/sync")
    assert (answer.status_code, answer.json()) == (202, {"accounts": 1})
    with tenant_scope(tenant):
        assert AccountSync.objects.filter(account=account).exists()


def test_salespeople_change_nothing(api, sales, tenant, account):
    with tenant_scope(tenant):
        template = TemplateFactory(account=account)
    program = api(sales)
    for answer in (
        program.post("templates", asked(account)),
        program.post("templates/sync"),
        program.patch(f"templates/{template.pk}", {"components": [BODY]}),
        program.post(f"templates/{template.pk}/submit"),
    ):
        assert_problem(answer, 403, "not_allowed")
