"""Looking across tenants happens behind doors only, and raw SQL says how it is guarded."""

from __future__ import annotations

import ast
import re

import pytest
from django.apps import apps

from tests.tenants.raw_sql import GUARDS
from tests.tenants.source import modules, names_in, texts_in

UNSCOPED_NAMES = {"scopes_disabled", "_base_manager", "all_objects"}
STATEMENT = re.compile(
    r"^\s*(SELECT|INSERT INTO|UPDATE|DELETE FROM|WITH|COPY|TRUNCATE|MERGE INTO)\s", re.MULTILINE
)
NAMES_TENANT = re.compile(r"tenant_id\s*(=|,|\)|IN\b|IS NULL|IS NOT DISTINCT FROM)")
MODELS = {model.__name__ for model in apps.get_models()}


def test_only_doors_look_across_tenants():
    guilty = {
        path
        for path, tree in modules()
        if not path.endswith("/doors.py") and UNSCOPED_NAMES & set(names_in(tree))
    }
    assert guilty == set()


def test_doors_answer_with_ids_and_plain_values():
    doors = [(path, tree) for path, tree in modules() if path.endswith("/doors.py")]
    assert doors
    for path, tree in doors:
        for node in tree.body:
            if isinstance(node, ast.FunctionDef):
                assert node.returns is not None, f"{path}: {node.name} does not say what it returns"
                assert not MODELS & set(names_in(node.returns)), f"{path}: {node.name} returns rows"


def statements():
    """Each SQL statement outside the doors: (place, text)."""
    return [
        (f"{path}:{where}", text)
        for path, tree in modules()
        if not path.endswith("/doors.py")
        for where, text in texts_in(tree)
        if STATEMENT.search(text)
    ]


def unnamed() -> set[str]:
    """The places of statements that do not name the tenant."""
    return {place for place, text in statements() if not NAMES_TENANT.search(text)}


def test_raw_sql_names_the_tenant_or_has_a_stated_guard():
    unguarded = {place for place in unnamed() if not {place, place.partition(":")[0]} & GUARDS.keys()}
    assert sorted(unguarded) == [], "add `tenant_id = %s`, or its guard to tests/tenants/raw_sql.py"


def test_no_guard_is_stated_for_what_is_gone_or_names_the_tenant():
    needed = unnamed()
    assert GUARDS.keys() - needed - {place.partition(":")[0] for place in needed} == set()


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ('SQL = "SELECT 1 FROM x"', [("SQL", "SELECT 1 FROM x")]),
        ('def f():\n    """SELECT nothing"""\n    run(f"UPDATE {t} SET a")', [("f", "UPDATE {t} SET a")]),
    ],
)
def test_statements_are_found_where_they_stand(source, found):
    assert [pair for pair in texts_in(ast.parse(source)) if STATEMENT.search(pair[1])] == found
