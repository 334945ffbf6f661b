"""Live events over real HTTP: the web process, Valkey behind it."""

from __future__ import annotations

import contextlib
import http.client
import json

import pytest
from django.conf import settings
from django.contrib.sessions.models import Session
from django.db import transaction
from django.test import Client

from tenants.live import publish
from tests.web_process import web

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(scope="module")
def running(django_db_setup, django_db_blocker, tmp_path_factory):
    with django_db_blocker.unblock(), web(tmp_path_factory.mktemp("web"), LIVE_HEARTBEAT_S="0.3") as process:
        yield process


@contextlib.contextmanager
def stream(running, path, cookies=""):
    """An open stream: `status`, and the lines that come."""
    line = http.client.HTTPConnection("127.0.0.1", running.port, timeout=20)
    try:
        line.request("GET", path, headers={"Cookie": cookies})
        yield line.getresponse()
    finally:
        line.close()


def cookies_of(member):
    client = Client()
    client.force_login(member.user)
    return f"{settings.SESSION_COOKIE_NAME}={client.cookies[settings.SESSION_COOKIE_NAME].value}"


def hints(response):
    """The topics that are told, as they come; "" is the hint after the process (again) hears Valkey."""
    for raw in response:
        if raw.startswith(b"data: "):
            yield json.loads(raw[6:]).get("topic", "")


def subscribed(response):
    """Read on until the process hears Valkey, which it tells every page."""
    for raw in response:
        if raw.startswith((b"data: {}", b": still here")):
            return


def test_a_hint_reaches_the_pages_that_listen(running, sales):
    cookies = cookies_of(sales)
    with stream(running, "/events/inbox,campaign-7", cookies) as response:
        assert response.status == 200
        assert response.getheader("Content-Type").startswith("text/event-stream")
        subscribed(response)
        told = hints(response)
        for topic in ("campaigns", "campaign-77", "inbox", "campaign-7"):
            publish(sales.tenant_id, topic)
        assert [next(told), next(told)] == ["inbox", "campaign-7"]


def test_a_page_is_told_what_it_missed_before_it_listened(running, sales):
    cookies = cookies_of(sales)
    with stream(running, "/events/campaign-8", cookies) as first:
        subscribed(first)
        publish(sales.tenant_id, "campaign-8")
        assert next(hints(first)) == "campaign-8"
        with stream(running, "/events/campaign-8,inbox?age=1", cookies) as second:
            # or, where the process has heard for a few seconds only, that it does not know
            assert next(hints(second)) in ("campaign-8", "")


def test_nobody_hears_another_team(running, sales, other_tenant):
    with stream(running, "/events/inbox", cookies_of(sales)) as response:
        subscribed(response)
        publish(other_tenant.pk, "inbox", {"of": "others"})
        publish(sales.tenant_id, "inbox", {"of": "us"})
        for raw in response:
            if b"inbox" in raw:
                assert json.loads(raw[6:]) == {"topic": "inbox", "payload": {"of": "us"}}
                break


def test_a_hint_waits_for_the_commit_and_dies_with_a_rollback(running, sales):
    with stream(running, "/events/inbox,campaigns", cookies_of(sales)) as response:
        subscribed(response)
        with contextlib.suppress(ZeroDivisionError), transaction.atomic():
            publish(sales.tenant_id, "inbox")
            raise ZeroDivisionError
        publish(sales.tenant_id, "campaigns")
        assert next(hints(response)) == "campaigns"


@pytest.mark.parametrize("cookies", ["", "session=", "session=made-up", "nonsense"])
def test_strangers_hear_nothing(running, cookies):
    with stream(running, "/events/inbox", cookies) as response:
        assert response.status == 401


@pytest.mark.parametrize("path", ["/events/", "/events/a b", "/events/inbox-x", "/events/" + "a," * 6 + "a"])
def test_topics_have_a_form(running, sales, path):
    with stream(running, path.replace(" ", "%20"), cookies_of(sales)) as response:
        assert response.status == 404


def test_signing_out_ends_the_stream(running, sales):
    cookies = cookies_of(sales)
    with stream(running, "/events/inbox", cookies) as response:
        subscribed(response)
        client = Client()
        client.cookies.load(cookies)
        assert client.post("/accounts/logout/").status_code == 302
        response.read()  # ends
    with stream(running, "/events/inbox", cookies) as response:
        assert response.status == 401


def test_a_session_that_is_gone_ends_the_stream(running, sales):
    with stream(running, "/events/inbox", cookies_of(sales)) as response:
        subscribed(response)
        Session.objects.all().delete()
        response.read()


def test_a_new_password_ends_the_stream(running, sales):
    with stream(running, "/events/inbox", cookies_of(sales)) as response:
        subscribed(response)
        sales.user.set_password("another one")
        sales.user.save()
        response.read()


def test_a_lost_valkey_costs_a_hint_and_nothing_else(sales, settings, caplog):
    settings.LIVE_REDIS_URL = "redis://127.0.0.1:1/0"
    publish(sales.tenant_id, "inbox")
    assert "live_hint_lost" in caplog.text


def test_open_streams_do_not_hold_up_the_end_of_the_process(sales, tmp_path):
    with web(tmp_path) as leaving, stream(leaving, "/events/inbox", cookies_of(sales)) as response:
        next(iter(response))
        leaving.process.terminate()
        response.read()  # ends whole, not cut
        leaving.process.wait(60)
        assert "Application shutdown complete" in leaving.log
        assert "Traceback" not in leaving.log
