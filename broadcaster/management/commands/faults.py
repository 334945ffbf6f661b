from __future__ import annotations

import signal
import subprocess
import sys
from types import FrameType
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from broadcaster.embedded.state import ROOT
from faults.registry import FAULTS, UnknownFault, chosen
from faults.stack import TIME_SCALE


class Command(BaseCommand):
    help = (
        "Breaks things while the product broadcasts, and compares what it says of every person with what really "
        "arrived: one line of JSON for each fault. docs/faults.md explains them."
    )
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("names", nargs="*", metavar="NAME", help="a fault, or the beginning of several")
        parser.add_argument("--list", action="store_true", help="name them and run nothing")
        parser.add_argument(
            "--nightly", action="store_true", help="pairs of crashes and a million people too"
        )
        parser.add_argument("--people", type=float, default=1.0, help="of the usual numbers of people (1)")
        parser.add_argument(
            "--time-scale", type=float, default=TIME_SCALE, help="of the engine's times (1/40 = 0.025)"
        )
        parser.add_argument("--logs", help="a folder that the logs of all processes are kept in")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            faults = chosen(options["names"], nightly=options["nightly"])
        except UnknownFault as error:
            raise CommandError(f"There is no fault {error}; --list names them.") from error
        if options["list"]:
            for fault in FAULTS if options["nightly"] else faults:
                self.stdout.write(f"{fault.name:<34} {fault.about}")
            return
        command = [sys.executable, "-m", "faults", "--people", str(options["people"])]
        command += ["--time-scale", str(options["time_scale"])]
        command += ["--logs", options["logs"]] if options["logs"] else []
        sys.exit(_run([*command, *(fault.name for fault in faults)]))


def _run(command: list[str]) -> int:
    """A process of its own: its services' addresses are settings, which are read once. Signals are passed on."""
    process = subprocess.Popen(command, cwd=ROOT, start_new_session=True)

    def end(number: int, frame: FrameType | None) -> None:
        process.send_signal(signal.SIGTERM)

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, end)
    return process.wait()
