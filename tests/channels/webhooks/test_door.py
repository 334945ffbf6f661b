"""The door over real HTTP: the web process, PostgreSQL behind it."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor

import pytest
import redis
from django.conf import settings
from django.db import connection

from channels.models import Arrival, Channel, RawDelivery
from channels.webhooks.absorb import absorb_until
from tenants.scopes import tenant_scope
from tests.channels.webhooks.payloads import (
    body_of,
    line_delivery,
    line_message,
    line_signature,
    meta_signature,
    whatsapp_delivery,
    whatsapp_status,
)
from tests.web_process import Line, database_url, web

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(scope="module")
def running(django_db_setup, django_db_blocker, tmp_path_factory):
    with django_db_blocker.unblock(), web(tmp_path_factory.mktemp("web")) as process:
        yield process


def post(running, channel, payload, headers=None):
    body = payload if isinstance(payload, bytes) else body_of(payload)
    if channel.meta_app_id:
        path, signature = f"/webhooks/meta/{channel.meta_app.key}", meta_signature(body)
    else:
        path, signature = f"/webhooks/line/{channel.pk}", line_signature(body)
    return running.request(path, body=body, headers=signature if headers is None else headers)


def stored():
    """Bodies of the deliveries that wait to be absorbed."""
    ids = [pk for arrival in Arrival.objects.all() for pk in arrival.deliveries]
    return [bytes(delivery.body) for delivery in RawDelivery.objects.filter(pk__in=ids).order_by("pk")]


def test_a_signed_delivery_is_stored_byte_for_byte(running, line, whatsapp):
    spaced = b'{ "destination":"Ushop",  "events":[ ] }\n'
    assert post(running, line, spaced).status == 200
    payload = whatsapp_delivery("106500700800900", statuses=[whatsapp_status(1)])
    assert post(running, whatsapp, payload).status == 200
    assert stored() == [spaced, body_of(payload)]


def test_a_doorbell_rings_for_the_workers(running, line):
    with redis.Redis.from_url(settings.CELERY_BROKER_URL) as broker:
        broker.delete("webhooks")
        assert post(running, line, line_delivery("Ushop")).status == 200
        _queue, message = broker.blpop("webhooks", timeout=10)
    assert json.loads(message)["headers"]["task"] == "channels.tasks.absorb"
    assert json.loads(message)["headers"]["argsrepr"] == "()"


def test_strangers_all_get_the_same_answer(running, line, whatsapp):
    body = body_of(line_delivery("Ushop", line_message(1)))
    good = line_signature(body)
    path = f"/webhooks/line/{line.pk}"
    answers = [
        running.request(path, body=body),
        running.request(path, body=body, headers=line_signature(body, "another secret")),
        running.request(path, body=body, headers={"x-line-signature": good["x-line-signature"][:-4]}),
        running.request(path, body=body + b" ", headers=good),
        running.request(f"/webhooks/line/{whatsapp.pk}", body=body, headers=good),
        running.request("/webhooks/line/999999999", body=body, headers=good),
        running.request("/webhooks/meta/nobody", body=body, headers=meta_signature(body)),
        running.request(
            f"/webhooks/meta/{whatsapp.meta_app.key}", body=body, headers=meta_signature(body, "x")
        ),
        running.request("/webhooks/meta/nobody", body=body, headers=meta_signature(body, "")),
    ]
    assert {(answer.status, answer.body) for answer in answers} == {(401, answers[0].body)}
    assert stored() == []


def test_other_addresses_and_methods_are_refused(running, line):
    assert running.request("/webhooks/fax/1", body=b"{}").status == 404
    assert running.request("/webhooks/line/1%2e5", body=b"{}").status == 404
    assert running.request(f"/webhooks/line/{line.pk}").status == 405


def test_the_installations_own_app_has_the_short_address(running, whatsapp):
    body = body_of(whatsapp_delivery("106500700800900", statuses=[whatsapp_status(1)]))
    assert running.request("/webhooks/meta", body=body, headers=meta_signature(body)).status == 200
    assert stored() == [body]


def test_meta_checks_the_address_with_the_verify_token(running, app):
    asked = f"/webhooks/meta/{app.key}?hub.mode=subscribe&hub.challenge=1158201444&hub.verify_token="
    answer = running.request(asked + "verify-me")
    assert (answer.status, answer.body) == (200, b"1158201444")
    assert running.request(asked + "guess").status == 403
    assert running.request(asked).status == 403
    assert running.request(asked.replace(app.key, "nobody") + "verify-me").status == 403


def test_a_huge_delivery_is_refused(running, line):
    body = b" " * (settings.WEBHOOK_MAX_BYTES + 1)
    assert post(running, line, body).status == 413
    assert post(running, line, body[:-1]).status == 200
    assert [len(one) for one in stored()] == [settings.WEBHOOK_MAX_BYTES]


def test_a_changed_secret_is_known_at_once(running, line, shop):
    body = body_of(line_delivery("Ushop"))
    path = f"/webhooks/line/{line.pk}"
    assert running.request(path, body=body, headers=line_signature(body)).status == 200
    with tenant_scope(shop):
        Channel.objects.filter(pk=line.pk).update(secret="turned over")
    statuses = set()
    while 200 not in statuses:  # looks again at most every two seconds
        statuses.add(running.request(path, body=body, headers=line_signature(body, "turned over")).status)
    assert statuses <= {200, 401}
    assert running.request(path, body=body, headers=line_signature(body)).status == 401


def test_many_at_once_share_commits_and_none_is_lost(running, line, listener):
    payloads = [line_delivery("Ushop", line_message(n)) for n in range(400)]
    with ThreadPoolExecutor(32) as pool:
        answers = list(pool.map(lambda payload: post(running, line, payload).status, payloads))
    assert set(answers) == {200}
    assert sorted(stored()) == sorted(body_of(payload) for payload in payloads)
    assert Arrival.objects.count() < 400
    absorb_until(float("inf"))
    assert {event.provider_id for event in listener.events} == {str(n) for n in range(400)}


def test_a_replayed_delivery_takes_effect_once(running, line, listener):
    for _time in range(3):
        assert post(running, line, line_delivery("Ushop", line_message(1))).status == 200
    absorb_until(float("inf"))
    assert [event.event_id for event in listener.events] == ["event-1"]


def test_secrets_stay_out_of_the_log(running, line):
    body = body_of(line_delivery("Ushop", line_message(1)))
    post(running, line, body, headers=line_signature(body, "wrong"))
    post(running, line, body)
    assert "channel-secret" not in running.log
    assert "message 1" not in running.log


def test_without_its_database_the_door_asks_providers_to_come_again(line, tmp_path):
    cable = Line()
    payload = line_delivery("Ushop", line_message(1))
    with web(tmp_path, DATABASE_URL=database_url(cable.port)) as running:
        assert post(running, line, payload).status == 200
        cable.cut()
        assert post(running, line, payload).status == 503
        assert post(running, line, payload).status == 503
        cable.mend()
        assert post(running, line, payload).status == 200
        cable.cut()
    assert stored() == [body_of(payload)] * 2


def test_raw_deliveries_never_change(running, line):
    assert post(running, line, line_delivery("Ushop")).status == 200
    for statement in (
        "UPDATE channels_rawdelivery SET body = ''",
        "DELETE FROM channels_rawdelivery",
        "TRUNCATE channels_rawdelivery",
        "TRUNCATE channels_rawdelivery_0",
    ):
        with pytest.raises(Exception, match="never changed"), connection.cursor() as cursor:
            cursor.execute(statement)
