"""What `manage.py faults` starts, in an environment of its own: the product first, then Django, then fault by fault."""

from __future__ import annotations

import argparse
import os
import signal
import sys
from pathlib import Path
from types import FrameType

from faults.stack import TIME_SCALE, Stack


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m faults")
    parser.add_argument("names", nargs="*")
    parser.add_argument("--nightly", action="store_true")
    parser.add_argument("--people", type=float, default=1.0)
    parser.add_argument("--time-scale", type=float, default=TIME_SCALE)
    parser.add_argument("--logs", type=Path)
    arguments = parser.parse_args()
    signal.signal(signal.SIGTERM, _end)
    with Stack(arguments.time_scale, arguments.logs) as stack:
        os.environ.update(stack.environment)
        import django

        django.setup()
        from faults.registry import chosen
        from faults.run import run

        faults = chosen(arguments.names, nightly=arguments.nightly)
        return 0 if run(stack, faults, arguments.people) else 1


def _end(number: int, frame: FrameType | None) -> None:
    signal.signal(signal.SIGTERM, lambda number, frame: None)  # the second would cut the clearing up
    sys.exit(128 + number)


if __name__ == "__main__":
    sys.exit(main())
