"""The whole product as processes: `manage.py demo` from its start to every kind of end."""

import json
import os
import signal
import subprocess
import sys
import time

import pytest

from broadcaster.embedded.ports import free_port
from broadcaster.embedded.product import QUEUES
from broadcaster.embedded.state import ROOT
from tests import stack as stacks

pytestmark = pytest.mark.slow


def wait_for(condition, seconds=60, otherwise=lambda: "it never came true"):
    limit = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < limit, otherwise()
        time.sleep(0.1)  # between two looks at other processes


def demo(*options, **env):
    """Run `manage.py demo` where it is to refuse; what it said."""
    command = [sys.executable, str(ROOT / "manage.py"), "demo", *options]
    environment = stacks.clean_environment(BOOTSTRAP="off", **env)
    done = subprocess.run(command, env=environment, cwd=ROOT, capture_output=True, text=True, timeout=100)
    assert done.returncode == 1, done
    return done.stderr


@pytest.mark.product
def test_health_counts_a_worker_of_every_queue(stack):
    health = stack.health()
    assert health["status"] == health["database"] == health["redis"] == "ok"
    assert set(health["workers"]) == set(QUEUES)


@pytest.mark.product
def test_demo_prints_where_and_as_whom(stack):
    said = (stack.folder / "demo.out").read_text()
    for part in (stack.url, stack.sandbox_url, "sales@demo.test", "owner@other.test", "demo-only"):
        assert part in said


@pytest.mark.product
def test_a_second_start_on_the_same_data_is_refused(stack):
    said = demo("--data-dir", str(stack.folder), "--port", str(free_port()))
    assert "in use" in said and stack.url in said and "--data-dir" in said
    assert stack.health()["status"] == "ok"


@pytest.mark.product
def test_a_taken_port_is_refused_by_the_option_that_changes_it(stack, tmp_path):
    free = str(free_port())
    said = demo("--data-dir", str(tmp_path / "a"), "--port", str(stack.port), "--sandbox-port", free)
    assert f"Port {stack.port} is taken" in said and "--port N" in said
    said = demo("--data-dir", str(tmp_path / "b"), "--port", free, "--sandbox-port", str(stack.sandbox_port))
    assert f"Port {stack.sandbox_port} is taken" in said and "--sandbox-port N" in said


@pytest.mark.product
def test_a_folder_that_cannot_be_written_is_named(stack, tmp_path):
    (tmp_path / "file").write_text("no folder")
    assert f"{tmp_path}/file" in demo("--data-dir", str(tmp_path / "file/data"), "--port", str(free_port()))


@pytest.mark.product
def test_other_commands_join_the_running_services(stack):
    before = stacks.processes_of(stack.folder)
    code = (
        "from django.conf import settings; print(settings.DATABASES['default']['PORT'], settings.PUBLIC_URL)"
    )
    port, url = stack.manage("shell", "--no-imports", "-c", code).split()
    assert f":{port}/" in stack.environment()["DATABASE_URL"]
    assert url == stack.url
    assert set(stacks.processes_of(stack.folder)) >= set(before)


@pytest.mark.product
@pytest.mark.parametrize("name", ["worker-send", "web", "valkey"])
def test_what_is_killed_comes_back(stack, name):
    def running():
        mark = {"worker-send": "worker -Q send", "web": "uvicorn", "valkey": "valkey-server"}[name]
        return {pid for pid, line in stacks.processes_of(stack.folder).items() if mark in line}

    victims = running()
    assert victims
    for pid in victims:
        os.kill(pid, signal.SIGKILL)
    wait_for(lambda: running() - victims)
    wait_for(
        lambda: (stack.health() or {}).get("status") == "ok",
        otherwise=lambda: f"{stack.health()}\n{stack.log(name)[-3000:]}\n{stack.log('worker-send')[-3000:]}",
    )


@pytest.mark.skipif(
    not sys.platform.startswith("linux"), reason="looks into /proc; its kernel ends the orphans"
)
def test_ctrl_c_and_a_killed_supervisor_leave_no_process_and_lose_nothing(open_folder):
    """SIGTERM is proven by the end of the `stack` fixture. The second start is one on data that are there."""
    running = stacks.start(open_folder / "state", throw_away=False)
    assert len(stacks.processes_of(running.folder)) > 8
    running.manage(
        "shell", "-c", "from tenants.models import User; User.objects.create_user('kept@demo.test')"
    )
    running.demo.send_signal(signal.SIGINT)
    assert running.demo.wait(60) == 0
    assert stacks.processes_of(running.folder) == {}
    assert "stopped" in (running.folder / "demo.out").read_text()

    running = stacks.start(running.folder, throw_away=False)
    running.demo.kill()
    running.demo.wait()
    wait_for(lambda: stacks.processes_of(running.folder) == {})
    found = running.manage(
        "shell",
        "-c",
        "from tenants.models import User; print(User.objects.filter(email='kept@demo.test').count())",
    )
    assert found.strip().endswith("1")
    assert stacks.processes_of(running.folder) == {}  # the services of that one command are down again
    assert json.loads((running.folder / "environment.json").read_text())["PUBLIC_URL"] == running.url
