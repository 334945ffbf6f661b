"""A task that takes too long ends with its process."""

import signal
import subprocess
import sys

import pytest

PREPARED = """
import signal
import django
django.setup()
from celery import signals
from django.conf import settings
from campaigns.tasks import send_slice
from channels.tasks import absorb

def left():
    return signal.getitimer(signal.ITIMER_REAL)[0]

class Short:
    name = "short"

settings.TASK_OWN_LIMITS_S = {**settings.TASK_OWN_LIMITS_S, "short": 0.05}

"""
IN_A_POOL = "signals.worker_process_init.send(None)\n"


def run(code: str) -> int:
    return subprocess.run([sys.executable, "-c", PREPARED + code], timeout=120, check=False).returncode


def test_a_task_beyond_its_limit_ends_its_process():
    assert run(IN_A_POOL + "signals.task_prerun.send(Short); signal.pause()") == -signal.SIGALRM


@pytest.mark.parametrize(
    "code",
    [
        pytest.param(
            "signals.task_prerun.send(Short); signals.task_postrun.send(Short); assert not left()", id="over"
        ),
        pytest.param(
            "settings.TASK_HARD_LIMIT_S = 500; signals.task_prerun.send(send_slice); assert 400 < left()",
            id="settings",
        ),
        pytest.param(
            "settings.TASK_HARD_LIMIT_S = 500; signals.task_prerun.send(absorb); assert 70 < left() <= 75",
            id="own",
        ),
    ],
)
def test_the_alarm_is_set_for_a_task(code):
    assert run(IN_A_POOL + code) == 0


def test_only_processes_of_a_workers_pool_have_alarms():
    assert run("signals.task_prerun.send(Short); assert not left()") == 0
