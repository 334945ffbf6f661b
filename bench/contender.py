"""The contender's side of a run, in a process of its own: say that it is ready, wait, measure, tell."""

from __future__ import annotations

import json
import os
import sys
from dataclasses import asdict

from bench.measure import Clock, Run


def django() -> None:
    """Make the product's code usable in this process."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "broadcaster.settings")
    import django as package

    package.setup()


def ready(*trees: int) -> Clock:
    """Wait for the starting signal; the clock runs from then on, over this process and `trees`."""
    print("ready", flush=True)
    sys.stdin.readline()
    return Clock(trees)


def tell(run: Run) -> None:
    print(json.dumps(asdict(run)), flush=True)
