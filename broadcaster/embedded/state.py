"""The state folder: everything that `demo` keeps between starts, for one user at a time."""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from broadcaster.embedded.account import Account, can_reach
from broadcaster.embedded.errors import ServiceError

ROOT = Path(__file__).resolve().parent.parent.parent
SYSTEM_STATE = Path("/var/lib/broadcaster")
NEEDED_BYTES = 300_000_000


class StateFolder:
    """Passwords, the running environment, logs, and the folder with the servers' data.

    The data stand in the folder itself, or where root runs the servers as an account that cannot reach it,
    in a folder under /var/lib/broadcaster; then the file `data-is-in` names it.
    """

    def __init__(self, path: Path, account: Account | None) -> None:
        self.path = path.expanduser().absolute()
        self.account = account
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            self.logs.mkdir(exist_ok=True)
            (self.path / "lock").touch()
        except OSError as error:
            raise ServiceError(
                f"The state folder {self.path} cannot be written: {error.strerror}."
            ) from error
        self.data = self._data_folder()
        self._lock: IO[str] | None = None

    @property
    def logs(self) -> Path:
        return self.path / "logs"

    def lock(self) -> bool:
        """Claim the folder until this process ends; False where another process has it."""
        handle = (self.path / "lock").open("a+")
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            handle.close()
            return False
        handle.truncate(0)
        handle.write(f"process {os.getpid()}")
        handle.flush()
        self._lock = handle
        if self._environment.exists():
            self._environment.replace(self._last_environment)
        return True

    def unlock(self) -> None:
        if self._lock:
            self._lock.close()
            self._lock = None

    @property
    def holder(self) -> str:
        """Who has claimed the folder, for an error message."""
        return (self.path / "lock").read_text() or "another process"

    @contextmanager
    def in_use(self) -> Iterator[None]:
        """Tell who started the services that we use them too; `wait_until_unused` waits for that."""
        with (self.path / "users").open("a") as handle:
            fcntl.flock(handle, fcntl.LOCK_SH)
            yield

    def wait_until_unused(self) -> None:
        with (self.path / "users").open("a") as handle:
            fcntl.flock(handle, fcntl.LOCK_EX)

    def secret(self, name: str) -> str:
        """A random secret of that name, made at its first use and readable by us alone (mode 0600)."""
        file = self.path / "secrets" / name
        if not file.exists():
            file.parent.mkdir(mode=0o700, exist_ok=True)
            write_private(file, secrets.token_urlsafe(32))
        return file.read_text()

    def write_environment(self, environment: dict[str, str]) -> None:
        """Note what other commands need to join in (mode 0600: it names passwords)."""
        write_private(self._environment, json.dumps(environment, indent=1))

    def environment(self) -> dict[str, str]:
        """What the running services were started with; empty until they are up."""
        return self._noted(self._environment)

    def last_environment(self) -> dict[str, str]:
        """What the services before these were started with; empty at the first start."""
        return self._noted(self._last_environment)

    @property
    def _environment(self) -> Path:
        return self.path / "environment.json"

    @property
    def _last_environment(self) -> Path:
        return self.path / "last-environment.json"

    def _noted(self, file: Path) -> dict[str, str]:
        try:
            return dict(json.loads(file.read_text()))
        except FileNotFoundError:
            return {}
        except PermissionError as error:
            raise ServiceError(f"{file} belongs to another user; name a --data-dir of your own.") from error

    def folder_for(self, name: str) -> Path:
        """A data folder that belongs to the servers' account, made where it is missing."""
        folder = self.data / name
        folder.mkdir(mode=0o700, exist_ok=True)
        self.hand_over(folder)
        return folder

    def hand_over(self, path: Path) -> None:
        if self.account:
            os.chown(path, self.account.uid, self.account.gid)

    def require_space(self) -> None:
        free = shutil.disk_usage(self.data).free
        if free < NEEDED_BYTES:
            raise ServiceError(
                f"The disk of {self.data} is full: {free // 1_000_000} MB are free, "
                f"{NEEDED_BYTES // 1_000_000} MB are needed. Nothing was lost; free some space and start again."
            )

    def _data_folder(self) -> Path:
        if can_reach(self.account, self.path / "postgres"):
            return self.path
        name = f"{ROOT.name}-{hashlib.sha256(str(self.path).encode()).hexdigest()[:12]}"
        folder = system_folder(name)
        (self.path / "data-is-in").write_text(f"{folder}\n")
        return folder


def system_folder(name: str) -> Path:
    """A folder under /var/lib/broadcaster that root owns and everybody may enter; refuses links and strangers'."""
    for folder in (SYSTEM_STATE, SYSTEM_STATE / name):
        folder.mkdir(mode=0o755, exist_ok=True)
        status = folder.lstat()
        if folder.is_symlink() or status.st_uid != os.geteuid():
            raise ServiceError(f"{folder} is a link or belongs to another user; remove it and start again.")
        folder.chmod(0o755)
    return SYSTEM_STATE / name


def write_private(file: Path, text: str) -> None:
    """Replace the file by one that only we may read, whole or not at all."""
    partial = file.with_name(f".{file.name}.partial")
    partial.unlink(missing_ok=True)
    descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as handle:
        handle.write(text)
    partial.replace(file)
