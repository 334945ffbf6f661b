"""The proxy does to a request what its fate says, whatever that leaves the caller with."""

import http.client
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from broadcaster.embedded.ports import free_port
from faults.proxy import PASS, Fate, Message, Proxy, answer, every

SEND = "/v25.0/106/messages"


@pytest.fixture
def provider():
    """A provider that takes everything and remembers the bodies."""
    taken = []

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self):
            taken.append(self.rfile.read(int(self.headers["content-length"])))
            self.send_response(200)
            self.send_header("content-length", "5")
            self.end_headers()
            self.wfile.write(b"taken")

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    server.taken = taken
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def proxy(provider):
    with Proxy(free_port(), provider.server_address[1]) as proxy:
        yield proxy


def post(proxy, body=b"hello", path=SEND, **headers):
    connection = http.client.HTTPConnection("127.0.0.1", proxy.port, timeout=10)
    try:
        connection.request("POST", path, body, headers)
        reply = connection.getresponse()
        return reply.status, reply.read()
    finally:
        connection.close()


def always(fate):
    return lambda message: fate


def test_what_has_no_fate_passes(proxy, provider):
    assert post(proxy) == (200, b"taken")
    assert provider.taken == [b"hello"]
    assert proxy.in_doubt == 0


def test_taken_and_cut(proxy, provider):
    proxy.behave(always(Fate("cut", cut=True)))
    with pytest.raises((ConnectionError, http.client.HTTPException)):
        post(proxy)
    assert provider.taken == [b"hello"]
    assert proxy.dealt == {"cut": 1}
    assert proxy.in_doubt == 1


def test_cut_without_being_taken(proxy, provider):
    proxy.behave(always(Fate("cut", arrives=False, cut=True)))
    with pytest.raises((ConnectionError, http.client.HTTPException)):
        post(proxy)
    assert provider.taken == []


def test_another_answer_than_the_provider_gave(proxy, provider):
    proxy.behave(always(Fate("503", answer=answer(503, b"busy", mime="text/html"))))
    assert post(proxy) == (503, b"busy")
    assert provider.taken == [b"hello"]


def test_a_drip_brings_the_true_answer(proxy):
    proxy.behave(always(Fate("drip", drip=0.0001)))
    assert post(proxy) == (200, b"taken")


def test_nobody_listens_and_then_again(proxy):
    proxy.refuse()
    with pytest.raises(ConnectionError):
        post(proxy)
    proxy.listen()
    assert post(proxy) == (200, b"taken")


def request(path, key=""):
    line_key = f"x-line-retry-key: {key}\r\n" if key else ""
    return Message(f"POST {path} HTTP/1.1\r\n{line_key}\r\n".encode(), b"")


def test_fates_come_in_turn_for_every_so_many_th_message():
    one, other = Fate("one"), Fate("other")
    choose = every(2, one, other, most=3)
    given = [choose(request(SEND)) for _ in range(10)]
    assert given == [PASS, one, PASS, other, PASS, one, PASS, PASS, PASS, PASS]


def test_a_repetition_and_what_is_no_message_pass():
    fate = Fate("cut")
    choose = every(1, fate)
    assert choose(request("/v2/bot/message/push", key="k1")) is fate
    assert choose(request("/v2/bot/message/push", key="k1")) is PASS
    assert choose(request("/v2/bot/message/multicast", key="k2")) is fate
    assert choose(request("/v2/bot/profile/U1")) is PASS
    assert choose(request("/_sandbox/scenario")) is PASS
