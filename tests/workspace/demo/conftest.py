"""The demo data speak to a sandbox of their own."""

from __future__ import annotations

import pytest

from tests.sandbox.conftest import sandbox  # noqa: F401  a fixture of the whole session


@pytest.fixture
def providers(settings, sandbox):  # noqa: F811
    """Its address; the settings name it as every provider's."""
    settings.DEBUG = True
    settings.PROVIDER_URLS = dict.fromkeys(settings.PROVIDER_URLS, sandbox)
    return sandbox
