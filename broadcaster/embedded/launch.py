"""Which services a manage.py command talks to: the environment's, those of a running `demo`, or its own."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from broadcaster.embedded.account import service_account
from broadcaster.embedded.environment import chosen, demo_environment, placeholders
from broadcaster.embedded.errors import ServiceError
from broadcaster.embedded.services import Services
from broadcaster.embedded.state import ROOT, StateFolder

__all__ = ["ServiceError", "environment_for", "state_folder", "take_data_dir"]

# These bring up their own services, or need none.
WITHOUT_SERVICES = {
    *(
        "demo",
        "test",
        "bench",
        "faults",
        "shoot",
        "lock",
        "vendor_assets",
        "build_css",
        "compile_po",
        "extract_po",
    ),
    *("help", "--help", "version", "--version", "collectstatic", "startapp", "startproject", "spectacular"),
}
ATTACH_S = 90.0


@contextmanager
def environment_for(command: str, data_dir: str | None) -> Iterator[dict[str, str]]:
    """The variables that `command` is to run with; services started for it end with the block.

    Raises ServiceError when they cannot be brought up.
    """
    if os.environ.get("DATABASE_URL") and os.environ.get("REDIS_URL"):
        yield {}
    elif command in WITHOUT_SERVICES:
        yield placeholders()
    else:
        state = state_folder(data_dir)
        if state.lock():
            yield from _own(state)
        else:
            with state.in_use():
                yield {**_running(state), **chosen()}


def take_data_dir(command: str, arguments: list[str]) -> tuple[list[str], str | None]:
    """The command line without `--data-dir DIR`, and DIR; commands that define the option keep it."""
    if command in WITHOUT_SERVICES or "--data-dir" not in arguments:
        return arguments, None
    at = arguments.index("--data-dir")
    if at + 1 == len(arguments):
        raise ServiceError("--data-dir needs a folder.")
    return [*arguments[:at], *arguments[at + 2 :]], arguments[at + 1]


def state_folder(data_dir: str | None) -> StateFolder:
    """The folder of `--data-dir`, else of DATA_DIR, else `.data` beside manage.py."""
    named = data_dir or os.environ.get("DATA_DIR")
    return StateFolder(Path(named) if named else ROOT / ".data", service_account())


def _own(state: StateFolder) -> Iterator[dict[str, str]]:
    services = Services(state)
    try:
        addresses = services.start()
        last = state.last_environment() or demo_environment(state, port=8000, sandbox_port=8001)
        environment = {**last, **chosen(), **addresses}
        state.write_environment(environment)
        yield environment
        state.wait_until_unused()
    finally:
        services.stop()
        state.unlock()


def _running(state: StateFolder) -> dict[str, str]:
    limit = time.monotonic() + ATTACH_S
    while time.monotonic() < limit:
        if environment := state.environment():
            return environment
        time.sleep(0.1)
    raise ServiceError(
        f"{state.holder} is bringing up {state.path} and does not get ready; see {state.logs}."
    )
