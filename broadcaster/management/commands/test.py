from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from types import FrameType
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from broadcaster.embedded.account import service_account
from broadcaster.embedded.environment import demo_environment
from broadcaster.embedded.errors import ServiceError
from broadcaster.embedded.services import Services
from broadcaster.embedded.state import ROOT, StateFolder
from broadcaster.testing import browser, stages
from broadcaster.testing.tally import Tally, read_junit

PROFILES = {  # what pytest is told besides; tests on the running product have a run of their own
    "quick": "not browser and not product and not slow and not nightly",
    "full": "not browser and not product and not nightly",
    "nightly": "not browser and not product",
}
NOTHING_COLLECTED = 5
ENDING_S = 40  # a running product is taken down meanwhile


class Command(BaseCommand):
    help = (
        "Everything: lint, types, tests on real PostgreSQL and Valkey, tests in a real Chromium. "
        "Other arguments go to pytest, which then runs alone: manage.py test tests/campaigns -k launch"
    )
    requires_system_checks: list[str] = []

    def run_from_argv(self, argv: list[str]) -> None:
        """Pytest's own options are passed on, so argparse must not refuse them."""
        own = [
            argument
            for argument in argv[2:]
            if argument in ("--quick", "--nightly", "--lint", "--help", "-h")
        ]
        self.to_pytest = [argument for argument in argv[2:] if argument not in own]
        super().run_from_argv([*argv[:2], *own])

    def add_arguments(self, parser: CommandParser) -> None:
        profile = parser.add_mutually_exclusive_group()
        profile.add_argument(
            "--quick", action="store_true", help="under three minutes: no browser, no slow tests"
        )
        profile.add_argument("--nightly", action="store_true", help="the long property and fault runs too")
        profile.add_argument("--lint", action="store_true", help="only the checks that run no test")

    def handle(self, *args: Any, **options: Any) -> None:
        signal.signal(signal.SIGTERM, _end)
        begun = time.monotonic()
        profile = next((name for name in ("quick", "nightly", "lint") if options[name]), "full")
        to_pytest = getattr(self, "to_pytest", [])
        folder = Path(tempfile.mkdtemp(prefix="broadcaster-test-"))
        folder.chmod(0o755)  # the databases' account must get through
        try:
            tally = self._run(folder, profile, to_pytest)
        except ServiceError as error:
            raise CommandError(str(error)) from error
        finally:
            shutil.rmtree(folder, ignore_errors=True)
        name = "selection" if to_pytest else profile
        self.stdout.write(f"\nProfile {name}: {tally} in {time.monotonic() - begun:.0f} s")
        self.stdout.write(str(tally))
        self.stdout.flush()
        if tally.failed or not (tally.passed or tally.skipped or profile == "lint"):
            sys.exit(1)

    def _run(self, folder: Path, profile: str, to_pytest: list[str]) -> Tally:
        state = StateFolder(folder, service_account())
        services = Services(state, throw_away=True)
        try:
            environment = {
                **os.environ,
                **demo_environment(state, port=9, sandbox_port=9),
                **services.start(),
                "BOOTSTRAP": "off",
                "PYTHONUNBUFFERED": "1",
            }
            pytest = Pytest(folder, environment)
            built = self._stages(stages.BUILD, environment)
            if to_pytest:
                return built + pytest.run(to_pytest)
            tally = built + self._stages(stages.CHECKS, environment)
            if profile == "lint":
                return tally
            tally += pytest.run(["-n", "2", "-m", PROFILES[profile]])
            if profile != "quick":
                tally += self._tests_on_the_product(pytest, profile)
            return tally
        finally:
            services.stop()

    def _stages(self, wanted: tuple[stages.Stage, ...], environment: dict[str, str]) -> Tally:
        def report(result: stages.Result) -> None:
            verdict = "ok" if result.passed else "FAILED"
            self.stdout.write(f"{result.stage.name:<14} {verdict} ({result.seconds:.1f} s)")
            if not result.passed:
                self.stdout.write(result.output)
            self.stdout.flush()

        failed = stages.run_all(wanted, environment, report)
        return Tally(failed=failed)

    def _tests_on_the_product(self, pytest: Pytest, profile: str) -> Tally:
        """Those that need it running, most of them in a browser: two products, each with whole files of tests."""
        besides = "" if profile == "nightly" else " and not nightly"
        if os.environ.get("E2E") == "skip":
            self.stdout.write("E2E=skip: the browser tests are left out")
            return pytest.run(["-m", f"browser{besides}", "--left-out"]) + pytest.run(
                ["-m", f"product{besides}"]
            )
        try:
            pytest.environment["E2E_CHROMIUM"] = browser.find_or_install()
        except browser.NoBrowser as error:
            self.stdout.write(f"FAILED: {error}")
            return Tally(failed=1)
        return pytest.run(["-n", "2", "--dist", "loadfile", "-m", f"(browser or product){besides}"])


def _end(number: int, frame: FrameType | None) -> None:
    sys.exit(128 + number)


class Pytest:
    """Runs pytest as a process of its own and counts what it did."""

    def __init__(self, folder: Path, environment: dict[str, str]) -> None:
        self.folder = folder
        self.environment = environment
        self.runs = 0

    def run(self, arguments: Sequence[str]) -> Tally:
        self.runs += 1
        junit = self.folder / f"junit-{self.runs}.xml"
        command = [sys.executable, "-m", "pytest", "-p", "tests.parallel", f"--junitxml={junit}", *arguments]
        process = subprocess.Popen(command, cwd=ROOT, env=self.environment)
        try:
            code = process.wait()
        except BaseException:  # Ctrl-C, or SIGTERM by `_end`: what the tests have started must end with them
            process.send_signal(signal.SIGINT)
            process.wait(ENDING_S)
            raise
        tally = read_junit(junit)
        if code not in (0, NOTHING_COLLECTED) and not tally.failed:
            tally += Tally(failed=1)  # ended by a signal, a wrong option, an error of its own
        return tally
