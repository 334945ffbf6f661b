"""A real Chromium for the browser tests: found on the machine, else installed."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "microsoft-edge", "msedge")
MAC_APPLICATIONS = (
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    "/Applications/Microsoft Edge.app/Contents/MacOS/Microsoft Edge",
)
PLAYWRIGHT_CACHES = (Path.home() / ".cache/ms-playwright", Path.home() / "Library/Caches/ms-playwright")
# The fonts show Chinese and emoji as they are and not as boxes, in the pictures too.
PACKAGES = ("chromium", "fonts-noto-cjk", "fonts-noto-color-emoji")
# Nothing it would fetch from elsewhere; Playwright itself passes what root needs.
FLAGS = (
    *("--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update"),
    *("--disable-sync", "--disable-gpu", "--disable-dev-shm-usage"),
)


class NoBrowser(Exception):
    """There is none and none could be installed; the message says how to get one."""


def find_or_install() -> str:
    """The path of a Chromium, installed with apt (as root) or by Playwright where there is none. Raises NoBrowser."""
    return find() or _by_apt() or _by_playwright() or _give_up()


def find() -> str | None:
    """A Chromium that is on the machine: E2E_CHROMIUM, the PATH, the Mac's applications, Playwright's cache."""
    if named := os.environ.get("E2E_CHROMIUM"):
        if not Path(named).exists():
            raise NoBrowser(f"E2E_CHROMIUM names {named}, which does not exist.")
        return named
    return next(_candidates(), None)


def _candidates() -> Iterator[str]:
    for name in NAMES:
        if (path := shutil.which(name)) and not _is_snap_stub(Path(path)):
            yield path
    yield from (path for path in MAC_APPLICATIONS if Path(path).exists())
    for cache in PLAYWRIGHT_CACHES:
        yield from (
            str(path) for path in sorted(cache.glob("chromium*/chrome-linux*/*chrome*")) if path.is_file()
        )


def _is_snap_stub(path: Path) -> bool:
    """Ubuntu's `chromium-browser` is a script that asks for a snap."""
    return path.stat().st_size < 20_000 and b"snap" in path.read_bytes()


def _by_apt() -> str | None:
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        return None
    print(f"Installing {', '.join(PACKAGES)} with apt …", file=sys.stderr, flush=True)  # noqa: T201
    env = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for command in (("update", "-q"), ("install", "-y", "-q", "--no-install-recommends", *PACKAGES)):
        subprocess.run(
            ["apt-get", *command], env=env, check=False, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL
        )
    return find()


def _by_playwright() -> str | None:
    print("Installing Chromium with Playwright …", file=sys.stderr, flush=True)  # noqa: T201
    subprocess.run(
        [sys.executable, "-m", "playwright", "install", "chromium"], check=False, stdin=subprocess.DEVNULL
    )
    return find()


def _give_up() -> str:
    raise NoBrowser(
        "No Chromium found and none could be installed. Install one (Debian: `apt-get install chromium "
        "fonts-noto-cjk`), or name one: E2E_CHROMIUM=/path, or leave the browser tests out: E2E=skip."
    )
