"""Fixtures for everybody. Run tests with `manage.py test …`, which brings PostgreSQL and Valkey up."""

import shutil
import tempfile
from pathlib import Path

import pytest
import redis
from django.conf import settings
from django.db.backends.postgresql.operations import DatabaseOperations
from django.utils import translation

from tests import stack as stacks

pytest_plugins = ["tests.fixtures_tenants"]


@pytest.fixture(autouse=True)
def media_root(settings, tmp_path):
    """Uploads of a test stand in a folder of its own."""
    settings.MEDIA_ROOT = tmp_path / "media"


@pytest.fixture(autouse=True)
def in_english():
    """No test speaks the language in which the one before it was answered: a request leaves it to its thread."""
    with translation.override("en"):
        yield


@pytest.fixture(scope="session", autouse=True)
def flush_what_refuses_it():
    """Emptying the test database between tests may do what triggers refuse everybody: empty ledger and audit log."""
    flush = DatabaseOperations.execute_sql_flush

    def without_triggers(self, sql_list):
        flush(self, ["SET LOCAL session_replication_role = replica", *sql_list])

    DatabaseOperations.execute_sql_flush = without_triggers
    yield
    DatabaseOperations.execute_sql_flush = flush


@pytest.fixture
def valkey():
    """The Valkey database of tokens, empty before and after."""
    with redis.Redis.from_url(settings.TOKENS_REDIS_URL) as client:
        client.flushdb()
        yield client
        client.flushdb()


@pytest.fixture(scope="session")
def stack():
    """The whole product with demo data, running as processes; see tests/stack.py for what it can do."""
    folder = Path(
        tempfile.mkdtemp(prefix="broadcaster-stack-")
    )  # pytest's own are closed to the databases' account
    folder.chmod(0o755)
    running = stacks.start(folder)
    yield running
    running.demo.terminate()
    assert running.demo.wait(60) == 0
    assert stacks.processes_of(folder) == {}
    shutil.rmtree(folder)
