"""`manage.py create_tenant`: the first team of an installation, from the operator's shell."""

from __future__ import annotations

import io

import pytest
from django.core.management import CommandError, call_command

from tenants.models import Member, Tenant, User
from tenants.scopes import tenant_scope
from tests.factories import UserFactory

PASSWORD = "harbour-lantern-42"


@pytest.fixture
def piped(monkeypatch, db):
    """What is piped into the command."""

    def pipe(text: str) -> None:
        monkeypatch.setattr("sys.stdin", io.StringIO(text))

    return pipe


def create(slug: str = "shop", owner: str = "Boss@Shop.test", **options) -> None:
    call_command("create_tenant", slug, name="Shop", owner=owner, **options)


def test_a_new_owner_gets_the_password_that_was_piped_in(piped, client):
    piped(f"{PASSWORD}\n")
    create(plan="omo")
    tenant = Tenant.objects.get()
    assert (tenant.slug, tenant.plan) == ("shop", "omo")
    with tenant_scope(tenant):
        assert Member.objects.get().roles == ["owner"]
    client.post("/accounts/login/", {"login": "boss@shop.test", "password": PASSWORD})
    assert client.get("/settings/members").status_code == 200


def test_a_known_person_keeps_their_password(piped):
    person = UserFactory(email="boss@shop.test")
    piped("")
    create()
    person.refresh_from_db()
    assert person.check_password("demo-only")


@pytest.mark.parametrize("typed", ["", "short\n", "1234567890\n"])
def test_a_weak_password_makes_nothing(piped, typed):
    piped(typed)
    with pytest.raises(CommandError):
        create()
    assert not Tenant.objects.exists()
    assert not User.objects.exists()


def test_a_taken_slug_makes_nobody(piped):
    piped(f"{PASSWORD}\n{PASSWORD}\n")
    create()
    with pytest.raises(CommandError, match="taken"):
        create(owner="second@shop.test")
    assert not User.objects.filter(email="second@shop.test").exists()
