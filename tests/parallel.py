"""A pytest plugin, loaded before the settings: each parallel process has Valkey databases of its own.

The PostgreSQL database of each is made by pytest-django.
"""

import os

worker = os.environ.get("PYTEST_XDIST_WORKER", "gw-1")  # "gw0", "gw1", …; none runs alone
first = 3 * (int(worker.removeprefix("gw")) + 1)
for offset, name in enumerate(("REDIS_BROKER_DB", "REDIS_TOKENS_DB", "REDIS_CACHE_DB")):
    os.environ[name] = str(first + offset)


def pytest_addoption(parser):
    parser.addoption("--left-out", action="store_true", help="count the chosen tests as skipped (E2E=skip)")


def pytest_collection_modifyitems(config, items):
    if config.getoption("--left-out"):
        import pytest

        for item in items:
            item.add_marker(pytest.mark.skip(reason="left out by E2E=skip"))
