"""Workers killed with SIGKILL while they send: the campaign completes, nobody is lost, nobody gets it twice."""

import os
import random
import signal
import subprocess
import sys
import time

import pytest
from django.conf import settings
from django.db import connection

from campaigns.engine.finish import finish_campaigns
from campaigns.models import Campaign, Recipient, State, Status
from campaigns.reports import counts_of
from campaigns.tasks import send_slice
from tenants import doorbell
from tests.sandbox.conftest import ROOT

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]
PATIENCE_S = 60


def until(condition, worker=None):
    """Wait for a condition, ringing for work meanwhile as the sweeper would."""
    end = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < end, "it never happened"
        assert worker is None or worker.poll() is None, "the worker ended by itself"
        doorbell.ring(send_slice)
        time.sleep(0.05)


@pytest.fixture
def start_worker(shop, tmp_path):
    """A real Celery worker on the test's database, at a fortieth of all times."""
    database = connection.settings_dict
    address = f"{database['HOST']}:{database['PORT']}/{database['NAME']}"
    env = os.environ | {
        "DATABASE_URL": f"postgres://{database['USER']}:{database['PASSWORD']}@{address}",
        "REDIS_BROKER_DB": str(settings.REDIS_BROKER_DB),
        "REDIS_TOKENS_DB": str(settings.REDIS_TOKENS_DB),
        "REDIS_CACHE_DB": str(settings.REDIS_CACHE_DB),
        "LINE_API_URL": shop.providers.base,
        "LINE_DATA_API_URL": shop.providers.base,
        "GRAPH_API_URL": shop.providers.base,
        "ENGINE_TIME_SCALE": "0.025",
    }
    command = [sys.executable, "-m", "celery", "-A", "broadcaster", "worker", "-Q", "send", "-c", "1"]
    running = []

    def start():
        log = (tmp_path / f"worker-{len(running)}.log").open("wb")
        running.append(
            subprocess.Popen(command, cwd=ROOT, env=env, stdout=log, stderr=log, start_new_session=True)
        )
        log.close()
        return running[-1]

    yield start
    for worker in running:
        if worker.poll() is None:
            os.killpg(worker.pid, signal.SIGKILL)
            worker.wait()


def left_to_send(campaign):
    counts = counts_of(Campaign.objects.get(pk=campaign.pk))
    return counts.waiting + counts.sending


def test_killed_workers_lose_nobody_and_reach_nobody_twice(shop, start_worker):
    shop.chats(shop.line, 150, name=lambda n: f"Person {n}")
    shop.chats(shop.whatsapp, 350)
    shop.scenario(latency_ms=40, jitter_ms=30, rate_limits=False, magic_numbers=False)
    campaign = shop.launch("Hello {{ name|there }}", "And good bye")
    chance = random.Random(20261121)
    for share in (0.85, 0.6, 0.35):
        enough = campaign.total * (share + chance.uniform(-0.1, 0.1))
        worker = start_worker()
        until(lambda enough=enough: left_to_send(campaign) < enough, worker)
        os.killpg(worker.pid, signal.SIGKILL)
        worker.wait()
    worker = start_worker()
    until(lambda: left_to_send(campaign) == 0 and finish_campaigns() >= 0, worker)
    until(lambda: finish_campaigns() >= 0 and shop.fresh(campaign).status == Status.COMPLETED, worker)
    campaign = shop.fresh(campaign)
    counts = counts_of(campaign)
    assert shop.summary()["duplicates"] == 0
    assert counts.total == campaign.total == 500
    assert counts.accepted + counts.unconfirmed + counts.failed == 500
    assert counts.failed == sum(
        1 for _ in Recipient.objects.filter(state=State.FAILED, reason="undeliverable")
    )
    for person in Recipient.objects.filter(state=State.ACCEPTED):
        assert shop.arrived(person.address) == [f"Hello {person.fields['name']}", "And good bye"]
