"""Workers killed, frozen and replaced while they send."""

from __future__ import annotations

import os
import random
import signal
import time

from broadcaster.embedded.child import Child
from faults.stack import Worker, kill
from faults.trial import FaultFailed, Trial

SEND = Worker(("send",), 2)
WEBHOOKS = Worker(("webhooks",), 1)
REST = Worker(("default", "replies"), 1)
KILLS = 20
DEPLOYS = 6


def killed_again_and_again(trial: Trial) -> None:
    """kill -9 of the sending or the webhook worker, twenty times while everybody is sent to."""
    chance = random.Random(trial.name)  # noqa: S311 (the same moments in every run)
    trial.stack.end_workers()
    trial.scenario(latency_ms=40, jitter_ms=30)
    trial.broadcast(20_000)
    sender, absorber, _rest = trial.stack.run_workers(SEND, WEBHOOKS, REST)
    running = {SEND.queues: sender, WEBHOOKS.queues: absorber}
    for turn in range(KILLS):
        trial.until_left(1 - (turn + chance.random()) / KILLS)
        worker = WEBHOOKS if turn % 4 == 3 else SEND
        kill(running[worker.queues])
        trial.note_in_flight()
        running[worker.queues] = trial.stack.replace(running[worker.queues], worker)


def frozen(trial: Trial) -> None:
    """SIGSTOP for three leases while another worker takes over; then it wakes up and believes it holds them still."""
    trial.stack.end_workers()
    trial.scenario(latency_ms=200, jitter_ms=50)
    trial.broadcast(2_000, pace=100)
    sleeper, *_others = trial.stack.run_workers(SEND, WEBHOOKS, REST)
    trial.until_left(0.8)
    _signal(sleeper, signal.SIGSTOP)
    if not trial.note_in_flight():
        raise FaultFailed("nobody was being sent to when the worker froze")
    before = trial.left
    trial.stack.workers.append(trial.stack.start_worker(SEND))
    until = time.monotonic() + 3 * trial.stack.lease_s
    trial.until(lambda: time.monotonic() > until and trial.left < before, "another worker")
    _signal(sleeper, signal.SIGCONT)


def redeployed(trial: Trial) -> None:
    """All workers are asked to end and new ones started, again and again, as by impatient deployments."""
    trial.stack.end_workers()
    trial.scenario(latency_ms=60, jitter_ms=40)
    trial.broadcast(6_000)
    wanted = (SEND, WEBHOOKS, REST)
    trial.stack.run_workers(*wanted)
    for turn in range(DEPLOYS):
        trial.until_left(1 - (turn + 0.7) / DEPLOYS)
        former = list(trial.stack.workers)
        for child in former:
            child.ask_to_stop()
        trial.stack.workers = [trial.stack.start_worker(worker) for worker in wanted]
        for child in former:
            child.stop()
        trial.note_in_flight()


def _signal(child: Child, number: signal.Signals) -> None:
    assert child.process  # noqa: S101 (it was started)
    os.killpg(child.process.pid, number)
