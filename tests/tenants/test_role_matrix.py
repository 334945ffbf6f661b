"""Every address × method × role: allowed or refused exactly as the documented table says."""

from __future__ import annotations

import pytest

from tenants.roles import PERMISSIONS, ROLE_LABELS, Permission, Role
from tenants.scopes import tenant_scope
from tenants.tokens import create_api_token
from tests.factories import MemberFactory, UserFactory
from tests.tenants.parameters import PARAMETERS
from tests.tenants.role_matrix import DOCUMENT, LETTERS, MATRIX, RIGHTS, allowed
from tests.tenants.routes import Route, methods_of, routes

ROUTES = {route.name: route for route in routes()}
REFUSED = 403
SIGN_IN = {302, 401}  # where strangers are sent: the sign-in page, or the API's 401


@pytest.fixture
def people(tenant):
    """One member a role, and one with all of them."""
    with tenant_scope(tenant):
        found = {role.value: MemberFactory(roles=[role.value]) for role in Role}
        found["all"] = MemberFactory(user=UserFactory(), roles=[role.value for role in Role])
        return found


@pytest.fixture
def call(client, tenant, people):
    """`call("GET x", "owner")`: the status as that role, on rows of the tenant; None is a stranger."""

    def go(method: str, route: Route, role: str | None) -> int:
        client.logout()
        headers = {}
        with tenant_scope(tenant):
            values = {name: PARAMETERS[name]() for name in route.parameters}
            if role and route.is_api:
                _token, secret = create_api_token(people[role], name="x")
                headers["HTTP_AUTHORIZATION"] = f"Bearer {secret}"
        if role and not route.is_api:
            client.force_login(people[role].user)
        url = route.url(values)
        answer = client.generic(method, url, "{}", content_type="application/json", **headers)
        answer.getvalue()  # a stream closes its file once it is read
        return answer.status_code

    return go


def test_the_table_names_every_address_and_method(client, tenant, people):
    client.force_login(people["all"].user)
    with tenant_scope(tenant):
        values = {name: make() for name, make in PARAMETERS.items()}
        _token, secret = create_api_token(people["all"], name="x")
    found = {
        f"{method} {route.name}"
        for route in routes()
        for method in methods_of(
            client, route.url(values), **({"HTTP_AUTHORIZATION": f"Bearer {secret}"} if route.is_api else {})
        )
    }
    assert sorted(found ^ MATRIX.keys()) == [], "docs/roles.md names every address once"


@pytest.mark.parametrize("line", MATRIX)
def test_each_role_is_answered_as_the_table_says(line, call):
    method, name = line.split()
    let_in = {letter for letter, role in LETTERS.items() if call(method, ROUTES[name], role) != REFUSED}
    assert let_in == allowed(MATRIX[line])


@pytest.mark.parametrize("line", MATRIX)
def test_strangers_are_sent_to_sign_in(line, call):
    method, name = line.split()
    status = call(method, ROUTES[name], None)
    assert (status in SIGN_IN) == (MATRIX[line] != "-")


def test_the_document_shows_the_rights_of_the_code():
    granted = {
        permission.value: ["yes" if permission in PERMISSIONS[role] else "" for role in Role]
        for permission in Permission
    }
    assert granted == RIGHTS
    assert " | ".join(str(ROLE_LABELS[role]) for role in Role) in DOCUMENT
