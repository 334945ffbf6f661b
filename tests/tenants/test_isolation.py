"""No address shows or changes what belongs to another tenant.

Walks the URL resolver, so a new address is covered at once; one with a parameter unknown here fails until
`tests/tenants/parameters.py` says whose row it names.
"""

from __future__ import annotations

import pytest
from django.apps import apps
from django.db import connection
from django.urls import reverse

from tenants.roles import Role
from tenants.scopes import TenantModel, tenant_scope
from tenants.tokens import create_api_token
from tests.factories import MemberFactory, UserFactory
from tests.tenants.parameters import PUBLIC, rows_of, values_for
from tests.tenants.routes import methods_of, routes

NAMED = [route for route in routes() if route.parameters and route.name not in PUBLIC]


@pytest.fixture
def victim(tenant):
    """One row of every kind that an address can name, in a tenant of its own."""
    with tenant_scope(tenant):
        return rows_of(MemberFactory(roles=[role.value for role in Role]))


@pytest.fixture
def stranger(other_tenant):
    """A member of another tenant with every role there is."""
    with tenant_scope(other_tenant):
        user = UserFactory(email="stranger@far-east.test", name="Stranger")
        return MemberFactory(user=user, roles=[role.value for role in Role])


@pytest.fixture
def bearer(stranger, other_tenant):
    with tenant_scope(other_tenant):
        _token, secret = create_api_token(stranger, name="x")
    return {"HTTP_AUTHORIZATION": f"Bearer {secret}"}


def owned_by(tenant) -> dict[str, list[tuple[str]]]:
    """Everything the tenant owns, as it stands in the database."""
    tables = [model._meta.db_table for model in apps.get_models() if issubclass(model, TenantModel)]
    found = {}
    with connection.cursor() as cursor:
        for table in tables:
            owned = f'SELECT row::text FROM "{table}" AS row WHERE tenant_id = %s ORDER BY 1'  # noqa: S608
            cursor.execute(owned, [tenant.pk])
            found[table] = cursor.fetchall()
    return found


def test_public_addresses_exist_and_say_why():
    assert set(PUBLIC) <= {route.name for route in routes()}
    assert all(PUBLIC.values())


@pytest.mark.parametrize("route", NAMED, ids=str)
def test_rows_of_another_tenant_are_not_found_and_not_changed(
    route, victim, stranger, bearer, tenant, client
):
    headers = bearer if route.is_api else {}
    client.force_login(stranger.user)
    url = route.url(values_for(route, victim))
    before = owned_by(tenant)
    for method in methods_of(client, url, **headers):
        answer = client.generic(method, url, "{}", content_type="application/json", **headers)
        assert answer.status_code == 404, f"{method} {url}"
        assert not any(mark in answer.content.decode() for mark in ("Person", "Customer ", "Shop channel"))
    assert owned_by(tenant) == before


def test_the_walk_would_notice_a_leak(victim, sales, admin, tenant, client):
    """The same call by the tenant's own administrator does find the row and change it."""
    client.force_login(admin.user)
    before = owned_by(tenant)
    assert client.get(reverse("tenants:member", kwargs={"member_id": victim["member_id"]})).status_code == 200
    client.post(reverse("tenants:member_deactivate", kwargs={"member_id": victim["member_id"]}))
    assert owned_by(tenant) != before
