from __future__ import annotations

import os
import subprocess
import sys
from typing import Any

from django.core.management.base import BaseCommand

from broadcaster.embedded.environment import PLACEHOLDERS
from broadcaster.embedded.state import ROOT


class Command(BaseCommand):
    help = "Benchmarks against baselines in the same run, one JSON object a line. `bench --help` names the options."
    requires_system_checks: list[str] = []

    def run_from_argv(self, argv: list[str]) -> None:
        """All options are those of `python -m bench`, which brings up services of its own."""
        environment = {name: value for name, value in os.environ.items() if PLACEHOLDERS.get(name) != value}
        done = subprocess.run(
            [sys.executable, "-m", "bench", *argv[2:]], cwd=ROOT, env=environment, check=False
        )
        sys.exit(done.returncode)

    def handle(self, *args: Any, **options: Any) -> None:
        """Called by other code: everything that is not long."""
        self.run_from_argv(["manage.py", "bench"])
