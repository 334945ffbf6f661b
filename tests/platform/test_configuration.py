"""The documentation names every variable, and the compose file none that does not exist."""

import re

import yaml

from broadcaster.embedded.product import QUEUES, worker_command
from broadcaster.embedded.state import ROOT

DOCUMENT = (ROOT / "docs/configuration.md").read_text()
NAMED = set(re.findall(r"`([A-Z][A-Z0-9_]+)`", DOCUMENT))
COMPOSE_TEXT = (ROOT / "docker-compose.yml").read_text()
COMPOSE = yaml.safe_load(COMPOSE_TEXT)


def settings_variables():
    return set(
        re.findall(r"\benv(?:\.\w+)?\(\s*\"([A-Z0-9_]+)\"", (ROOT / "broadcaster/settings.py").read_text())
    )


def test_every_variable_of_the_settings_is_documented():
    assert len(settings_variables()) > 20
    assert settings_variables() - NAMED == set()


def test_every_documented_variable_exists():
    ours = {"DATA_DIR", "BOOTSTRAP", "E2E", "E2E_CHROMIUM", "SLOW_BROWSER", "WEB_CONCURRENCY"}
    asked = set(re.findall(r"\$\{([A-Z_]+)", COMPOSE_TEXT))
    assert NAMED - settings_variables() - ours - asked == set()


def test_every_variable_of_the_compose_file_is_documented():
    asked = set(re.findall(r"(?<!\$)\$\{([A-Z_]+)", COMPOSE_TEXT))
    assert asked and asked - NAMED == set()


def test_what_compose_passes_to_the_product_are_variables_of_the_settings():
    assert set(COMPOSE["services"]["web"]["environment"]) - settings_variables() == set()


def test_compose_addresses_name_its_own_services():
    environment = COMPOSE["services"]["web"]["environment"]
    for variable, service in (("DATABASE_URL", "postgres"), ("REDIS_URL", "valkey")):
        assert re.search(r"@([\w-]+):", environment[variable]).group(1) == service
        assert service in COMPOSE["services"]


def test_compose_runs_a_worker_for_each_queue_as_demo_does():
    for queue in QUEUES:
        command = COMPOSE["services"][f"worker-{queue}"]["command"]
        assert command[:4] == ["celery", "-A", "broadcaster", "worker"]
        ours = worker_command(queue)
        for option in ("-Q", "-n"):
            assert command[command.index(option) + 1] == ours[ours.index(option) + 1]


def test_only_the_products_own_image_is_built_and_it_never_runs_as_root():
    users = re.findall(r"^USER (\S+)", (ROOT / "Dockerfile").read_text(), re.MULTILINE)
    assert users[-1] not in ("root", "0")
