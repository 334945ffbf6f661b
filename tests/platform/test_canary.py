"""A canary through every queue: workers that live and take nothing are seen by the load balancer and the operator."""

from datetime import timedelta

import pytest
from django.core.management import call_command
from django.utils import timezone

from tenants import canary, doorbell, heartbeat
from tenants.models import Canary
from tenants.tasks import take_canary

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def at_work(valkey):
    """A worker of every queue has just beaten."""
    seconds, _ = valkey.time()
    for queue in heartbeat.QUEUES:
        valkey.zadd(f"workers:{queue}", {"somebody": seconds})


@pytest.fixture
def broker():
    doorbell._broker().flushdb()
    yield doorbell._broker()
    doorbell._broker().flushdb()


def long_ago(**fields):
    then = timezone.now() - timedelta(minutes=4)
    Canary.objects.update(**dict.fromkeys(fields, then))


def told(capsys, *arguments):
    """What `manage.py health` says, and its exit code."""
    code = 0
    try:
        call_command("health", *arguments)
    except SystemExit as ended:
        code = ended.code
    return capsys.readouterr().out, code


def test_one_ring_a_minute_goes_to_every_queue_and_is_taken_there(broker):
    assert sorted(canary.ring_due()) == sorted(heartbeat.QUEUES)
    assert canary.ring_due() == []
    assert {queue: broker.llen(queue) for queue in heartbeat.QUEUES} == dict.fromkeys(heartbeat.QUEUES, 1)
    take_canary.apply(routing_key="send")
    waiting = {row.queue for row in Canary.objects.filter(waiting_since__isnull=False)}
    assert waiting == set(heartbeat.QUEUES) - {"send"}


def test_a_queue_that_takes_nothing_is_down_though_its_worker_beats(client, broker, at_work, capsys):
    canary.ring_due()
    assert client.get("/healthz").json()["status"] == "ok"
    for queue in ("webhooks", "replies", "default"):
        take_canary.apply(routing_key=queue)
    Canary.objects.filter(queue="send").update(waiting_since=timezone.now() - timedelta(minutes=4))
    answer = client.get("/healthz")
    assert (answer.status_code, answer.json()["status"]) == (503, "down")
    assert answer.json()["workers"]["send"] == 1
    assert answer.json()["canaries_s"]["send"] >= 240
    out, code = told(capsys)
    assert "queue send takes nothing" in out
    assert code == 1
    assert told(capsys, "--queue", "send")[1] == 1
    assert told(capsys, "--queue", "replies") == ("all well\n", 0)


def test_a_ring_nobody_took_keeps_counting_from_the_first(broker):
    canary.ring_due()
    long_ago(rung_at=1, waiting_since=1)
    assert len(canary.ring_due()) == 4
    assert min(canary.listen().waiting_s.values()) >= 240
    assert canary.listen().rung_s < 60


def test_a_scheduler_that_stopped_is_told(client, broker, at_work, capsys):
    canary.ring_due()
    for queue in heartbeat.QUEUES:
        take_canary.apply(routing_key=queue)
    long_ago(rung_at=1)
    assert client.get("/healthz").status_code == 503
    assert "the scheduler does not sweep" in told(capsys)[0]


def test_without_workers_each_queue_is_named(client, valkey, capsys):
    out, code = told(capsys)
    assert code == 1
    assert [line for line in out.splitlines() if line.startswith("WRONG")] == [
        f"WRONG  no worker of queue {queue} lives" for queue in heartbeat.QUEUES
    ]
