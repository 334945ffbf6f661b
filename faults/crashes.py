"""The worker dies at a named place of its code, and at a second one while it recovers from the first.

The places stand in the code as `reached("…")`, see `tenants/crash.py`. One worker with all queues, so that preparing,
sending and absorbing die together.
"""

from __future__ import annotations

import signal
from collections.abc import Callable
from functools import partial

from broadcaster.embedded.child import Child
from faults.stack import Worker
from faults.trial import FaultFailed, Trial

# place -> at which coming there, so that work is under way: the first window, answer, chunk … is the quietest
PLACES = {
    "prepare.chunk_written": 2,
    "prepare.chunk_committed": 1,
    "prepare.launch_written": 1,
    "lease.taken": 3,
    "lease.recovered": 3,
    "tokens.taken": 4,
    "mark.written": 4,
    "mark.committed": 4,
    "request.submitted": 30,
    "answer.arrived": 25,
    "answer.judged": 25,
    "record.begun": 4,
    "record.committed": 4,
    "release.begun": 2,
    "release.committed": 2,
    "complete.written": 1,
    "complete.committed": 1,
    "absorb.written": 2,
    "absorb.committed": 2,
    "settle.written": 3,
}
IN_THE_DOOR = "door.stored"  # of the web process: stored, and nobody has been told
PEOPLE = 320
SMALL = {"SHARD_PEOPLE": "20", "PREPARE_CHUNK": "100"}


def follows(first: str, second: str) -> bool:
    """Whether a worker can come to `second` after another has died at `first`: nothing is prepared once all of it
    was, and nothing sent once the broadcast is complete."""
    if first.startswith("complete"):
        return second.startswith(("absorb", "settle")) or (first, second[:8]) == (
            "complete.written",
            "complete",
        )
    return first.startswith("prepare") or not second.startswith("prepare")


def crash_at(*places: str) -> Callable[[Trial], None]:
    """A fault in which one worker after the other dies at these places; the last one lives."""

    def fault(trial: Trial) -> None:
        trial.stack.end_workers()
        trial.scenario(latency_ms=30, jitter_ms=20, webhook_delay_ms=500)
        trial.broadcast(PEOPLE)
        for turn, place in enumerate(places):
            times = PLACES[place] if turn == 0 else 1  # less is left for those that come after
            (worker,) = trial.stack.run_workers(Worker(extra={"CRASH_AT": f"{place}:{times}", **SMALL}))
            trial.until(partial(_has_ended, worker), place)
            if worker.exit_code != -signal.SIGKILL:
                raise FaultFailed(f"the worker ended with {worker.exit_code} instead of dying at {place}")
            trial.note_in_flight()
        trial.stack.run_workers(Worker(extra=SMALL))

    return fault


def _has_ended(worker: Child) -> bool:
    return not worker.running
