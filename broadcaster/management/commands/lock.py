from __future__ import annotations

import os
import subprocess
import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from broadcaster.embedded.state import ROOT

LOCKS = {"requirements.lock": ["embedded"], "requirements-dev.lock": ["embedded", "dev"]}


class Command(BaseCommand):
    help = "Write both lock files anew from pyproject.toml, with hashes and without addresses of registries."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--upgrade", action="store_true", help="take the newest versions that fit")

    def handle(self, *args: Any, **options: Any) -> None:
        uv = sorted((ROOT / ".cache").glob("uv-*/bin/uv"))
        if not uv:
            raise CommandError("uv is missing; run this with plain `python3 manage.py lock`")
        for lock, groups in LOCKS.items():
            command = [
                *(str(uv[-1]), "pip", "compile", "pyproject.toml", "-q", "-o", lock, "--universal"),
                *(
                    "--generate-hashes",
                    "--no-emit-index-url",
                    "--no-emit-find-links",
                    "--python-version",
                    "3.11",
                ),
                *("--custom-compile-command", "manage.py lock"),
                *(option for group in groups for option in ("--group", group)),
                *(["--upgrade"] if options["upgrade"] else []),
            ]
            env = {**os.environ, "UV_PYTHON": sys.executable, "UV_PYTHON_DOWNLOADS": "never"}
            if subprocess.run(command, cwd=ROOT, env=env, check=False).returncode:
                raise CommandError(f"{lock} was not written")
            self.stdout.write(f"{lock}: {sum('==' in line for line in (ROOT / lock).open())} packages")
