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
    """One run of one contender: how much it did, in how many seconds of clock and of processors."""

    count: int
    seconds: float
    cpu: float

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


def tree_memory(root: int) -> dict[int, float]:
    """Resident megabytes of each process of a tree, by its id."""
    parents, size = {}, {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            fields = (folder / "stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        parents[int(folder.name)] = int(fields[1])
        size[int(folder.name)] = int(fields[21]) * os.sysconf("SC_PAGE_SIZE") / 1e6
    return {pid: of for pid, of in size.items() if _descends(pid, root, parents)}


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
