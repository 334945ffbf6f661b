"""The bare loop with its buckets, against the benchmarks' own provider: what it says was accepted was."""

import subprocess
import sys
import time

import orjson
import pytest

from bench.machine import counts
from bench.many.loop import Loop, Number
from broadcaster.embedded.state import ROOT

RATE, BURST = 200.0, 5.0


def number(name, most=10, address="http://127.0.0.1:9"):
    return Number(address, name, RATE, BURST, most)


@pytest.fixture
def bodies(tmp_path, monkeypatch):
    monkeypatch.setenv("BENCH_FOLDER", str(tmp_path))
    for name in ("good", "broken"):
        (tmp_path / name).write_bytes(orjson.dumps([f"/{name}/messages", [], ['{"to": "1"}'], ["1"]]))


@pytest.fixture
def sink():
    command = [sys.executable, "-m", "bench.sink", "--broken", "/broken/messages", "--latency", "10"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield f"http://127.0.0.1:{int(process.stdout.readline())}"
        finally:
            process.terminate()


def test_a_bucket_gives_its_burst_and_then_its_rate(bodies):
    one = number("good", most=1_000)
    start = one.at
    at_once = sum(one.takes(start) for _ in range(50))
    in_a_second = sum(one.takes(start + step / 1000) for step in range(1, 1001) for _ in range(3))
    assert at_once == BURST
    assert in_a_second in (RATE, RATE - 1)


def test_a_number_has_no_more_under_way_than_it_may(bodies):
    one = number("good", most=2)
    one.under_way = 2
    assert not one.takes(one.at + 1)


def test_what_the_loop_counts_the_provider_accepted(bodies, sink):
    good, broken = number("good", address=sink), number("broken", address=sink)
    loop = Loop([good, broken])
    begun = time.monotonic()
    while not (loop.accepted >= 10 and broken.idle):
        loop.run(time.monotonic() + 0.1)
    seen = counts(sink)
    assert loop.accepted <= seen["/good/messages"]["accepted"] <= loop.accepted + good.under_way
    assert seen["/good/messages"]["accepted"] <= BURST + RATE * (time.monotonic() - begun)
    assert seen["/broken/messages"]["accepted"] == 0
    assert seen["/broken/messages"]["refused"] > 0
