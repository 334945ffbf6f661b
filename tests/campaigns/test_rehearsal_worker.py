"""The worker of rehearsals as the process it is: it plays rehearsals on its own sandbox and leaves real teams alone."""

import os
import signal
import subprocess
import sys
import time
import urllib.request

import pytest
from django.conf import settings as configured
from django.db import connection

from broadcaster.embedded.ports import free_port
from campaigns.models import Campaign
from campaigns.rehearsal.performing import ALIVE_KEY, obstacle_to_rehearsing, rehearse
from campaigns.rehearsal.scenario import Scenario
from campaigns.services import create_campaign, send_campaign
from tenants.models import Tenant
from tenants.scopes import tenant_scope
from tests.campaigns.test_rehearsal import REAL
from tests.sandbox.conftest import ROOT

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow]
PATIENCE_S = 60


def environment(**more):
    database = connection.settings_dict
    address = f"{database['HOST']}:{database['PORT']}/{database['NAME']}"
    return os.environ | {
        "DATABASE_URL": f"postgres://{database['USER']}:{database['PASSWORD']}@{address}",
        "REDIS_TOKENS_DB": str(configured.REDIS_TOKENS_DB),
        **more,
    }


def manage_rehearsals(url, **more):
    return [sys.executable, "manage.py", "rehearsals"], environment(REHEARSAL_URL=url, **more)


@pytest.fixture
def worker(settings, valkey, shop, tmp_path):
    """Running, while this process speaks to real providers only."""
    settings.PROVIDER_URLS = REAL
    settings.REHEARSAL_URL = f"http://127.0.0.1:{free_port()}"
    settings.REHEARSAL_WEBHOOKS_URL = "http://127.0.0.1:9"
    command, env = manage_rehearsals(settings.REHEARSAL_URL)
    with (tmp_path / "rehearsals.log").open("wb") as log:
        process = subprocess.Popen(command, cwd=ROOT, env=env, stdout=log, stderr=log, start_new_session=True)
    yield process
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def until(condition, worker):
    end = time.monotonic() + PATIENCE_S
    while not condition():
        assert worker.poll() is None, "the worker ended by itself"
        assert time.monotonic() < end, "it never happened"
        time.sleep(0.05)  # between two looks at what another process does; PATIENCE_S ends them


def test_it_plays_rehearsals_and_nothing_else_and_ends_in_order(worker, shop, valkey, settings):
    shop.chats(shop.line, 3)
    shop.chats(shop.whatsapp, 3)
    draft = create_campaign(shop.sales, shop.draft("Hello"), keep_as_draft=True)
    until(lambda: obstacle_to_rehearsing() is None, worker)
    rehearsal = rehearse(draft, shop.sales, Scenario())
    send_campaign(draft, shop.sales)
    with tenant_scope(Tenant.objects.get(rehearses=shop.tenant)):
        until(lambda: Campaign.objects.get(number=rehearsal.copy).status == "completed", worker)
    assert Campaign.objects.get(pk=draft.pk).status == "preparing"
    with urllib.request.urlopen(f"{settings.REHEARSAL_URL}/_sandbox/summary", timeout=5) as answer:
        assert b'"people":6' in answer.read()
    worker.terminate()
    assert worker.wait(60) == 0
    assert not valkey.exists(ALIVE_KEY)


def test_it_does_not_start_where_it_could_reach_anybody(transactional_db):
    command, env = manage_rehearsals("http://8.8.8.8")
    done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, timeout=PATIENCE_S)
    assert done.returncode == 1
    assert b"CommandError" in done.stderr
