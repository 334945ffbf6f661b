"""Signing in, and everything that ends being signed in."""

from __future__ import annotations

import re
import time

import pytest
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal import auth as totp
from django.core import mail
from django.core.cache import cache

from tenants.models import ApiToken
from tenants.scopes import tenant_scope
from tenants.tokens import create_api_token
from tests.factories import PASSWORD

LOGIN = "/accounts/login/"
NEW_PASSWORD = "harbour-lantern-42"


@pytest.fixture(autouse=True)
def no_attempts_yet(db):
    """Throttles count in the cache."""
    cache.clear()
    yield
    cache.clear()


def attempt(client, email: str, password: str = PASSWORD):
    return client.post(LOGIN, {"login": email, "password": password})


def test_an_address_and_a_password_sign_in_with_a_new_session(client, sales):
    client.get(LOGIN)
    client.session["before"] = True
    before = client.session.session_key
    answer = attempt(client, sales.user.email.upper())
    assert answer.status_code == 302
    assert client.session.session_key != before
    assert client.get("/settings/profile").status_code == 200


def test_a_wrong_password_and_an_unknown_address_read_alike(client, sales):
    wrong = attempt(client, sales.user.email, "not-the-password")
    unknown = attempt(client, "nobody@nowhere.test")
    assert [error.messages for error in wrong.context["form"].errors.as_data()["__all__"]] == [
        error.messages for error in unknown.context["form"].errors.as_data()["__all__"]
    ]


def test_guessing_is_throttled(client, sales):
    for _ in range(5):
        assert attempt(client, sales.user.email, "not-the-password").status_code == 200
    answer = attempt(client, sales.user.email)
    assert answer.status_code == 200
    assert "_auth_user_id" not in client.session


def test_strangers_cannot_sign_up(client, settings):
    page = client.post("/accounts/signup/", {"email": "x@y.test", "password1": NEW_PASSWORD})
    assert page.templates[0].name == "account/signup_closed.html"


def test_the_password_is_reset_by_mail_and_ends_tokens(client, sales, tenant):
    with tenant_scope(tenant):
        create_api_token(sales, name="x")
    client.post("/accounts/password/reset/", {"email": sales.user.email})
    link = re.search(r"http://\S+(/accounts/password/reset/key/\S+/)", mail.outbox[0].body).group(1)
    form = client.get(link, follow=True)
    client.post(form.request["PATH_INFO"], {"password1": NEW_PASSWORD, "password2": NEW_PASSWORD})
    attempt(client, sales.user.email, NEW_PASSWORD)
    assert client.get("/settings/profile").status_code == 200
    with tenant_scope(tenant):
        assert ApiToken.objects.get().revoked_at is not None


def test_a_new_password_ends_other_sessions_and_keeps_this_one(client, sales, sign_in):
    other = type(client)()
    other.force_login(sales.user)
    attempt(client, sales.user.email)
    client.post(
        "/accounts/password/change/",
        {"oldpassword": PASSWORD, "password1": NEW_PASSWORD, "password2": NEW_PASSWORD},
    )
    assert client.get("/settings/profile").status_code == 200
    assert other.get("/settings/profile").status_code == 302


def test_common_passwords_are_refused(client, sales):
    attempt(client, sales.user.email)
    answer = client.post(
        "/accounts/password/change/",
        {"oldpassword": PASSWORD, "password1": "1234567890", "password2": "1234567890"},
    )
    assert answer.status_code == 200
    sales.user.refresh_from_db()
    assert sales.user.check_password(PASSWORD)


def test_the_second_factor_is_asked_for_stored_encrypted_and_taken_once(client, sales, settings):
    settings.MFA_TOTP_TOLERANCE = (
        1  # the half minute of a code may end between reading the clock and the answer
    )
    attempt(client, sales.user.email)
    client.post("/accounts/reauthenticate/", {"password": PASSWORD})
    secret = client.get("/accounts/2fa/totp/activate/").context["form"].secret
    client.post("/accounts/2fa/totp/activate/", {"code": code_of(secret)})
    assert secret not in str(Authenticator.objects.get(type="totp").data)

    cache.clear()
    client.logout()
    assert attempt(client, sales.user.email).headers["Location"] == "/accounts/2fa/authenticate/"
    code = code_of(secret)
    assert client.post("/accounts/2fa/authenticate/", {"code": code}).status_code == 302
    assert client.get("/settings/profile").status_code == 200

    client.logout()
    attempt(client, sales.user.email)
    assert client.post("/accounts/2fa/authenticate/", {"code": code}).status_code == 200
    assert "_auth_user_id" not in client.session


def code_of(secret: str) -> str:
    return totp.format_hotp_value(totp.hotp_value(secret, int(time.time()) // 30))


def test_making_a_token_asks_for_the_password_again(client, sales):
    client.force_login(sales.user)
    answer = client.get("/settings/tokens/new")
    assert answer.headers["Location"].startswith("/accounts/reauthenticate/")
    client.post("/accounts/reauthenticate/?next=/settings/tokens/new", {"password": PASSWORD})
    page = client.post("/settings/tokens/new", {"name": "CRM", "days": "30", "read_only": "on"})
    secret = re.search(r"bc_[\w-]+", page.content.decode()).group()
    assert "no-store" in page.headers["Cache-Control"]
    assert secret not in client.get("/settings/tokens").content.decode()


def test_a_new_member_gets_a_mail_that_leads_to_a_password(admin, sign_in):
    answer = sign_in(admin).post(
        "/settings/members/add", {"name": "Mei", "email": "mei@shop.test", "roles": ["salesperson"]}
    )
    assert answer.status_code == 302
    assert mail.outbox[0].to == ["mei@shop.test"]
    assert "/accounts/password/reset/key/" in mail.outbox[0].body


def test_a_refused_form_keeps_what_was_typed(admin, sales, sign_in):
    page = sign_in(admin).post(
        "/settings/members/add", {"name": "Again", "email": sales.user.email, "roles": ["admin"]}
    )
    assert page.status_code == 200
    assert "is in this team already" in page.content.decode()
    assert 'value="Again"' in page.content.decode()
