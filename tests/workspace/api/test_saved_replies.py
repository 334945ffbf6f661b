"""`saved-replies` of the API."""

from __future__ import annotations

import pytest

from conversations.models import SavedReply
from tenants.scopes import tenant_scope
from tests.factories import MediaFactory, SavedReplyFactory
from tests.workspace.api.conftest import assert_problem


def test_one_is_made_read_changed_and_deleted(api, tenant, sales):
    program = api(sales)
    with tenant_scope(tenant):
        picture = MediaFactory()
    body = {"title": "Hours", "shortcut": "hours", "text": "11 to 9", "media": picture.key}
    made = program.post("saved-replies", body)
    assert made.status_code == 201
    row = made.json()
    assert (row["team"], row["media"]["id"]) == (False, picture.key)
    address = f"saved-replies/{row['id']}"
    changed = program.patch(address, {"text": "10 to 9", "media": None}).json()
    assert (changed["title"], changed["text"], changed["media"]) == ("Hours", "10 to 9", None)
    assert program.get(address).json() == changed
    assert program.delete(address).status_code == 204
    assert_problem(program.get(address), 404, "not_found")


def test_the_list_has_the_teams_and_ones_own(api, tenant, sales, manager):
    with tenant_scope(tenant):
        SavedReplyFactory(title="Team's")
        SavedReplyFactory(title="Mine", owner=sales)
        SavedReplyFactory(title="Theirs", owner=manager)
    titles = [row["title"] for row in api(sales).get("saved-replies").json()["results"]]
    assert titles == ["Mine", "Team's"]
    assert len(api(sales).get("saved-replies", {"q": "mine"}).json()["results"]) == 1
    assert_problem(api(sales).get("saved-replies", {"title": "mine"}), 400, "invalid")


def test_the_teams_needs_the_right(api, tenant, sales, manager):
    body = {"title": "Hours", "text": "11 to 9", "team": True}
    assert_problem(api(sales).post("saved-replies", body), 403, "not_allowed")
    made = api(manager).post("saved-replies", body).json()
    assert_problem(api(sales).patch(f"saved-replies/{made['id']}", {"text": "x"}), 403, "not_allowed")
    assert_problem(api(sales).delete(f"saved-replies/{made['id']}"), 403, "not_allowed")
    with tenant_scope(tenant):
        assert SavedReply.objects.get().text == "11 to 9"


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"text": "x"}, "title"),
        ({"title": "Empty"}, "text"),
        ({"title": "File", "media": "gone"}, "media"),
        ({"title": "Odd", "text": "{{ surname }}"}, "text"),
    ],
)
def test_faults_name_their_field(api, sales, body, field):
    problem = assert_problem(api(sales).post("saved-replies", body), 400, "invalid")
    assert [fault["field"] for fault in problem["errors"]] == [field]
