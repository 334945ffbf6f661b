"""The transport of rare calls against the same misbehaving server."""

from __future__ import annotations

import logging
import socket

import pytest

from channels.adapters.base import Fault, ProviderRequest
from channels.sending.rare import RareCalls


@pytest.fixture
def rare(server):
    with RareCalls({"line": server.url}) as opened:
        yield opened


def post(path: str, body: bytes = b"x", headers=()) -> ProviderRequest:
    return ProviderRequest("POST", "line", path, tuple(headers), body)


def test_a_call_goes_out_and_its_answer_comes_back(server, rare):
    answer = rare.call(post("/ok?a=b", b'{"x": 1}', [("Authorization", "Bearer t"), ("X-A", "b")]))
    assert (answer.status, answer.body) == (200, b'{"x": 1}')
    assert answer.headers["x-line-request-id"] == "r"
    (head,) = server.headers
    assert head.startswith("POST /ok?a=b HTTP/1.1\r\n")
    assert "Authorization: Bearer t\r\n" in head


def test_the_environment_has_no_say_in_the_token(server, rare, tmp_path, monkeypatch):
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login somebody password else\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    assert rare.call(post("/ok", headers=[("Authorization", "Bearer t")])).status == 200
    assert "Authorization: Bearer t\r\n" in server.headers[0]


def test_connections_are_kept(server, rare):
    for _ in range(5):
        assert rare.call(ProviderRequest("GET", "line", "/ok", ())).status == 200
    assert server.connections == 1


def test_a_refused_port_and_an_unknown_name_are_not_connected():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        urls = {"line": f"http://127.0.0.1:{taken.getsockname()[1]}", "graph": "http://nowhere.invalid"}
        with RareCalls(urls) as rare:
            assert rare.call(post("/ok")) is Fault.NOT_CONNECTED
            assert rare.call(ProviderRequest("GET", "graph", "/ok", ())) is Fault.NOT_CONNECTED


@pytest.mark.parametrize("path", ["/cut-after-the-body", "/cut-in-the-answer"])
def test_a_cut_is_broken_and_not_repeated(server, rare, path):
    assert rare.call(post("/ok", b"first")).status == 200
    assert rare.call(post(path, b"second")) is Fault.BROKEN
    assert server.received["second"] == 1


def test_a_dripping_answer_is_cut_by_the_total_time(server):
    with RareCalls({"line": server.url}, timeout=0.3) as rare:
        assert rare.call(post("/drip")) is Fault.BROKEN


@pytest.mark.parametrize("path", ["/huge", "/endless"])
def test_a_huge_answer_is_dropped(rare, path):
    assert rare.call(post(path), max_answer=50_000) is Fault.TOO_LARGE


def test_a_file_may_be_as_large_as_the_caller_says(rare):
    file = b"x" * 3_000_000
    assert rare.call(post("/ok", file)) is Fault.TOO_LARGE
    assert rare.call(post("/ok", file), max_answer=len(file)).body == file


def test_a_redirect_is_an_answer_and_not_followed(server, rare):
    assert rare.call(post("/redirect")).status == 302
    assert "/never" not in server.received


def test_only_method_host_path_status_and_time_are_logged(rare, caplog):
    caplog.set_level(logging.DEBUG, "channels.sending")
    rare.call(
        post("/ok?phone=886912000111", b"words of a person", [("Authorization", "Bearer secret-token")])
    )
    (record,) = (r for r in caplog.records if r.name == "channels.sending")
    assert record.getMessage().startswith("POST line/ok 200 ")
    assert not any(word in caplog.text for word in ("secret-token", "words of a person"))


def test_a_certificate_nobody_vouches_for_is_not_connected(tls_server, certificate):
    with RareCalls({"line": tls_server.url}) as rare:
        assert rare.call(post("/ok")) is Fault.NOT_CONNECTED
    assert not tls_server.received
    with RareCalls({"line": tls_server.url}, ca_file=str(certificate)) as rare:
        assert rare.call(post("/ok")).status == 200
