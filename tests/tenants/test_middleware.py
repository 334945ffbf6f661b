"""From a signed-in user to a member at work: team, language, time zone, errors in words."""

from __future__ import annotations

import re

import pytest
from django.http import Http404
from django.test import Client
from django.urls import path

from broadcaster import urls as product
from tenants import services
from tenants.errors import WrongStatus
from tenants.requests import for_every_member
from tenants.scopes import tenant_scope
from tests.factories import MemberFactory, UserFactory

HTMX = {"HTTP_HX_REQUEST": "true"}


@for_every_member
def refuses(request):
    raise WrongStatus


@for_every_member
def misses(request):
    raise Http404


@for_every_member
def breaks(request):
    raise ZeroDivisionError


urlpatterns = [
    path("refuses", refuses),
    path("misses", misses),
    path("breaks", breaks),
    *product.urlpatterns,
]
handler404 = product.handler404
handler500 = product.handler500


@pytest.fixture
def both_teams(sales, other_tenant):
    with tenant_scope(other_tenant):
        MemberFactory(user=sales.user, name="Sam over there")
    return sales


def test_strangers_are_sent_to_sign_in_and_back(client):
    answer = client.get("/settings/members")
    assert answer.status_code == 302
    assert answer.headers["Location"] == "/accounts/login/?next=/settings/members"


def test_the_first_team_is_used_until_another_is_chosen(both_teams, sign_in, tenant, other_tenant):
    client = sign_in(both_teams)
    assert client.get("/settings/profile").context["request"].tenant == tenant
    assert client.post("/switch", {"tenant": other_tenant.slug}).status_code == 302
    request = client.get("/settings/profile").context["request"]
    assert (request.tenant, request.member.name) == (other_tenant, "Sam over there")


def test_nobody_switches_to_a_team_they_are_not_in(sales, sign_in, tenant, other_tenant):
    client = sign_in(sales)
    assert client.post("/switch", {"tenant": other_tenant.slug}).status_code == 404
    assert client.get("/settings/profile").context["request"].tenant == tenant


def test_losing_the_chosen_team_leads_back_to_the_first(both_teams, sign_in, tenant, other_tenant):
    client = sign_in(both_teams)
    client.post("/switch", {"tenant": other_tenant.slug})
    with tenant_scope(other_tenant):
        boss = MemberFactory(roles=["owner"])
        services.deactivate(boss.__class__.objects.get(user=both_teams.user), by=boss)
    both_teams.user.refresh_from_db()
    client.force_login(both_teams.user)
    assert client.get("/settings/profile").context["request"].tenant == tenant


def test_who_has_no_team_is_told_so_and_can_leave(client, db):
    client.force_login(UserFactory(email="alone@example.test"))
    answer = client.get("/settings/profile")
    assert answer.status_code == 403
    assert "alone@example.test" in answer.content.decode()
    assert client.post("/accounts/logout/").status_code == 302


@pytest.mark.parametrize("language", ["en", "zh-hant", "zh-hans"])
def test_the_language_is_remembered_with_the_person(language, sales, sign_in, client):
    sign_in(sales).post("/language", {"language": language, "next": "/settings/profile"})
    client.cookies.clear()
    page = sign_in(sales).get("/settings/profile", headers={"accept-language": "fr"})
    tag = {"en": "en", "zh-hant": "zh-Hant", "zh-hans": "zh-Hans"}[language]
    title = {"en": "Profile", "zh-hant": "個人資料", "zh-hans": "个人资料"}[language]
    assert page.headers["Content-Language"] == language
    assert f'<html lang="{tag}"' in page.content.decode()
    assert f"<title>{title} · Broadcaster</title>" in page.content.decode()


def test_without_a_choice_the_browser_decides(sales, sign_in):
    page = sign_in(sales).get("/settings/profile", headers={"accept-language": "zh-Hant-TW,en;q=0.5"})
    assert page.headers["Content-Language"] == "zh-hant"


def test_a_stranger_chooses_a_language_on_the_sign_in_page(client, db):
    answer = client.post("/language", {"language": "zh-hans", "next": "/accounts/login/"})
    assert answer.headers["Location"] == "/accounts/login/"
    assert "登录" in client.get("/accounts/login/").content.decode()


@pytest.mark.parametrize("target", ["https://evil.test/", "//evil.test", "javascript:alert(1)", ""])
def test_the_way_back_never_leaves_the_product(target, client, db):
    assert client.post("/language", {"language": "en", "next": target}).headers["Location"] == "/"


def test_an_unknown_language_is_refused(client, db):
    assert client.post("/language", {"language": "tlh"}).status_code == 400


def test_the_look_is_remembered_with_the_person(sales, sign_in):
    client = sign_in(sales)
    assert client.post("/theme", {"theme": "dark"}).status_code == 204
    assert 'data-theme="dark"' in client.get("/settings/profile").content.decode()
    client.post("/theme", {"theme": ""})
    assert ' data-theme="' not in client.get("/settings/profile").content.decode()


def test_times_stand_in_the_zone_of_the_team(tenant, owner, sign_in):
    """Taipei is eight hours ahead; the page names the zone."""
    with tenant_scope(tenant):
        services.change_roles(owner, ["owner", "admin"], by=owner)
    owner.user.refresh_from_db()
    page = sign_in(owner).get("/settings/audit").content.decode()
    stamp = re.search(r'<time datetime="([^"]+)">', page).group(1)
    assert stamp.endswith("+08:00")
    assert "Asia/Taipei" in page


@pytest.mark.urls(__name__)
class TestErrors:
    def test_a_domain_error_is_a_page_under_its_own_status(self, sales, sign_in):
        answer = sign_in(sales).get("/refuses")
        assert answer.status_code == 409
        assert str(WrongStatus.message) in answer.content.decode()

    def test_and_a_toast_for_htmx(self, sales, sign_in):
        answer = sign_in(sales).get("/refuses", **HTMX)
        assert (answer.status_code, answer.headers["HX-Retarget"]) == (409, "#toasts")
        assert "data-toast" in answer.content.decode()
        assert "<html" not in answer.content.decode()

    def test_in_the_language_of_the_reader(self, sales, sign_in):
        sales.user.language = "zh-hant"
        sales.user.save()
        assert "以目前的狀態已無法執行此操作" in sign_in(sales).get("/refuses").content.decode()

    def test_what_is_missing_has_a_page_too(self, sales, sign_in):
        for address in ("/misses", "/no/such/page"):
            answer = sign_in(sales).get(address)
            assert answer.status_code == 404
            assert "Nothing here" in answer.content.decode()

    def test_our_own_failure_shows_no_secret(self, sales, sign_in):
        client = sign_in(sales)
        client.raise_request_exception = False
        answer = client.get("/breaks")
        assert answer.status_code == 500
        assert "Something broke on our side" in answer.content.decode()
        assert "ZeroDivisionError" not in answer.content.decode()


def test_a_form_of_an_old_page_is_refused_in_words(sales, db):
    client = Client(enforce_csrf_checks=True)
    client.force_login(sales.user)
    answer = client.post("/theme", {"theme": "dark"})
    assert answer.status_code == 403
    assert "This page was open for too long" in answer.content.decode()


def test_pages_allow_no_inline_script_style_or_foreign_host(sales, sign_in):
    page = sign_in(sales).get("/settings/profile")
    policy = page.headers["Content-Security-Policy"]
    assert "unsafe" not in policy
    assert page.headers["Cache-Control"] == "private, no-store"
    assert "frame-ancestors 'none'" in policy
    html = page.content.decode()
    assert not re.search(r"<script(?![^>]*\bsrc=)[^>]*>|<style|\sstyle=|\son\w+=", html)
    assert not re.search(r'(?:src|href)="(?:https?:)?//', html)


def test_the_frame_costs_five_questions(sales, sign_in, django_assert_num_queries):
    client = sign_in(sales)
    client.get("/settings/profile")
    with django_assert_num_queries(5):  # session, user, memberships, tenant, member
        client.get("/settings/profile")


def test_the_rail_shows_what_the_role_may_use(sales, admin, sign_in):
    assert "/settings/members" not in sign_in(sales).get("/settings/profile").content.decode()
    assert "/settings/members" in sign_in(admin).get("/settings/profile").content.decode()
