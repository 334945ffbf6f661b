"""What is watched of the product's processes while a benchmark runs, and waiting for them."""

import subprocess
import sys
import threading

import pytest

from bench import patience
from bench.memory import Memory
from bench.million import asking
from bench.million.asking import Look
from bench.running import Spent
from tests.sandbox.conftest import receiver  # noqa: F401  (fixture)

GROW = """
import os, sys
block = b"x" * 100_000_000
del block
print("shrunk", flush=True)
sys.stdin.readline()
"""


def test_memory_remembers_what_was_there_between_two_looks():
    with subprocess.Popen(
        [sys.executable, "-c", GROW], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as child:
        assert child.stdout.readline() == "shrunk\n"
        memory = Memory({"grown": child.pid, "gone": 2**30})
        memory.look()
        child.stdin.write("\n")
        child.stdin.flush()
        child.wait()
        memory.look()
    peaks = memory.largest()
    assert peaks["grown"].resident > 100
    assert 0 < peaks["grown"].proportional < 50
    assert (peaks["gone"].resident, peaks["gone"].proportional) == (0, 0)


def test_cores_are_seconds_of_processors_by_seconds_of_the_clock():
    before = Spent(10.0, 100.0, {"web": 1.0, "sandbox": 2.0})
    after = Spent(20.0, 115.0, {"web": 2.0, "sandbox": 7.0})
    assert after.cores(before) == {"web": 0.1, "sandbox": 0.5}
    assert after.told(before).startswith("cores: sandbox 0.50, web 0.10; all of this machine 1.50 of ")
    assert after.each(before, 10_000) == "µs a message: sandbox 500, web 100"


def test_waiting_ends_with_the_condition_or_when_nothing_moves(monkeypatch):
    monkeypatch.setattr(patience, "LOOK_EVERY", 0)
    steps = iter(range(100))
    patience.until(lambda: next(steps) > 20, lambda: None, "the twentieth")
    monkeypatch.setattr(patience, "PATIENCE", 0)
    with pytest.raises(TimeoutError, match="the last never came: stuck"):
        patience.until(lambda: False, lambda: "stuck", "the last")


@pytest.fixture
def looks(receiver):  # noqa: F811
    receiver.files = {"/page": ("text/html", b"<html>"), "/api": ("application/json", b"{}")}
    return [
        Look(kind, receiver.url + path, {"Cookie": "session=1"})
        for kind, path in (("page", "/page"), ("api", "/api"), ("api", "/api"))
    ]


def test_every_kind_was_asked_at_least_once(looks, monkeypatch):
    monkeypatch.setattr(asking, "PAUSE_S", 0)
    asker = asking.Asker(looks)
    with asker.asking():
        pass
    asked = asker.result()
    assert len(asked["api"].seconds) >= 2 * len(asked["page"].seconds) >= 2
    assert asked["page"].worst >= asked["page"].median > 0


def test_an_answer_that_is_none_is_no_quick_one(looks, receiver, monkeypatch):  # noqa: F811
    monkeypatch.setattr(asking, "PAUSE_S", 0)
    asker = asking.Asker(looks)
    with asker.asking():
        receiver.files.clear()
        for thread in threading.enumerate():
            if thread.name == "asker":
                thread.join()  # it ends at the first answer that is none
    with pytest.raises(OSError, match="404"):
        asker.result()
