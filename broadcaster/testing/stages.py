"""The checks before the tests, each a command that must end with 0."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from broadcaster.embedded.state import ROOT

PROGRAMS = Path(sys.executable).parent


@dataclass(frozen=True)
class Stage:
    name: str
    command: tuple[str, ...]


def _stage(name: str, program: str, *arguments: str) -> Stage:
    return Stage(name, (str(PROGRAMS / program), *arguments))


def _manage(name: str, *arguments: str) -> Stage:
    return Stage(name, (sys.executable, str(ROOT / "manage.py"), *arguments))


BUILD = (_manage("translations", "compile_po"), _manage("style sheet", "build_css"))
CHECKS = (
    _stage("types", "mypy", "."),  # the slowest first
    _stage("format", "ruff", "format", "--check", "."),
    _stage("lint", "ruff", "check", "."),
    _stage("imports", "lint-imports"),
    _stage("templates", "djlint", "templates", "--lint", "--quiet"),
    _manage("migrations", "makemigrations", "--check", "--dry-run"),
    _stage("Dockerfile", "hadolint", "Dockerfile"),
    _stage(
        "compose file", "check-jsonschema", "--builtin-schema", "vendor.compose-spec", "docker-compose.yml"
    ),
)


@dataclass(frozen=True)
class Result:
    stage: Stage
    passed: bool
    output: str
    seconds: float


def run_all(
    stages: tuple[Stage, ...],
    environment: Mapping[str, str],
    report: Callable[[Result], None],
    *,
    at_once: int = 2,
) -> int:
    """Run the stages, `at_once` side by side, telling each result as it comes; how many failed."""
    failed = 0
    with ThreadPoolExecutor(at_once) as pool:
        for result in pool.map(lambda stage: _run(stage, environment), stages):
            report(result)
            failed += not result.passed
    return failed


def _run(stage: Stage, environment: Mapping[str, str]) -> Result:
    begun = time.monotonic()
    done = subprocess.run(
        stage.command,
        cwd=ROOT,
        env=dict(environment),
        capture_output=True,
        text=True,
        check=False,
        stdin=subprocess.DEVNULL,
    )
    return Result(stage, done.returncode == 0, done.stdout + done.stderr, time.monotonic() - begun)
