"""Answers as servers really write them, what a connection makes of them, and what certainly did not leave."""

from __future__ import annotations

import socket
import time

import pytest

from channels.adapters.base import Fault, ProviderRequest, ProviderResponse
from channels.sending.connection import Connection
from channels.sending.hosts import Host
from channels.sending.transport import Transport

OK = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}"


@pytest.fixture
def transport(server):
    with Transport({"line": server.url}, max_connections=1, timeout=5, max_answer=1_000) as opened:
        yield opened


def ask(transport: Transport, path: str, body: bytes = b"", headers=()) -> object:
    transport.submit(ProviderRequest("POST", "line", path, tuple(headers), body), "only")
    ended: list[tuple[object, object]] = []
    while transport.in_flight:
        ended += transport.poll(5.0)
    ((_tag, answer),) = ended
    return answer


@pytest.mark.parametrize(
    ("path", "said", "body"),
    [
        (
            "/say",
            b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n",
            b"abcde",
        ),
        ("/say", b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nlink: x\r\n\r\n" + OK, b"{}"),
        ("/say", b"HTTP/1.1 204 No Content\r\n\r\n", b""),
        ("/say-and-close", b"HTTP/1.1 200 OK\r\n\r\nuntil the end", b"until the end"),
        ("/say-and-close", b"HTTP/1.0 200 OK\r\ncontent-length: 3\r\n\r\nold", b"old"),
        ("/say", b"HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\n" + b"x" * 1000, b"x" * 1000),
    ],
    ids=["chunked", "announced", "no-content", "until-closed", "http-1.0", "as-much-as-may-be"],
)
def test_an_answer_is_read_however_it_is_framed(transport, path, said, body):
    answer = ask(transport, path, said)
    assert isinstance(answer, ProviderResponse)
    assert answer.body == body
    assert "link" not in answer.headers
    assert ask(transport, "/ok", b"next").body == b"next"


@pytest.mark.parametrize(
    "said",
    [
        b"\x16\x03\x01 this is no HTTP\r\n\r\n",
        b"HTTP/1.1 101 Switching Protocols\r\nupgrade: websocket\r\nconnection: upgrade\r\n\r\n",
        b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nhalf",
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n",
        b"HTTP/1.1 200 OK\r\ncontent-len",
        b"",
    ],
    ids=["no-http", "upgrade", "cut-body", "cut-chunks", "cut-head", "silence"],
)
def test_what_is_no_whole_answer_is_broken(server, transport, said):
    assert ask(transport, "/say-and-close", said) is Fault.BROKEN
    assert ask(transport, "/ok", b"next").body == b"next"


@pytest.mark.parametrize(
    "said",
    [
        b"HTTP/1.1 200 OK\r\ncontent-length: 1001\r\n\r\n" + b"x" * 1001,
        b"HTTP/1.1 200 OK\r\n" + b"x-filler: " + b"x" * 80_000 + b"\r\ncontent-length: 2\r\n",
    ],
    ids=["body", "head"],
)
def test_an_answer_that_is_too_large_is_dropped(transport, said):
    assert ask(transport, "/say", said) is Fault.TOO_LARGE
    assert ask(transport, "/ok", b"next").body == b"next"


@pytest.mark.parametrize(
    "surplus",
    [b"HTTP/1.1 500 Oh\r\ncontent-length: 3\r\n\r\nbad", b"HTTP/1.1 500", b"garbage"],
    ids=["answer", "part-of-an-answer", "garbage"],
)
def test_what_comes_after_an_answer_is_nobody_elses(server, transport, surplus):
    assert ask(transport, "/say", OK + surplus).body == b"{}"
    assert ask(transport, "/ok", b"next").body == b"next"
    assert server.connections == 2


def test_a_connection_that_was_closed_meanwhile_is_not_used_again(server, transport):
    """The provider closed it after its answer without saying so, and nobody was looking."""
    assert ask(transport, "/say", OK).status == 200
    assert ask(transport, "/close-after-answer", b"1").status == 200
    until = time.monotonic() + 10
    while server.open:
        assert time.monotonic() < until
    assert ask(transport, "/ok", b"2").body == b"2"
    assert server.received["2"] == 1


def test_a_name_is_looked_up(server):
    with Transport({"line": f"http://localhost:{server.port}"}) as transport:
        for n in range(20):
            assert ask(transport, "/ok", b"%d" % n).status == 200
    assert server.connections == 1


def test_where_one_address_refuses_the_next_is_tried(server):
    with socket.socket() as refusing:
        refusing.bind(("127.0.0.1", 0))
        connection = Connection(Host(server.url), 1_000, None)
        connection.send(b"POST /ok HTTP/1.1\r\nhost: a\r\ncontent-length: 1\r\n\r\nx")
        addresses = [(socket.AF_INET, refusing.getsockname()), (socket.AF_INET, ("127.0.0.1", server.port))]
        connection.connect(addresses)
        with Transport({}) as watching:  # only to wait for its socket
            while connection.answer is None:
                watching._watch.keep(connection)
                for _fd, happened in watching._watch.wait(5.0):
                    connection.advance(happened)
    assert connection.answer.status == 200
    assert connection.tried == addresses
    connection.close()


@pytest.mark.parametrize(
    ("path", "headers"),
    [
        ("/ok\r\nX-Injected: 1", ()),
        ("/o k", ()),
        ("/ok", [("Authorization", "Bearer a\r\nX-Injected: 1")]),
        ("/ok", [("Authorization", "Bearer 密")]),
    ],
)
def test_a_line_cannot_be_broken_out_of(server, transport, path, headers):
    with pytest.raises(ValueError, match="odd characters"):
        ask(transport, path, b"x", headers)
    assert transport.in_flight == 0
    assert not server.received


@pytest.mark.parametrize("address", ["ftp://provider.example", "provider.example", "http://"])
def test_an_address_that_is_none_is_told(address):
    with pytest.raises(ValueError, match="not an address"):
        Transport({"line": address})


# --- TLS ----------------------------------------------------------------------------------------------------


def test_large_requests_and_answers_pass_through_tls(tls_server, certificate):
    with Transport({"line": tls_server.url}, ca_file=str(certificate), max_answer=9_000_000) as transport:
        body = b"0123456789" * 800_000
        assert ask(transport, "/ok", body).body == body


def test_a_tls_connection_is_kept(tls_server, certificate):
    with Transport({"line": tls_server.url}, ca_file=str(certificate)) as transport:
        for n in range(50):
            assert ask(transport, "/ok", b"%d" % n).body == b"%d" % n
    assert tls_server.connections == 1


def test_a_tls_answer_that_was_cut_is_broken(tls_server, certificate):
    """Until the end of the connection means until its proper end: anybody can cut it short."""
    with Transport({"line": tls_server.url}, ca_file=str(certificate)) as transport:
        assert ask(transport, "/say-and-close", b"HTTP/1.1 200 OK\r\n\r\nuntil the") is Fault.BROKEN
