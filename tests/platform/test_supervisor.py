import os
import signal
import sys
from pathlib import Path

import pytest

from broadcaster.embedded import supervisor as supervisors
from broadcaster.embedded.child import Child
from broadcaster.embedded.errors import ServiceError
from broadcaster.embedded.supervisor import StopRequested, Supervisor


@pytest.fixture
def supervisor():
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
    with Supervisor(lambda line: None) as supervisor:
        yield supervisor
    for number, handler in before.items():
        signal.signal(number, handler)


def python(tmp_path, name, code, **options):
    return Child(name, [sys.executable, "-c", code], log=tmp_path / f"{name}.log", **options)


def test_a_child_that_dies_starts_again(supervisor, tmp_path):
    child = python(tmp_path, "worker", "import time; time.sleep(600)")
    supervisor.add(child)
    first = child.pid
    os.kill(first, signal.SIGKILL)
    supervisor.wait_until(lambda: child.running and child.pid != first, seconds=60, what="the worker")


def test_a_child_that_never_lives_ends_the_wait_with_its_own_words(supervisor, tmp_path, monkeypatch):
    monkeypatch.setattr(supervisors, "RESTART_PAUSES_S", (0.0,))
    supervisor.add(python(tmp_path, "web", "raise SystemExit('the port is taken')"))
    with pytest.raises(ServiceError, match="the product did not get ready") as failure:
        supervisor.wait_until(lambda: False, seconds=60, what="the product")
    assert "the port is taken" in str(failure.value)


def test_a_step_that_fails_is_reported_with_the_end_of_its_log(supervisor, tmp_path):
    with pytest.raises(ServiceError, match=r"migrate failed.*\n.*no such table"):
        supervisor.run(
            python(tmp_path, "build", "pass"),
            python(tmp_path, "migrate", "raise SystemExit('no such table')"),
        )


def test_who_ignores_the_request_is_killed_with_its_children(supervisor, tmp_path):
    stubborn = (
        "import os, signal, time\n"
        "signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
        "print(os.fork(), flush=True)\n"
        "time.sleep(600)"
    )
    child = python(tmp_path, "stubborn", stubborn, grace=0.2)
    supervisor.add(child)
    supervisor.wait_until(lambda: len(child.tail().split()) == 2, seconds=60, what="the fork")
    grandchild = max(int(pid) for pid in child.tail().split())
    supervisor.stop()
    assert not child.running
    supervisor.wait_until(lambda: not is_alive(grandchild), seconds=60, what="the end of the fork")


def is_alive(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_asks_to_stop_once(supervisor, number):
    with pytest.raises(StopRequested):
        os.kill(os.getpid(), number)
        supervisor.watch()
    os.kill(os.getpid(), number)  # impatient: nothing more happens
