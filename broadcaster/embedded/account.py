"""The account that the database servers run as: PostgreSQL refuses to be root."""

from __future__ import annotations

import os
import pwd
from dataclasses import dataclass
from pathlib import Path

from broadcaster.embedded.errors import ServiceError


@dataclass(frozen=True)
class Account:
    """An account without rights, which root hands the servers to."""

    name: str
    uid: int
    gid: int


def service_account() -> Account | None:
    """`postgres` or else `nobody` when we are root; None (our own account) when we are not."""
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return Account(name, entry.pw_uid, entry.pw_gid)
    raise ServiceError(
        "PostgreSQL refuses to run as root, and this machine has neither an account `postgres` nor `nobody`. "
        "Run as an ordinary user, or set DATABASE_URL and REDIS_URL."
    )


def can_reach(account: Account | None, path: Path) -> bool:
    """Whether the account may walk down to `path` (every folder above it lets it through)."""
    return account is None or all(_lets_through(folder, account) for folder in path.resolve().parents)


def _lets_through(folder: Path, account: Account) -> bool:
    status = folder.stat()
    if status.st_uid == account.uid:
        return bool(status.st_mode & 0o100)
    if status.st_gid == account.gid:
        return bool(status.st_mode & 0o010)
    return bool(status.st_mode & 0o001)
