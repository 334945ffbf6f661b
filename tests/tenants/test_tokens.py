"""API tokens: stored as hashes, limited, ended."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from tenants.errors import Invalid, NotAllowed
from tenants.models import ApiToken, AuditEntry
from tenants.roles import READING, Permission
from tenants.scopes import tenant_scope
from tenants.tokens import create_api_token, end_tokens_of, revoke_api_token
from tests.factories import MemberFactory


@pytest.fixture(autouse=True)
def at_work(tenant):
    with tenant_scope(tenant):
        yield


def test_only_a_hash_is_kept(sales):
    token, secret = create_api_token(sales, name="CRM", by=sales)
    assert secret.startswith(token.prefix)
    assert token.hash == ApiToken.hash_of(secret)
    assert secret not in str(ApiToken.objects.values().get())
    assert secret not in str(AuditEntry.objects.values().get())


def test_a_token_ends_by_time_and_by_hand(sales):
    now = timezone.now()
    token, _secret = create_api_token(sales, name="CRM", expires_at=now + timedelta(days=1))
    assert token.usable_at(now)
    assert not token.usable_at(now + timedelta(days=1))
    revoke_api_token(token, by=sales)
    revoke_api_token(token, by=sales)
    token.refresh_from_db()
    assert not token.usable_at(now)
    assert AuditEntry.objects.filter(action="token.revoked").count() == 1


def test_a_reading_token_cannot_send(sales):
    token, _secret = create_api_token(sales, name="CRM", only=READING)
    token.refresh_from_db()
    member = token.acting_member()
    assert member.may(Permission.VIEW_CONVERSATIONS)
    assert not member.may(Permission.SEND_CAMPAIGNS)


def test_only_administrators_end_others_tokens(sales, manager, admin):
    token, _secret = create_api_token(sales, name="CRM")
    with pytest.raises(NotAllowed):
        revoke_api_token(token, by=manager)
    assert list(ApiToken.objects.seen_by(manager)) == []
    assert list(ApiToken.objects.seen_by(admin)) == [token]
    revoke_api_token(token, by=admin)


def test_past_members_get_no_token(sales):
    sales.active = False
    with pytest.raises(Invalid):
        create_api_token(sales, name="CRM")


def test_a_new_password_ends_the_tokens_of_every_team(sales, other_tenant):
    here, _secret = create_api_token(sales, name="here")
    with tenant_scope(other_tenant):
        there, _secret = create_api_token(MemberFactory(user=sales.user), name="there")
    end_tokens_of(sales.user)
    for token in (here, there):
        token.refresh_from_db()
        assert token.revoked_at


def test_the_command_prints_the_token_alone(sales, capsys):
    call_command("create_api_token", sales.user.email.upper())
    printed = capsys.readouterr().out
    assert ApiToken.objects.get().hash == ApiToken.hash_of(printed.strip())
    assert printed.count("\n") == 1


def test_the_command_asks_which_team_and_refuses_strangers(sales, other_tenant, capsys):
    with tenant_scope(other_tenant):
        MemberFactory(user=sales.user)
    with pytest.raises(CommandError, match="wing-on, far-east"):
        call_command("create_api_token", sales.user.email)
    with pytest.raises(CommandError, match="not an active member"):
        call_command("create_api_token", "nobody@nowhere.test")
    call_command("create_api_token", sales.user.email, tenant="far-east")
    with tenant_scope(other_tenant):
        assert ApiToken.objects.get().hash == ApiToken.hash_of(capsys.readouterr().out.strip())


def test_a_reading_token_is_refused_where_its_member_is_not(sales, client):
    for only, status in (((), 400), (READING, 403)):
        _token, secret = create_api_token(sales, name="CRM", only=only)
        bearer = {"HTTP_AUTHORIZATION": f"Bearer {secret}"}
        assert client.get("/api/v1/me", **bearer).status_code == 200
        answer = client.post("/api/v1/campaigns", "{}", content_type="application/json", **bearer)
        assert answer.status_code == status
