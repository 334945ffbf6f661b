"""Callers who are slow, hang up or send too much: nobody else waits, and half a form is nothing."""

from __future__ import annotations

import asyncio
import contextlib
import socket
from urllib.parse import urlencode

import pytest
from django.conf import settings
from django.test import Client

from broadcaster.buffering import IN_MEMORY, Buffered
from conversations.models import SavedReply
from tenants.scopes import tenant_scope
from tests.web_process import web

pytestmark = pytest.mark.django_db(transaction=True)
THREADS = 2
MOST = 3 * IN_MEMORY


@pytest.fixture(scope="module")
def running(django_db_setup, django_db_blocker, tmp_path_factory):
    folder = tmp_path_factory.mktemp("web")
    limits = {"WEB_THREADS": str(THREADS), "MAX_UPLOAD_BYTES": str(MOST // 2)}
    with django_db_blocker.unblock(), web(folder, **limits) as process:
        yield process


@pytest.fixture
def form(sales):
    """The head of a request that writes a saved reply, but for the length, and its body: title, then text."""
    client = Client()
    client.force_login(sales.user)
    client.get("/saved-replies/new/")
    token = client.cookies[settings.CSRF_COOKIE_NAME].value
    session = client.cookies[settings.SESSION_COOKIE_NAME].value
    head = (
        f"POST /saved-replies/new/ HTTP/1.1\r\nHost: 127.0.0.1\r\nX-CSRFToken: {token}\r\n"
        f"Cookie: {settings.CSRF_COOKIE_NAME}={token}; {settings.SESSION_COOKIE_NAME}={session}\r\n"
        "Content-Type: application/x-www-form-urlencoded\r\n"
    )

    def written(text: str) -> tuple[bytes, bytes]:
        body = urlencode({"title": "Hours", "text": text}).encode()
        return f"{head}Content-Length: {len(body)}\r\n\r\n".encode(), body

    return written


@contextlib.contextmanager
def line(running):
    with socket.create_connection(("127.0.0.1", running.port), timeout=20) as sock:
        yield sock


def status(sock) -> int:
    return int(sock.makefile("rb").readline().split()[1])


def texts(sales):
    with tenant_scope(sales.tenant):
        return list(SavedReply.objects.values_list("text", flat=True))


def test_a_form_that_comes_in_pieces_is_taken_whole(running, form, sales):
    head, body = form("Open from 9 to 18")
    with line(running) as sock:
        for piece in (head, body[:20], body[20:]):
            sock.sendall(piece)
        assert status(sock) == 302
    assert texts(sales) == ["Open from 9 to 18"]


def test_half_a_form_is_nothing(running, form, sales):
    head, body = form("Open from 9 to 18, but not on Sundays")
    with line(running) as sock:
        sock.sendall(head + body[:-20])
        sock.shutdown(socket.SHUT_WR)
        assert sock.recv(1) == b""
    assert running.request("/accounts/login/").status == 200
    assert texts(sales) == []


@pytest.mark.parametrize("size", [100, 2 * IN_MEMORY])
def test_no_page_hears_of_a_body_that_was_cut(size):
    heard = []

    async def page(_scope, receive, _send):
        heard.append(await receive())

    half = {"type": "http.request", "body": b"x" * size, "more_body": True}
    told = iter([half, {"type": "http.disconnect"}])

    async def receive():
        return next(told)

    async def send(message):
        heard.append(message)

    asyncio.run(Buffered(page, MOST)({"headers": []}, receive, send))
    assert heard == []


@pytest.mark.parametrize("chunks", [[b""], [b"one"], [b"a" * 300_000, b"", b"b" * 2 * IN_MEMORY, b"c"]])
def test_a_page_is_done_before_its_caller_has_read_the_answer(chunks):
    arrived = []

    async def run():
        page_done, caller_reads = asyncio.Event(), asyncio.Event()

        async def page(_scope, _receive, send):
            await send({"type": "http.response.start", "status": 200, "headers": []})
            for chunk in chunks:
                await send({"type": "http.response.body", "body": chunk, "more_body": True})
            await send({"type": "http.response.body", "body": b""})
            page_done.set()

        async def receive():
            return {"type": "http.request", "body": b""}

        async def send(message):
            await caller_reads.wait()
            arrived.append(message)

        answering = asyncio.create_task(Buffered(page, MOST)({"headers": []}, receive, send))
        await page_done.wait()
        assert arrived == []
        caller_reads.set()
        await answering

    asyncio.run(run())
    start, *rest = arrived
    assert start["status"] == 200
    assert b"".join(message["body"] for message in rest) == b"".join(chunks)
    assert [message["more_body"] for message in rest] == [True] * (len(rest) - 1) + [False]


def test_an_error_of_the_page_is_the_servers_to_tell():
    async def page(_scope, _receive, _send):
        raise ZeroDivisionError

    async def receive():
        return {"type": "http.request", "body": b""}

    async def send(_message):
        raise AssertionError("nothing was answered")

    with pytest.raises(ZeroDivisionError):
        asyncio.run(Buffered(page, MOST)({"headers": []}, receive, send))


def test_slow_callers_keep_nobody_waiting(running, form):
    head, body = form("Open from 9 to 18")
    with contextlib.ExitStack() as slow:
        for _ in range(THREADS + 1):
            slow.enter_context(line(running)).sendall(head + body[:20])
        assert running.request("/accounts/login/").status == 200


@pytest.mark.parametrize("announced", [True, False])
def test_a_body_without_end_is_refused(running, announced):
    kind = f"Content-Length: {10 * MOST}" if announced else "Transfer-Encoding: chunked"
    with line(running) as sock:
        sock.sendall(f"POST /saved-replies/new/ HTTP/1.1\r\nHost: 127.0.0.1\r\n{kind}\r\n\r\n".encode())
        if not announced:
            block = b"x" * 65_536
            with contextlib.suppress(ConnectionError):  # it does not have to listen to the end
                for _ in range(2 * MOST // len(block)):
                    sock.sendall(b"%x\r\n%b\r\n" % (len(block), block))
        assert status(sock) == 413


def test_a_large_body_is_kept_in_a_file_and_passed_on_whole(running, form, sales):
    head, body = form("x" * (IN_MEMORY + 10))
    with line(running) as sock:
        sock.sendall(head + body)
        assert status(sock) in (200, 422)  # longer than a reply may be: the page says so, by its own words
    assert texts(sales) == []
