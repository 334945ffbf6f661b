"""Every address × method × role: allowed or refused exactly as the documented table says."""

from __future__ import annotations

import pytest

from tenants.roles import PERMISSIONS, ROLE_LABELS, Permission, Role
from tenants.scopes import tenant_scope
from tenants.tokens import create_api_token
from tests.factories import MemberFactory
from tests.tenants.parameters import rows_of, values_for
from tests.tenants.role_matrix import DOCUMENT, LETTERS, MATRIX, RIGHTS, allowed
from tests.tenants.routes import Route, methods_of, routes

ROUTES = {route.name: route for route in routes()}
REFUSED = 403
SIGN_IN = {302, 401}  # where strangers are sent: the sign-in page, or the API's 401


@pytest.fixture
def call(client, tenant):
    """`call("GET", route, ["owner"])`: the answer to a member with these roles, on rows of their own tenant.

    Without roles a stranger calls.
    """

    def go(method: str, route: Route, roles: list[str]):
        client.logout()
        with tenant_scope(tenant):
            member = MemberFactory(roles=roles)
            values = values_for(route, rows_of(member))
            headers = _signed_in(client, route, member) if roles else {}
        url = route.url(values)
        if method == "ANY":
            return methods_of(client, url, **headers)
        answer = client.generic(method, url, "{}", content_type="application/json", **headers)
        answer.getvalue()  # a stream closes its file once it is read
        if not roles and not _to_sign_in(answer):
            return 200  # led on to somewhere else, as by a short link
        return answer.status_code

    return go


def _to_sign_in(answer) -> bool:
    """Whether a redirect leads to the sign-in page; of any other answer the status tells."""
    return answer.status_code != 302 or answer["Location"].startswith("/accounts/login/")


def _signed_in(client, route: Route, member) -> dict[str, str]:
    if route.is_api:
        _token, secret = create_api_token(member, name="x")
        return {"HTTP_AUTHORIZATION": f"Bearer {secret}"}
    client.force_login(member.user)
    return {}


@pytest.mark.parametrize("route", routes(), ids=str)
def test_the_table_names_every_method_of_the_address(route, call):
    found = {f"{method} {route}" for method in call("ANY", route, list(LETTERS.values()))}
    written = {line for line in MATRIX if line.split()[1] == route.name}
    assert found == written, "one line for each in docs/roles.md"


def test_the_table_names_no_address_that_is_gone():
    assert {line.split()[1] for line in MATRIX} - ROUTES.keys() == set()


@pytest.mark.parametrize("line", MATRIX)
def test_each_role_is_answered_as_the_table_says(line, call):
    method, name = line.split()
    answers = {letter: call(method, ROUTES[name], [role]) for letter, role in LETTERS.items()}
    let_in = {letter for letter, status in answers.items() if status != REFUSED}
    assert let_in == allowed(MATRIX[line])
    found = {404} if ROUTES[name].parameters else set()  # the row is there, so it must be found
    assert not (found | {405, 500}) & {answers[letter] for letter in let_in}


@pytest.mark.parametrize("line", MATRIX)
def test_strangers_are_sent_to_sign_in(line, call):
    method, name = line.split()
    status = call(method, ROUTES[name], [])
    assert (status in SIGN_IN) == (MATRIX[line] != "-")


def test_the_document_shows_the_rights_of_the_code():
    granted = {
        permission.value: ["yes" if permission in PERMISSIONS[role] else "" for role in Role]
        for permission in Permission
    }
    assert granted == RIGHTS
    assert " | ".join(str(ROLE_LABELS[role]) for role in Role) in DOCUMENT
