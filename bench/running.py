"""The product's own processes on the services of a run, as `demo` starts them: web, workers, scheduler, sandbox.

Where workers alone are wanted, nothing but them runs. Everything ends with the block.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass

from bench.machine import READY_S, Machine
from bench.measure import MICRO, machine_cpu, tree_cpu
from broadcaster.embedded.asking import answers, ask_sandbox, await_child
from broadcaster.embedded.child import Child
from broadcaster.embedded.product import Product
from channels.models import Arrival, HeldEvent

PROVIDER = "sandbox"
# The providers keep no limits, nobody has a fate of their own, and every message is read.
UNLIMITED = {"rate_limits": False, "magic_numbers": False, "delivered_share": 1.0, "read_share": 1.0}


@dataclass(frozen=True)
class Spent:
    """Processor seconds by `at`, seconds of the clock: of each tree by its name, and of the whole machine."""

    at: float
    machine: float
    trees: Mapping[str, float]

    def cores(self, before: Spent) -> dict[str, float]:
        """Processors that each tree kept busy since."""
        return {
            name: (spent - before.trees[name]) / (self.at - before.at) for name, spent in self.trees.items()
        }

    def told(self, before: Spent) -> str:
        """The same in words, the busiest first, and how busy the machine was in all."""
        ordered = sorted(self.cores(before).items(), key=lambda item: -item[1])
        each = ", ".join(f"{name} {busy:.2f}" for name, busy in ordered)
        everything = (self.machine - before.machine) / (self.at - before.at)
        return f"cores: {each}; all of this machine {everything:.2f} of {os.cpu_count()}"

    def each(self, before: Spent, messages: int) -> str:
        """Microseconds of one core that a message cost since, in words: each tree's, the dearest first."""
        spent = {name: (now - before.trees[name]) * MICRO / messages for name, now in self.trees.items()}
        ordered = sorted(spent.items(), key=lambda item: -item[1])
        return "µs a message: " + ", ".join(f"{name} {cost:.0f}" for name, cost in ordered)


@dataclass(frozen=True)
class Running:
    """`roots`: the first process of each tree, by its name."""

    roots: Mapping[str, int]
    services: tuple[int, ...]

    @property
    def ours(self) -> dict[str, int]:
        """Without the provider."""
        return {name: root for name, root in self.roots.items() if name != PROVIDER}

    def cpu(self) -> Spent:
        """Processor seconds so far."""
        trees = {name: tree_cpu(root) for name, root in self.roots.items()}
        trees["PostgreSQL and Valkey"] = sum(map(tree_cpu, self.services))
        return Spent(time.perf_counter(), machine_cpu(), trees)


@contextmanager
def whole(machine: Machine, **environment: str) -> Iterator[Running]:
    """Everything, with the sandbox as the provider, which knows nobody yet and keeps no limits."""
    Arrival.objects.all().delete()  # what another benchmark left at the door
    HeldEvent.objects.all().delete()
    product = Product(machine.state, {**machine.environment, **environment})
    sandbox, web = product.sandbox(machine.sandbox_port), product.web(machine.web_port)
    with _run(machine, sandbox, web, *product.workers(), product.scheduler()) as running:
        await_child(sandbox, lambda: answers(f"{machine.sandbox_url}/_sandbox/summary"), seconds=READY_S)
        ask_sandbox(machine.sandbox_url, "reset", {"people": True})
        ask_sandbox(machine.sandbox_url, "scenario", UNLIMITED)
        await_child(web, lambda: answers(f"{machine.web_url}/healthz"), seconds=READY_S)
        yield running


@contextmanager
def senders(machine: Machine, processes: int, **environment: str) -> Iterator[Running]:
    """A sending worker with so many processes."""
    product = Product(machine.state, {**machine.environment, **environment})
    worker = product.worker("worker-send", ("send",), concurrency=processes)
    with _run(machine, worker) as running:
        yield running


@contextmanager
def _run(machine: Machine, *children: Child) -> Iterator[Running]:
    try:
        for child in children:
            child.start()
        yield Running({child.name: child.pid for child in children if child.pid}, machine.services)
    finally:
        for child in children:
            child.ask_to_stop()
        for child in children:
            child.stop()
