"""Crash points: nothing in normal runs, SIGKILL to the whole group where one is armed, and each stands in the code."""

import os
import re
import signal
import subprocess
import sys

import pytest

from broadcaster.embedded.state import ROOT
from faults.crashes import IN_THE_DOOR, PLACES, follows
from tenants import crash

APPS = ("campaigns", "channels")
COME = "from tenants.crash import reached\nfor place in ['a', 'b', 'a', 'a']: reached(place)\nprint('alive')"


def run(**environment):
    return subprocess.run(
        [sys.executable, "-c", COME],
        cwd=ROOT,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        start_new_session=True,
        check=False,
    )


def test_nothing_is_armed_here():
    assert crash.reached is crash._nothing


@pytest.mark.parametrize("order", ["", "c", "b:2"])
def test_a_place_nobody_comes_to_kills_nobody(order):
    assert run(CRASH_AT=order).stdout == "alive\n"


@pytest.mark.parametrize("order", ["a", "b:1", "a:3"])
def test_whoever_comes_there_dies(order):
    done = run(CRASH_AT=order)
    assert (done.returncode, done.stdout) == (-signal.SIGKILL, "")


def test_the_listed_places_are_those_in_the_code():
    found = [
        place
        for app in APPS
        for file in (ROOT / app).rglob("*.py")
        for place in re.findall(r'reached\("([a-z._]+)"\)', file.read_text())
    ]
    assert sorted(found) == sorted([*PLACES, IN_THE_DOOR])


def test_pairs_are_those_that_can_come():
    assert follows("mark.committed", "mark.committed")
    assert follows("prepare.chunk_written", "prepare.launch_written")
    assert not follows("mark.committed", "prepare.chunk_written")
    assert not follows("complete.committed", "mark.written")
    assert follows("complete.written", "complete.committed")
