"""Fault after fault on one running product, a line for each as it ends."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterable

from faults.registry import Fault
from faults.stack import Stack
from faults.trial import FaultFailed, Line, Trial


def run(stack: Stack, faults: Iterable[Fault], scale: float) -> bool:
    """Whether all of them passed. `scale`: of the usual numbers of people."""
    passed = True
    for fault in faults:
        line = _run(stack, fault, scale)
        passed = passed and line.passed
        sys.stdout.write(f"{line}\n")
        sys.stdout.flush()
    return passed


def _run(stack: Stack, fault: Fault, scale: float) -> Line:
    begun = time.monotonic()
    trial = Trial(stack, fault.name, scale)
    try:
        fault.run(trial)
        return trial.verdict()
    except FaultFailed as error:
        sys.stderr.write(f"{fault.name}: {error}\n")
        trial.abandon()
        return Line(fault.name, seconds=round(time.monotonic() - begun, 1))
