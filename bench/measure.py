"""Seconds and processor time. Times of other processes come from /proc, in ticks of 10 ms."""

from __future__ import annotations

import os
import resource
import statistics
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

TICKS = os.sysconf("SC_CLK_TCK")
MICRO = 1e6


@dataclass(frozen=True)
class Run:
    """One run of one contender: how much it did, in how many seconds of clock and of processors. What took less than a
    tick counts as one, for the kernel tells no less of other processes."""

    count: int
    seconds: float
    cpu: float

    def __post_init__(self) -> None:
        object.__setattr__(self, "cpu", max(self.cpu, 1 / TICKS))

    @property
    def rate(self) -> float:
        return self.count / self.seconds

    @property
    def cpu_each(self) -> float:
        """Microseconds of processor time per thing done."""
        return self.cpu / self.count * MICRO


class Clock:
    """Measures a stretch of this process and of the process trees `others` (by the ids of their roots)."""

    def __init__(self, others: Iterable[int] = ()) -> None:
        self._others = list(others)
        self._seconds = time.perf_counter()
        self._cpu = self._now()

    def run(self, count: int) -> Run:
        return Run(count, time.perf_counter() - self._seconds, self._now() - self._cpu)

    def _now(self) -> float:
        mine = resource.getrusage(resource.RUSAGE_SELF)
        return mine.ru_utime + mine.ru_stime + sum(map(tree_cpu, self._others))


def tree_cpu(root: int) -> float:
    """Processor seconds of a process, of all that descend from it, and of those of them that have ended."""
    parents, seconds = {}, {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:
            continue  # ended meanwhile
        pid = int(stat.parent.name)
        parents[pid] = int(fields[1])
        seconds[pid] = sum(map(int, fields[11:15])) / TICKS  # user, system, and of children waited for
    return sum(of for pid, of in seconds.items() if _descends(pid, root, parents))


def machine_cpu() -> float:
    """Seconds that all processors of this machine were busy so far, for whomever."""
    fields = [int(field) for field in Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:9]]
    idle, waiting = fields[3:5]
    return (sum(fields) - idle - waiting) / TICKS


def family(root: int) -> list[int]:
    """A process and all that descend from it, by their ids."""
    parents: dict[int, int] = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            parents[int(stat.parent.name)] = int(stat.read_text().rpartition(")")[2].split()[1])
        except OSError:
            continue  # ended meanwhile
    return [pid for pid in parents if _descends(pid, root, parents)]


def _descends(pid: int, root: int, parents: Mapping[int, int]) -> bool:
    while pid and pid != root:
        pid = parents.get(pid, 0)
    return pid == root


def interleaved(runs: int, *contenders: Callable[[], Run]) -> list[list[Run]]:
    """Each contender's runs, taken by turns, so that a busy minute of the machine meets all of them."""
    taken: list[list[Run]] = [[] for _ in contenders]
    for _ in range(runs):
        for place, contender in enumerate(contenders):
            taken[place].append(contender())
    return taken


def median(values: Iterable[float]) -> float:
    return statistics.median(values)
