"""The HTTP server itself: keep-alive, chunks, caps, nonsense."""

import socket
from http.client import HTTPConnection
from urllib.parse import urlsplit

import pytest


@pytest.fixture
def connection(sandbox, http):
    connection = HTTPConnection(urlsplit(sandbox).netloc, timeout=10)
    yield connection
    connection.close()


def raw(sandbox, data):
    with socket.create_connection((urlsplit(sandbox).hostname, urlsplit(sandbox).port), timeout=10) as client:
        client.sendall(data)
        found = b""
        while chunk := client.recv(65_536):
            found += chunk
        return found


def test_a_connection_serves_many_requests(connection):
    for _ in range(3):
        connection.request("GET", "/_sandbox/summary")
        answer = connection.getresponse()
        assert answer.status == 200
        answer.read()


def test_chunked_bodies_are_read(connection):
    body = b'{"to":"U3f1c9a0be27d4485a1c2e5f6079b8d34","messages":[{"type":"text","text":"hi"}]}'
    headers = {"authorization": "Bearer line-token", "content-type": "application/json"}
    pieces = iter([body[:20], body[20:]])
    connection.request("POST", "/v2/bot/message/push", pieces, headers, encode_chunked=True)
    assert connection.getresponse().status == 200


def test_requests_sent_together_are_answered_in_order(sandbox, http):
    both = (
        b"GET /_sandbox/nowhere HTTP/1.1\r\nhost: x\r\n\r\n"
        b"GET /_sandbox/summary HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n"
    )
    found = raw(sandbox, both)
    assert found.index(b"404 Not Found") < found.index(b"200 OK")


@pytest.mark.parametrize(
    ("request_bytes", "status"),
    [
        (b"nonsense\r\n\r\n", b"400"),
        (b"POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 999999999999\r\n\r\n", b"413"),
        (b"GET / HTTP/1.1\r\nhost: x\r\nbig: " + b"x" * 40_000 + b"\r\n\r\n", b"431"),
    ],
)
def test_nonsense_is_refused_and_the_connection_closed(sandbox, request_bytes, status):
    assert raw(sandbox, request_bytes).startswith(b"HTTP/1.1 " + status)
