"""The benchmarks run at tiny sizes, so that none rots; no figure of theirs is looked at here."""

import json
import os
import subprocess
import sys

import pytest
from django.conf import settings
from django.db import connection

from bench.__main__ import FAMILIES, chosen
from bench.goals import GOALS, Goal, Line
from bench.measure import TICKS, Run
from tenants.arrays import numbers, texts
from tests.sandbox.conftest import ROOT

FIELDS = ["name", "value", "unit", "baseline", "baseline_name", "ratio", "goal", "met"]


def run(*arguments):
    environment = {
        **os.environ,
        "DATABASE_URL": os.environ["DATABASE_URL"],
        "REDIS_URL": settings.REDIS_URL,
    }
    return subprocess.run(
        [sys.executable, "-m", "bench", *arguments],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.slow
def test_a_tiny_run_prints_one_object_a_line_and_leaves_no_database(db):
    with connection.cursor() as cursor:
        cursor.execute("SELECT datname FROM pg_database WHERE datname LIKE 'bench_%%'")
        before = set(cursor.fetchall())
    done = run(
        *("dispatch.rate", "dispatch.cpu_vs_pycurl", "line", "record", "preflight"),
        *("webhook.rate", "webhook.absorb"),
        *("--runs", "1", "--share", "0.01"),
    )
    assert done.returncode == 0, done.stderr
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    assert [list(line) for line in lines] == [FIELDS] * len(lines)
    assert [line["name"] for line in lines] == [
        "dispatch.rate",
        "dispatch.cpu_vs_pycurl",
        "record.rate",
        "preflight.100k",
        "line.multicast",
        "webhook.rate",
        "webhook.absorb",
    ]
    with connection.cursor() as cursor:
        cursor.execute("SELECT datname FROM pg_database WHERE datname LIKE 'bench_%%'")
        assert set(cursor.fetchall()) <= before


@pytest.mark.nightly
@pytest.mark.timeout(1200)
def test_the_product_s_own_processes_are_measured(db):
    """Those that start the whole product: too long for every day."""
    done = run("pace.many", "webhook.keep_up", "million", "--runs", "1", "--share", "0.002")
    assert done.returncode == 0, done.stderr
    lines = {line["name"]: line for line in map(json.loads, done.stdout.splitlines())}
    assert list(lines) == ["pace.many", "webhook.keep_up", *FAMILIES["bench.million.broadcast"]]
    assert lines["million.sent"]["value"] == 2_000
    assert lines["million.absorbed"]["value"] == 6_000


def test_every_benchmark_has_a_goal_and_can_be_named():
    named = run("--list").stdout.split()
    assert named == [name for family in FAMILIES.values() for name in family]
    assert set(named) == set(GOALS)


def test_a_name_stands_for_all_that_begin_with_it():
    assert chosen(["pace"]) == {"bench.pace": ["pace.80", "pace.1000"], "bench.many.numbers": ["pace.many"]}
    with pytest.raises(SystemExit, match="no benchmark is called pac"):
        chosen(["pac"])


def test_what_takes_long_runs_only_when_it_is_named():
    long = "bench.million.broadcast"
    assert set(chosen([])) == set(FAMILIES) - {long}
    assert chosen(["million"]) == {long: list(FAMILIES[long])}


def test_what_is_too_short_for_the_kernel_s_clock_is_a_tick():
    assert Run(200, 0.004, 0.0).cpu == 1 / TICKS
    assert Run(200, 0.4, 0.3).cpu_each == 1_500


def test_a_note_is_printed_where_there_is_one():
    line = Line(Goal("x", "s", "bare", 0.5, 1.0), 1.0, 2.0, 0.6, held=False, note="too many refusals")
    assert list(json.loads(line.json)) == [*FIELDS, "note"]
    assert not line.met


@pytest.mark.parametrize(
    ("higher", "ratio", "met"), [(True, 0.5, True), (True, 0.49, False), (False, 0.6, False)]
)
def test_a_goal_is_met_on_its_own_side(higher, ratio, met):
    line = Line(Goal("x", "s", "bare", 0.5, 1.0, higher=higher), 1.0, 2.0, ratio)
    assert json.loads(line.json)["met"] is met


def test_columns_come_back_as_they_were(db):
    given = ["", "plain", 'a "quoted" one', "back\\slash", "comma, {braces}", "NULL", "換行\n"]
    with connection.cursor() as cursor:
        for some in ([], given[:1], given):
            cursor.execute("SELECT %s::text[], %s::bigint[]", [texts(some), numbers(range(len(some)))])
            assert cursor.fetchone() == (some, list(range(len(some))))
