"""Tokens, problem documents, languages, limits: what holds for every address of the API."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from tenants.models import ApiToken
from tenants.scopes import tenant_scope
from tests.workspace.api.conftest import Program, assert_problem, token_for

pytestmark = pytest.mark.django_db


def test_me_names_member_tenant_roles_and_permissions(api, sales):
    body = api(sales).get("me").json()
    assert body["member"]["email"] == sales.user.email
    assert body["member"]["name"] == sales.name
    assert body["tenant"]["slug"] == "wing-on"
    assert body["tenant"]["features"] == ["omo"]
    assert body["roles"] == ["salesperson"]
    assert "send_campaigns" in body["permissions"]
    assert "top_up" not in body["permissions"]


@pytest.mark.parametrize("header", [None, "Bearer nonsense", "Bearer ", "Basic abc", "Bearer bc_\xff\xfe"])
def test_without_a_valid_token_nothing_is_told(db, header):
    response = Client().get("/api/v1/me", headers={"Authorization": header} if header else {})
    assert_problem(response, 401, "not_authenticated")
    assert response.headers["WWW-Authenticate"].startswith("Bearer")


@pytest.mark.parametrize(
    "fields", [{"expires_at": timedelta(seconds=-1)}, {"revoked_at": timedelta(hours=-1)}]
)
def test_expired_and_revoked_tokens_are_refused(sales, fields):
    _token, secret = token_for(sales, **{name: timezone.now() + delta for name, delta in fields.items()})
    assert_problem(Program(secret).get("me"), 401, "not_authenticated")


def test_a_deactivated_member_is_refused(api, sales):
    program = api(sales)
    sales.active = False
    sales.save()
    assert_problem(program.get("me"), 401, "not_authenticated")


def test_a_deactivated_user_is_refused(api, sales):
    program = api(sales)
    sales.user.is_active = False
    sales.user.save()
    assert_problem(program.get("me"), 401, "not_authenticated")


def test_rights_are_those_of_now(api, sales):
    program = api(sales)
    sales.roles = ["owner"]
    sales.save()
    assert program.get("me").json()["roles"] == ["owner"]


def test_last_use_is_noted_now_and_then(sales):
    token, secret = token_for(sales)
    program = Program(secret)
    program.get("me")
    with tenant_scope(sales.tenant):
        first = ApiToken.objects.get(pk=token.pk).last_used_at
        assert first is not None
        program.get("me")
        assert ApiToken.objects.get(pk=token.pk).last_used_at == first


@pytest.mark.parametrize(
    ("language", "words"),
    [("en", "unknown, expired or revoked"), ("zh-Hant", "已過期或已撤銷"), ("zh-Hans", "已过期或已撤销")],
)
def test_errors_speak_the_callers_language(db, language, words):
    response = Program("nonsense", language).get("me")
    assert words in assert_problem(response, 401, "not_authenticated")["detail"]
    assert response.headers["Content-Language"] == language.lower()


def test_without_the_header_the_members_language_is_used(sales):
    sales.user.language = "zh-hant"
    sales.user.save()
    _token, secret = token_for(sales)
    response = Client().put("/api/v1/me", headers={"Authorization": f"Bearer {secret}"})
    assert response.headers["Content-Language"] == "zh-hant"


def test_unknown_addresses_are_problems_even_for_strangers(db):
    assert_problem(Client().get("/api/v1/nowhere/at/all"), 404, "not_found")
    assert_problem(Client().get("/api/v2/me"), 404, "not_found")


def test_wrong_method_is_a_problem(api, sales):
    response = api(sales).post("me")
    assert_problem(response, 405, "method_not_allowed")
    assert "GET" in response.headers["Allow"]


def test_answers_are_never_cached_and_carry_a_request_id(api, sales):
    response = api(sales).get("me")
    assert response.headers["Cache-Control"] == "no-store"
    assert response.headers["X-Request-ID"]


def test_too_many_requests_are_told_when_to_come_back(api, sales, settings):
    settings.API_BURST, settings.API_RATE_PER_MINUTE = 3, 1
    program = api(sales)
    answers = [program.get("me") for _time in range(4)]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 429]
    body = assert_problem(answers[-1], 429, "rate_limited")
    assert 1 <= int(answers[-1].headers["Retry-After"]) <= 61
    assert answers[-1].headers["Retry-After"] in body["detail"]


def test_the_limit_is_each_tokens_own(api, sales, manager, settings):
    settings.API_BURST, settings.API_RATE_PER_MINUTE = 1, 1
    first, second = api(sales), api(manager)
    assert [first.get("me").status_code, second.get("me").status_code] == [200, 200]


def test_the_document_is_open_and_describes_the_conventions(db):
    response = Client().get("/api/schema/")
    assert response.status_code == 200
    document = response.json()
    assert document["openapi"].startswith("3.")
    me = document["paths"]["/api/v1/me"]["get"]
    assert me["security"] == [{"token": []}]
    assert "application/problem+json" in me["responses"]["default"]["content"]


def test_the_reference_page_needs_no_inline_script(db):
    page = Client().get("/api/docs/")
    assert page.status_code == 200
    text = page.content.decode()
    assert "<script>" not in text
    assert "<style" not in text
    script = Client().get("/api/docs/?script=")
    assert script.headers["Content-Type"].startswith("application/javascript")
