"""What the image and the compose file start, run here as processes with production's settings."""

import json
import os
import re
import shlex
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import psycopg
import pytest
import yaml

from broadcaster.embedded.ports import free_port
from broadcaster.embedded.state import ROOT
from tests.stack import clean_environment

pytestmark = pytest.mark.slow
DOCKERFILE = (ROOT / "Dockerfile").read_text()
COMPOSE = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
LONG_RUNNING = ("worker-webhooks", "worker-replies", "worker-send", "worker-default", "scheduler")


def image_command(port):
    command = json.loads(re.findall(r"^CMD (\[.*\])$", DOCKERFILE, re.MULTILINE)[-1])
    assert command[command.index("--port") + 1] == "8000"
    return [str(port) if part == "8000" else part for part in command]


def container_environment(tmp_path, port, static):
    """The image's ENV lines and the compose file's variables, `.env` filled in, pointing at this test's services."""
    image = dict(
        pair.split("=", 1)
        for pair in shlex.split(
            re.search(r"^ENV (.*?)\n(?=[A-Z])", DOCKERFILE, re.M | re.S)[1].replace("\\\n", " ")
        )
    )
    image.pop("PATH")
    filled = {
        "SECRET_KEYS": "one,two",
        "PUBLIC_URL": f"http://127.0.0.1:{port}",
        "ALLOWED_HOSTS": "example.test",
        "BEHIND_TLS_PROXY": "false",
    }
    compose = {
        name: re.sub(r"\$\{(\w+)(?::[-?]([^}]*))?\}", lambda m: filled.get(m[1], m[2] or ""), str(value))
        for name, value in COMPOSE["services"]["web"]["environment"].items()
    }
    return clean_environment(
        **{
            **image,
            **compose,
            "DATABASE_URL": re.sub(r"/[^/]*$", "/container", os.environ["DATABASE_URL"]),
            "REDIS_URL": os.environ["REDIS_URL"],
            "REDIS_BROKER_DB": "50",
            "REDIS_TOKENS_DB": "51",
            "REDIS_CACHE_DB": "52",
            "MEDIA_ROOT": str(tmp_path / "media"),
            "STATIC_ROOT": str(static),
            "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        }
    )


@pytest.fixture
def database():
    """An empty database, as the compose file's own PostgreSQL has at first."""
    with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as server:
        server.execute("DROP DATABASE IF EXISTS container WITH (FORCE)")
        server.execute("CREATE DATABASE container")
        yield
        server.execute("DROP DATABASE container WITH (FORCE)")


def test_every_entry_command_runs_and_ends_when_asked(database, tmp_path):
    port, static = free_port(), tmp_path / "static"
    environment = container_environment(tmp_path, port, static)
    build_steps = re.findall(r"python (manage\.py collectstatic[^\\\n]*)", DOCKERFILE)
    for step in (*build_steps, shlex.join(COMPOSE["services"]["migrate"]["command"][1:])):
        command = [sys.executable, *shlex.split(step)]
        subprocess.run(command, cwd=ROOT, env=environment, check=True, capture_output=True, timeout=150)
    assert (static / "staticfiles.json").exists()
    commands = {name: COMPOSE["services"][name]["command"] for name in LONG_RUNNING} | {
        "web": image_command(port)
    }
    running = {}
    try:
        for name, command in commands.items():
            log = (tmp_path / f"{name}.log").open("w")
            running[name] = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=log, stderr=log)
            log.close()
        wait_until_healthy(port, running, tmp_path)
        page = get(port, "/accounts/login/")
        style = re.search(r'href="(/static/[^"]*\.css)"', page)[1]
        assert re.search(r"\.[0-9a-f]{12}\.css$", style)
        assert "font-family" in get(port, style)
    finally:
        for process in running.values():
            process.send_signal(signal.SIGTERM)
        ended = {name: process.wait(60) for name, process in running.items()}
    wrong = {
        name for name, code in ended.items() if code not in (0, -signal.SIGTERM)
    }  # uvicorn: by the signal itself
    assert not wrong, {name: log_of(tmp_path, name) for name in wrong}


def wait_until_healthy(port, running, tmp_path):
    limit = time.monotonic() + 120
    while True:
        dead = [name for name, process in running.items() if process.poll() is not None]
        assert not dead, {name: log_of(tmp_path, name) for name in dead}
        try:
            assert json.loads(get(port, "/healthz"))["status"] == "ok"
            return
        except OSError as error:  # not listening yet, or 503
            assert time.monotonic() < limit, f"{error}\n{log_of(tmp_path, 'web')}"
        time.sleep(0.2)


def get(port, path):
    with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=10) as response:
        return response.read().decode()


def log_of(tmp_path, name):
    return (tmp_path / f"{name}.log").read_text()[-3000:]


def test_without_a_required_variable_the_start_says_which(tmp_path):
    environment = container_environment(tmp_path, 8000, tmp_path)
    for name in ("SECRET_KEYS", "DATABASE_URL"):
        command = [sys.executable, "-c", "import broadcaster.asgi"]
        without = {key: value for key, value in environment.items() if key != name}
        done = subprocess.run(command, cwd=ROOT, env=without, capture_output=True, text=True)
        assert done.returncode and name in done.stderr
