"""Providers that cut, are late, throttle, fail or are not there."""

from __future__ import annotations

import time

from faults.proxy import Fate, answer, every
from faults.stack import Worker
from faults.trial import FaultFailed, Trial

PEOPLE = 1_200


def cut_after_accepting(trial: Trial) -> None:
    """The message is taken; the connection ends where the answer would be."""
    provoke(trial, Fate("cut", cut=True))


def cut_before_accepting(trial: Trial) -> None:
    """The request is read and thrown away, and the connection ends: to us it looks the same."""
    provoke(trial, Fate("cut", arrives=False, cut=True))


def late(trial: Trial) -> None:
    """The message is taken; the answer comes when nobody waits for it any more."""
    provoke(trial, Fate("late", wait=trial.stack.answer_s * 1.6))


def server_errors(trial: Trial) -> None:
    """HTTP 500 and 503 without a word, half of them although the message was taken."""
    provoke(
        trial,
        Fate("500", answer=answer(500, b"", mime="text/plain")),
        Fate("503", arrives=False, answer=answer(503, b"<html>busy</html>", mime="text/html")),
    )


def throttled(trial: Trial) -> None:
    """429 by every channel, again and again: nobody fails for it and nothing is in doubt."""
    trial.workers(Worker(extra=trial.stack.through_proxy))
    trial.scenario(throttle_rate=0.02)
    trial.broadcast(PEOPLE)
    trial.until(lambda: trial.ended, "the end of the broadcast")
    if not trial.stack.sandbox("summary")["by_answer"].get("429"):
        raise FaultFailed("nothing was throttled")


def refused(trial: Trial) -> None:
    """Nobody listens for a while, again and again; what was under way then is in doubt, what comes after is not."""
    trial.workers(Worker(extra=trial.stack.through_proxy))
    trial.scenario(latency_ms=40, jitter_ms=30)
    trial.broadcast(PEOPLE, pace=100)
    for share in (0.8, 0.5, 0.3):
        trial.until_left(share)
        trial.stack.proxy.refuse()
        trial.note_in_flight()
        time.sleep(trial.stack.answer_s)  # it lasts so long
        trial.stack.proxy.listen()


def provoke(trial: Trial, *fates: Fate, every_nth: int = 5) -> None:
    """The fates in turn for every so many-th message, on all channels."""
    trial.stack.proxy.behave(every(every_nth, *fates))
    trial.workers(Worker(extra=trial.stack.through_proxy))
    trial.broadcast(PEOPLE, pace=200)
    trial.until(lambda: trial.ended, "the end of the broadcast")
    dealt = {fate.name: trial.stack.proxy.dealt[fate.name] for fate in fates}
    if not all(dealt.values()):
        raise FaultFailed(f"never dealt: {dealt}")
    trial.may_be_unconfirmed = trial.stack.proxy.in_doubt
    trial.no_task_may_crash()
