"""Valkey and PostgreSQL taken away, emptied and cut while the product broadcasts."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable

import redis
from django.db import connection

from faults.people import META
from faults.relay import Cut, statements
from faults.stack import Worker, pool_of
from faults.trial import FaultFailed, Trial

AWAY = 1.3  # leases
TURNS = 4
COMMITS = (b"COMMIT\x00", b"UPDATE campaigns_counter")  # the second commits by itself: the record of answers
CUTS = 24


def valkey_flushed(trial: Trial) -> None:
    """Everything in it is gone, again and again: queues, tokens, bindings."""

    def flush() -> None:
        with redis.Redis.from_url(trial.stack.valkey.url) as client:
            client.flushall()

    _again_and_again(trial, flush)


def valkey_restarted(trial: Trial) -> None:
    """Killed and started anew, empty."""

    def restart() -> None:
        trial.stack.stop_valkey()
        trial.stack.start_valkey()

    _again_and_again(trial, restart)


def valkey_away(trial: Trial) -> None:
    """Killed, and back only after longer than a lease."""

    def leave() -> None:
        trial.stack.stop_valkey()
        _wait(AWAY * trial.stack.lease_s)
        trial.stack.start_valkey()

    _again_and_again(trial, leave, turns=2)


def valkey_away_and_a_process_dies(trial: Trial) -> None:
    """Killed, and a process of the workers too, which their parent learns late: it is looking for Valkey."""

    def leave() -> None:
        trial.stack.stop_valkey()
        trial.note_in_flight()
        os.kill(pool_of(trial.stack.workers[0])[0], signal.SIGKILL)
        _wait(AWAY * trial.stack.lease_s)
        trial.stack.start_valkey()

    _again_and_again(trial, leave, turns=2)


def valkey_hangs(trial: Trial) -> None:
    """It takes connections and answers nothing for longer than a lease."""

    def hang() -> None:
        pid = trial.stack.valkey_child.pid or 0
        os.kill(pid, signal.SIGSTOP)
        _wait(AWAY * trial.stack.lease_s)
        os.kill(pid, signal.SIGCONT)

    _again_and_again(trial, hang, turns=2)


def connections_ended(trial: Trial) -> None:
    """pg_terminate_backend for everybody, again and again."""

    def end() -> None:
        with connection.cursor() as cursor:
            cursor.execute(
                """SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
                   WHERE datname = current_database() AND pid <> pg_backend_pid()"""
            )
            if not cursor.fetchone()[0]:
                raise FaultFailed("nobody was connected")

    _again_and_again(trial, end, turns=12)


def postgres_restarted(trial: Trial) -> None:
    """The server stops as by a crash and recovers."""

    def restart() -> None:
        trial.stack.restart_postgres()
        connection.close()

    _again_and_again(trial, restart, turns=3)


def commits_cut(trial: Trial) -> None:
    """The connection breaks when a commit is on its way: half of them were carried out and half were not."""
    trial.stack.end_workers()
    trial.scenario(latency_ms=30, jitter_ms=20)
    trial.broadcast(2_000, pace=40)
    trial.stack.relay.behave(statements(COMMITS, every=9, most=CUTS))
    trial.stack.run_workers(Worker(extra=trial.stack.through_relay))
    trial.until(lambda: trial.ended, "the end of the broadcast")
    cuts = trial.stack.relay.cuts
    if min(cuts[Cut.BEFORE], cuts[Cut.AFTER]) < CUTS // 4:
        raise FaultFailed(f"too few commits were cut: {cuts}")
    # A slice that dies leaves at most one window in flight and one marked, on each of Meta's channels.
    trial.may_be_unconfirmed = cuts.total() * 2 * trial.window * len(META)


def _again_and_again(trial: Trial, blow: Callable[[], None], *, turns: int = TURNS) -> None:
    trial.stack.end_workers()
    trial.scenario(latency_ms=40, jitter_ms=30)
    trial.broadcast(4_000, pace=150)
    trial.workers()
    for turn in range(turns):
        trial.until_left(1 - (turn + 0.7) / (turns + 1))
        blow()
        trial.note_in_flight()


def _wait(seconds: float) -> None:
    """The fault itself lasts so long; nothing can be awaited in its place."""
    time.sleep(seconds)  # how long it is away is the fault: there is no condition to await
