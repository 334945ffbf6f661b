import shutil
import tempfile
from pathlib import Path

import pytest

from broadcaster.embedded.account import service_account
from broadcaster.embedded.state import StateFolder


@pytest.fixture
def open_folder():
    """A folder that every account may walk through, unlike pytest's own."""
    folder = Path(tempfile.mkdtemp(prefix="broadcaster-"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture
def state(open_folder, monkeypatch):
    """A new state folder, in an environment that names no services."""
    monkeypatch.delenv("DATABASE_URL", raising=False)
    monkeypatch.delenv("REDIS_URL", raising=False)
    return StateFolder(open_folder / "state", service_account())
