"""The fan-out's transport against a real server that cuts, drips, floods and refuses."""

from __future__ import annotations

import logging
import socket

import pytest

from channels.adapters.base import Fault, ProviderRequest, ProviderResponse
from channels.sending.transport import Transport


@pytest.fixture
def transport(server):
    with Transport({"line": server.url}, max_connections=8, timeout=20, max_answer=100_000) as opened:
        yield opened


def post(path: str, body: bytes = b"", headers=()) -> ProviderRequest:
    return ProviderRequest("POST", "line", path, tuple(headers), body)


def drain(transport: Transport) -> dict[object, object]:
    """Everything in flight, by tag; fails when a tag is reported twice."""
    answers: dict[object, object] = {}
    while transport.in_flight:
        for tag, answer in transport.poll(5.0):
            assert tag not in answers
            answers[tag] = answer
    return answers


def exchange(transport: Transport, request: ProviderRequest) -> object:
    transport.submit(request, "only")
    return drain(transport)["only"]


def test_a_request_goes_out_and_its_answer_comes_back(server, transport):
    answer = exchange(
        transport, post("/ok?a=b", b'{"x": 1}', [("Content-Type", "application/json"), ("X-A", "b")])
    )
    assert answer == ProviderResponse(200, {"x-line-request-id": "r", "content-length": "8"}, b'{"x": 1}')
    (head,) = server.headers
    assert head.startswith("POST /ok?a=b HTTP/1.1\r\n")
    assert "X-A: b\r\n" in head
    assert "Expect" not in head


def test_a_body_may_be_absent_and_methods_may_alternate(server, transport):
    for method, path in [("GET", "/a"), ("POST", "/b"), ("GET", "/c"), ("DELETE", "/d"), ("POST", "/e")]:
        answer = exchange(transport, ProviderRequest(method, "line", path, ()))
        assert (answer.status, answer.body) == (200, b"{}")
    assert [head.split(" ")[0] for head in server.headers] == ["GET", "POST", "GET", "DELETE", "POST"]


def test_nothing_to_wait_for_is_told_at_once(transport):
    assert transport.poll(3600) == []


def test_ten_thousand_requests_each_come_back_once_over_few_connections(server, transport):
    for n in range(10_000):
        transport.submit(post("/ok", b"%d" % n), n)
    assert transport.in_flight == 10_000
    answers = drain(transport)
    assert all(answers[n].body == b"%d" % n for n in range(10_000))
    assert set(server.received.values()) == {1}
    assert server.most_open <= 8
    assert server.connections <= 16  # kept, not opened anew for every request


def test_a_refused_port_is_not_connected(server):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        with Transport({"line": f"http://127.0.0.1:{taken.getsockname()[1]}"}) as transport:
            assert exchange(transport, post("/ok", b"x")) is Fault.NOT_CONNECTED


def test_a_name_that_does_not_exist_is_not_connected():
    with Transport({"line": "http://nowhere.invalid"}, timeout=10) as transport:
        assert exchange(transport, post("/ok", b"x")) is Fault.NOT_CONNECTED


def test_a_server_that_never_accepts_is_not_connected():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        url = f"https://127.0.0.1:{listener.getsockname()[1]}"  # TLS: nobody answers the hello
        with Transport({"line": url}, connect_timeout=0.3) as transport:
            assert exchange(transport, post("/ok", b"x")) is Fault.NOT_CONNECTED


def test_a_cut_after_the_request_is_broken(server, transport):
    assert exchange(transport, post("/cut-after-the-body", b"x")) is Fault.BROKEN
    assert server.received == {"x": 1}


def test_a_cut_while_the_request_is_sent_is_broken(server, transport):
    assert exchange(transport, post("/cut-in-the-body", b"x" * 20_000_000)) is Fault.BROKEN


def test_a_cut_while_the_answer_comes_is_broken(server, transport):
    assert exchange(transport, post("/cut-in-the-answer", b"x")) is Fault.BROKEN


def test_a_cut_on_a_kept_connection_is_broken_and_the_request_is_not_repeated(server):
    with Transport({"line": server.url}, max_connections=1) as transport:
        assert exchange(transport, post("/ok", b"first")).status == 200
        assert exchange(transport, post("/once-cut", b"second")) is Fault.BROKEN
    assert server.received["second"] == 1
    assert server.connections == 1


def test_connections_the_server_closed_are_never_a_reason_to_send_twice(server, transport):
    answers = {}
    for n in range(300):
        transport.submit(post("/close-after-answer", b"%d" % n), n)
        if n % 10 == 0:
            answers |= dict(transport.poll(0.05))
    answers |= drain(transport)
    assert len(answers) == 300
    for n, answer in answers.items():
        times = server.received[str(n)]
        assert times <= 1
        assert times == 1 or not isinstance(answer, ProviderResponse)
        assert times == 0 or answer is not Fault.NOT_CONNECTED


def test_a_dripping_answer_is_cut_by_the_total_time(server):
    with Transport({"line": server.url}, timeout=0.5) as transport:
        assert exchange(transport, post("/drip", b"x")) is Fault.BROKEN


@pytest.mark.parametrize("path", ["/huge", "/endless"])
def test_a_huge_answer_is_dropped(server, transport, path):
    assert exchange(transport, post(path, b"x")) is Fault.TOO_LARGE
    assert exchange(transport, post("/ok", b"y")).status == 200


def test_a_redirect_is_an_answer_and_not_followed(server, transport):
    answer = exchange(transport, post("/redirect", b"x"))
    assert (answer.status, answer.headers["location"]) == (302, "/never")
    assert "/never" not in server.received


def test_a_slow_one_does_not_hold_up_the_others(server, transport):
    transport.submit(post("/drip", b"slow"), "slow")
    for n in range(50):
        transport.submit(post("/ok", b"%d" % n), n)
    seen = set()
    while len(seen) < 50:
        seen |= {tag for tag, _answer in transport.poll(5)}
    assert seen == set(range(50))
    assert transport.in_flight == 1


def test_a_delayed_request_leaves_after_those_that_are_due(server, transport):
    transport.submit(post("/ok", b"later"), "later", delay=0.2)
    for n in range(20):
        transport.submit(post("/ok", b"%d" % n), n, delay=0.001 * (20 - n))
    order = []
    while transport.in_flight:
        order += [tag for tag, _answer in transport.poll(5)]
    assert order[-1] == "later"
    assert sorted(order[:-1]) == list(range(20))


def test_waiting_ends_in_time_when_nothing_is_due(server, transport):
    transport.submit(post("/ok", b"tomorrow"), 1, delay=86400)
    assert transport.poll(0.01) == []
    assert transport.in_flight == 1
    assert not server.received


def test_an_unknown_host_is_our_mistake(transport):
    with pytest.raises(KeyError):
        transport.submit(ProviderRequest("POST", "carrier-pigeon", "/", ()), 1)


def test_only_method_host_path_status_and_time_are_logged(server, transport, caplog):
    caplog.set_level(logging.DEBUG, "channels.sending")
    exchange(
        transport,
        post("/ok?phone=886912000111", b"words of a person", [("Authorization", "Bearer secret-token")]),
    )
    exchange(transport, post("/cut-after-the-body", b"words of a person"))
    first, second = (record.getMessage() for record in caplog.records)
    assert first.startswith("POST line/ok 200 ")
    assert second.startswith("POST line/cut-after-the-body broken ")
    assert not any(word in caplog.text for word in ("secret-token", "words", "886912000111"))


# --- TLS ---------------------------------------------------------------------------------------------------


def test_a_certificate_nobody_vouches_for_is_not_connected(tls_server):
    with Transport({"line": tls_server.url}) as transport:
        assert exchange(transport, post("/ok", b"x")) is Fault.NOT_CONNECTED
    assert not tls_server.received


def test_a_certificate_that_is_vouched_for_is_taken(tls_server, certificate):
    with Transport({"line": tls_server.url}, ca_file=str(certificate)) as transport:
        assert exchange(transport, post("/ok", b"x")).status == 200


def test_a_certificate_of_another_name_is_not_connected(tls_server, certificate):
    url = tls_server.url.replace("127.0.0.1", "localhost")
    with Transport({"line": url}, ca_file=str(certificate)) as transport:
        assert exchange(transport, post("/ok", b"x")) is Fault.NOT_CONNECTED
