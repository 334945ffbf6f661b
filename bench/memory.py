"""The most memory that each process of some trees ever had, looked at again and again; from /proc.

Resident megabytes count what processes share (code, what a fork has not changed) in each of them; proportional ones
divide it. The former's peak is kept by the kernel, so that nothing between two looks is missed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from bench.measure import family

KIB = 1024 / 1e6  # megabytes


@dataclass
class Peak:
    """Megabytes of one process. `proportional` is 0 where this system tells none."""

    resident: float = 0.0
    proportional: float = 0.0


class Memory:
    """Of the process trees `roots`, by a name each."""

    def __init__(self, roots: Mapping[str, int]) -> None:
        self._roots = dict(roots)
        self._peaks: dict[str, dict[int, Peak]] = {name: {} for name in roots}

    def look(self) -> None:
        for name, root in self._roots.items():
            for pid in family(root):
                peak = self._peaks[name].setdefault(pid, Peak())
                peak.resident = max(peak.resident, _kib(pid, "status", "VmHWM:") * KIB)
                peak.proportional = max(peak.proportional, _kib(pid, "smaps_rollup", "Pss:") * KIB)

    def largest(self) -> dict[str, Peak]:
        """The largest process of each tree, each of its two figures by itself."""
        return {
            name: Peak(
                max((peak.resident for peak in peaks.values()), default=0.0),
                max((peak.proportional for peak in peaks.values()), default=0.0),
            )
            for name, peaks in self._peaks.items()
        }


def _kib(pid: int, file: str, label: str) -> int:
    """A figure of /proc/<pid>/<file>; 0 where the process has ended or the system keeps no such file."""
    try:
        lines = Path(f"/proc/{pid}/{file}").read_text().splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) for line in lines if line.startswith(label)), 0)
