"""Fixtures for everybody. Run tests with `manage.py test …`, which brings PostgreSQL and Valkey up."""

import pytest
import redis
from django.conf import settings


@pytest.fixture(autouse=True)
def media_root(settings, tmp_path):
    """Uploads of a test stand in a folder of its own."""
    settings.MEDIA_ROOT = tmp_path / "media"


@pytest.fixture
def valkey():
    """The Valkey database of tokens, empty before and after."""
    with redis.Redis.from_url(settings.TOKENS_REDIS_URL) as client:
        client.flushdb()
        yield client
        client.flushdb()
