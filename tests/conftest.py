"""Fixtures for everybody. Run tests with `manage.py test …`, which brings PostgreSQL and Valkey up."""

import pytest
import redis
from django.conf import settings
from django.db import connection
from django.db.backends.postgresql.operations import DatabaseOperations

from tests import stack as stacks

pytest_plugins = ["tests.fixtures_tenants"]


@pytest.fixture(autouse=True)
def media_root(settings, tmp_path):
    """Uploads of a test stand in a folder of its own."""
    settings.MEDIA_ROOT = tmp_path / "media"


@pytest.fixture(autouse=True, scope="session")
def emptied_between_tests():
    """Tests that commit leave nothing behind: even tables that refuse to be emptied are, by the test run alone."""
    operations = type(connection.ops)
    flush = operations.execute_sql_flush

    def flush_without_triggers(self, sql_list):
        flush(self, ["SET LOCAL session_replication_role = replica", *sql_list])

    operations.execute_sql_flush = flush_without_triggers
    yield
    operations.execute_sql_flush = flush


@pytest.fixture(scope="session", autouse=True)
def _flush_what_refuses_it():
    """Emptying the test database between tests may do what triggers refuse everybody: empty ledger and audit log."""
    flush = DatabaseOperations.execute_sql_flush

    def without_triggers(self, sql_list):
        flush(
            self,
            ["SET session_replication_role = replica", *sql_list, "SET session_replication_role = origin"],
        )

    DatabaseOperations.execute_sql_flush = without_triggers
    yield
    DatabaseOperations.execute_sql_flush = flush


@pytest.fixture(scope="session", autouse=True)
def _flush_what_refuses_it():
    """Emptying the test database between tests may do what triggers refuse everybody: empty ledger and audit log."""
    flush = DatabaseOperations.execute_sql_flush

    def without_triggers(self, sql_list):
        flush(
            self,
            ["SET session_replication_role = replica", *sql_list, "SET session_replication_role = origin"],
        )

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
def stack(tmp_path_factory):
    """The whole product with demo data, running as processes; see tests/stack.py for what it can do."""
    folder = tmp_path_factory.mktemp("stack")
    for parent in (folder, *folder.parents[:2]):
        parent.chmod(0o755)  # the databases' account must get through
    running = stacks.start(folder)
    yield running
    running.demo.terminate()
    assert running.demo.wait(20) == 0
