#!/usr/bin/env python3
"""The one entry to everything: `python3 manage.py demo`, `test`, and every Django command.

It needs Python 3.11 or newer with pip, nothing else: `ensure_packages` fills `.venv` from the locked,
hashed requirements with uv (itself fetched by pip) and starts this file again in there. Only the
standard library may be imported at the top, and only old syntax used, since any Python may read it.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import IO

ROOT = Path(__file__).resolve().parent
UV_VERSION = "0.13.8"
CACHE = ROOT / ".cache"
VENV = ROOT / ".venv"
STAMP = VENV / "locked"  # what the packages in there were taken from
LOCK, DEVELOPER_LOCK = "requirements.lock", "requirements-dev.lock"
DEVELOPER_COMMANDS = {"test", "bench", "faults", "lock", "shoot", "extract_po"}


def identity(lock: str) -> str:
    """What a stamp says when the packages are those of that lock, for this Python."""
    digest = hashlib.sha256((ROOT / lock).read_bytes()).hexdigest()
    return f"{lock} {digest} python{sys.version_info[0]}.{sys.version_info[1]}"


def ensure_packages(command: str) -> None:
    """Return when this process runs in an up-to-date `.venv`; otherwise make it so and start again there."""
    if sys.version_info < (3, 11):  # noqa: UP036 (this is where an older Python is told so)
        sys.exit(f"Broadcaster needs Python 3.11 or newer; this is {sys.version.split()[0]}.")
    developer = command in DEVELOPER_COMMANDS or (VENV / "bin/pytest").exists()
    lock = DEVELOPER_LOCK if developer else LOCK
    if not is_current(lock):
        try:
            with single_installer():
                if not is_current(lock):
                    install(lock)
        except OSError as error:
            sys.exit(
                f"The packages of {lock} could not be installed: {error}.\n"
                f"Run `python3 manage.py {command}` once as the user that owns {ROOT}, with space on the disk."
            )
    python = VENV / "bin/python"
    if Path(sys.prefix).resolve() != VENV.resolve():
        os.execv(python, [str(python), str(ROOT / "manage.py"), *sys.argv[1:]])  # noqa: S606 (no shell wanted)


def is_current(lock: str) -> bool:
    """Whether `.venv` holds the lock's packages (the developer's lock holds the product's too)."""
    try:
        stamp = STAMP.read_text()
    except OSError:
        return False
    return stamp in {identity(lock), identity(DEVELOPER_LOCK)}


def single_installer() -> IO[str]:
    """A file locked until it is closed, so that two first starts do not install over each other."""
    import fcntl

    CACHE.mkdir(exist_ok=True)
    handle = (CACHE / "installing").open("w")
    fcntl.flock(handle, fcntl.LOCK_EX)
    return handle


def install(lock: str) -> None:
    uv = fetch_uv()
    say(f"Installing the packages of {lock} into {VENV} …")
    env = {**os.environ, "UV_PYTHON_DOWNLOADS": "never", **registry()}
    env.pop("VIRTUAL_ENV", None)
    if not os.access(Path.home(), os.W_OK):
        env.setdefault("UV_CACHE_DIR", str(CACHE / "uv"))
    version = f"python{sys.version_info[0]}.{sys.version_info[1]}"
    if not (VENV / "bin" / version).exists():
        run(
            [uv, "venv", "-q", "--clear", "--python", getattr(sys, "_base_executable", sys.executable), VENV],
            env,
        )
    STAMP.unlink(missing_ok=True)
    run([uv, "pip", "sync", "-q", "--require-hashes", "--python", VENV / "bin/python", ROOT / lock], env)
    STAMP.write_text(identity(lock))


def fetch_uv() -> Path:
    """uv of our version, by plain pip into a folder of its own (PEP 668 has nothing against that)."""
    folder = CACHE / f"uv-{UV_VERSION}"
    if not (folder / "bin/uv").exists():
        say(f"Fetching uv {UV_VERSION} …")
        partial = CACHE / f"uv-{UV_VERSION}.partial"
        if subprocess.run(
            [sys.executable, "-m", "pip", "--version"], capture_output=True, check=False
        ).returncode:
            sys.exit(
                "This Python has no pip. Install it first: on Debian and Ubuntu `apt-get install python3-pip`."
            )
        pip: list[str | Path] = [
            sys.executable,
            "-m",
            "pip",
            "install",
            "-q",
            "--upgrade",
            "--target",
            partial,
            f"uv=={UV_VERSION}",
        ]
        run(pip, {**os.environ, "PIP_ROOT_USER_ACTION": "ignore", "PIP_DISABLE_PIP_VERSION_CHECK": "1"})
        partial.rename(folder)
    return folder / "bin/uv"


def registry() -> dict[str, str]:
    """uv reads none of pip's settings: hand it the index and the certificates that pip is told to use, if any."""
    wanted = {"index-url": "UV_DEFAULT_INDEX", "cert": "SSL_CERT_FILE"}
    found = subprocess.run(
        [sys.executable, "-m", "pip", "config", "list"], capture_output=True, text=True, check=False
    ).stdout
    settings: dict[str, str] = {}
    # global.index-url='…', :env:.cert='…': the environment goes before the files
    for line in sorted(found.splitlines(), key=lambda line: not line.startswith(":env:")):
        name, _, value = line.partition("=")
        variable = wanted.get(name.rpartition(".")[2])
        if variable and variable not in os.environ:
            settings.setdefault(variable, value.strip("'\""))
    return settings


def run(command: Sequence[str | Path], env: dict[str, str]) -> None:
    if subprocess.run([str(part) for part in command], env=env, check=False).returncode:
        sys.exit(
            f"`{Path(command[0]).name}` could not do its part (above). Nothing else was changed; run it again."
        )


def say(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def main() -> None:
    command = sys.argv[1] if len(sys.argv) > 1 else "help"
    if os.environ.get("BOOTSTRAP") != "off":  # off: the packages are there already, as in our container image
        ensure_packages(command)
    if command == "--packages":  # only the packages were wanted
        return
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "broadcaster.settings")
    from django.core.management import execute_from_command_line

    from broadcaster.embedded.launch import ServiceError, environment_for, take_data_dir

    try:
        arguments, data_dir = take_data_dir(command, sys.argv)
        with environment_for(command, data_dir) as environment:
            os.environ.update(environment)
            execute_from_command_line(arguments)
    except ServiceError as error:
        sys.exit(f"manage.py {command}: {error}")


if __name__ == "__main__":
    main()
