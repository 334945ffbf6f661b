"""What became of a broadcast, as the API tells it."""

from __future__ import annotations

import pytest

from tests.workspace.api.conftest import assert_problem

pytestmark = pytest.mark.django_db


def test_a_finished_broadcast_adds_up(api, sales, finished):
    row = api(sales).get(f"campaigns/{finished.number}").json()
    assert row["total"] == sum(row["counts"].values()) == 3
    assert row["completed"] == 1
    assert (row["replied"], row["interacted"], row["clicked"]) == (1, 1, 0)
    assert {reason["code"]: reason["count"] for reason in row["reasons"]} == {
        "undeliverable": 1,
        "window_closed": 1,
    }
    assert all(reason["cause"] and reason["cure"] for reason in row["reasons"])


def test_reasons_speak_the_callers_language(api, sales, finished):
    row = api(sales, "zh-Hant").get(f"campaigns/{finished.number}").json()
    assert not any(reason["cause"].isascii() for reason in row["reasons"])


def test_recipients_by_state(api, sales, finished):
    program = api(sales)
    everybody = program.get(f"campaigns/{finished.number}/recipients").json()["results"]
    assert [row["state"] for row in everybody] == ["read", "failed", "skipped"]
    (failed,) = program.get(f"campaigns/{finished.number}/recipients", {"state": "failed"}).json()["results"]
    assert failed["reason"]["code"] == "undeliverable"
    assert failed["reason"]["provider_code"] == "131026"
    assert failed["reason"]["cause"]
    assert failed["reason"]["cure"]
    assert failed["channel"] == "whatsapp"
    (read,) = program.get(f"campaigns/{finished.number}/recipients", {"state": "read"}).json()["results"]
    assert read["reason"] is None
    assert read["read_at"].endswith("Z")
    assert read["interacted_at"]
    assert_problem(program.get(f"campaigns/{finished.number}/recipients", {"state": "lost"}), 400, "invalid")


def test_recipients_are_paged(api, sales, finished):
    program = api(sales)
    first = program.get(f"campaigns/{finished.number}/recipients", {"limit": 2}).json()
    second = program.follow(first["next"]).json()
    assert [len(page["results"]) for page in (first, second)] == [2, 1]
    assert second["next"] is None
    assert program.follow(second["previous"]).json()["results"] == first["results"]


def test_the_timeline_of_a_person(api, sales, finished):
    program = api(sales)
    (read,) = program.get(f"campaigns/{finished.number}/recipients", {"state": "read"}).json()["results"]
    entries = program.get(f"campaigns/{finished.number}/recipients/{read['id']}/timeline").json()["results"]
    assert {"planned", "accepted", "read", "replied"} <= {entry["what"] for entry in entries}
    assert_problem(program.get(f"campaigns/{finished.number}/recipients/0/timeline"), 404, "not_found")


def test_the_summary_names_its_units(api, sales, finished):
    found = api(sales).get("campaigns/summary").json()
    assert found["broadcasts"]["created"] == 1
    assert found["people"]["sent"] == 1
    assert found["people"]["failed"] == 1
    assert found["people"]["interacted"] == 1
