"""A sandbox in a process of its own, and a receiver for its webhooks; no database, no Django."""

import json
import subprocess
import sys
import threading
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]


@dataclass
class Reply:
    status: int
    headers: dict[str, str]
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)


class Http:
    """Plain requests to the sandbox, with the errors as values."""

    def __init__(self, base: str) -> None:
        self.base = base

    def call(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        token: str = "",
        timeout: float = 20,
        **headers: str,
    ) -> Reply:
        data = body if isinstance(body, bytes) or body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.base + path, data=data, method=method)
        request.add_header("Content-Type", "application/json")
        if token:
            request.add_header("Authorization", f"Bearer {token}")
        for name, value in headers.items():
            request.add_header(name.replace("_", "-"), value)
        try:
            with urllib.request.urlopen(request, timeout=timeout) as answer:
                return Reply(answer.status, {k.lower(): v for k, v in answer.headers.items()}, answer.read())
        except urllib.error.HTTPError as error:
            with error:
                return Reply(error.code, {k.lower(): v for k, v in error.headers.items()}, error.read())

    def post(self, path: str, body: Any = None, **more: Any) -> Reply:
        return self.call("POST", path, {} if body is None else body, **more)

    def get(self, path: str, **more: Any) -> Reply:
        return self.call("GET", path, **more)


@pytest.fixture(scope="session")
def sandbox() -> Iterator[str]:
    """The address of a running sandbox without any account."""
    process = subprocess.Popen(
        [sys.executable, "-m", "sandbox", "--port", "0"], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    url = process.stdout.readline().rpartition(" ")[2].strip()
    assert url.startswith("http://127.0.0.1:"), "the sandbox did not start"
    yield url
    process.terminate()
    assert process.wait(timeout=60) == 0
    process.stdout.close()


@dataclass
class Call:
    path: str
    headers: dict[str, str]
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)


@dataclass
class Receiver:
    """Takes webhooks; answers `statuses` in turn, then 200, and the challenge of a verification."""

    url: str = ""
    calls: list[Call] = field(default_factory=list)
    statuses: list[int] = field(default_factory=list)
    verify_token: str = "verify-me"
    files: dict[str, tuple[str, bytes]] = field(default_factory=dict)
    changed: threading.Condition = field(default_factory=threading.Condition)

    def wait(self, done: Callable[[list[Call]], Any], timeout: float = 20) -> Any:
        """Wait until `done` returns something true for the calls so far."""
        with self.changed:
            assert self.changed.wait_for(lambda: done(self.calls), timeout), f"only {self.calls}"
            return done(self.calls)


def _handler(receiver: Receiver) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            headers = {k.lower(): v for k, v in self.headers.items()}
            with receiver.changed:
                receiver.calls.append(Call(self.path, headers, body))
                status = receiver.statuses.pop(0) if receiver.statuses else 200
                receiver.changed.notify_all()
            self._answer(status, b"", "text/plain")

        def do_GET(self) -> None:
            path, _, query = self.path.partition("?")
            asked = dict(pair.split("=") for pair in query.split("&") if "=" in pair)
            if path in receiver.files:
                mime, body = receiver.files[path]
                self._answer(200, body, mime)
            elif asked.get("hub.verify_token") == receiver.verify_token:
                self._answer(200, asked["hub.challenge"].encode(), "text/plain")
            else:
                self._answer(403 if asked else 404, b"", "text/plain")

        def _answer(self, status: int, body: bytes, mime: str) -> None:
            self.send_response(status)
            self.send_header("content-type", mime)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    return Handler


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    receiver = Receiver()
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(receiver))
    server.daemon_threads = True
    receiver.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield receiver
    server.shutdown()
    thread.join()
    server.server_close()


LINE = {
    "kind": "line",
    "channel_id": "1650000001",
    "access_token": "line-token",
    "channel_secret": "line-secret",
    "bot_user_id": "Ub0c1d2e3f405162738495a6b7c8d9e0f",
    "name": "Spring Shop",
}
WHATSAPP = {
    "kind": "whatsapp",
    "phone_number_id": "106500700800900",
    "display_phone_number": "+886 2 7700 1234",
    "waba_id": "104511220033445",
    "access_token": "whatsapp-token",
    "app_secret": "whatsapp-secret",
    "verify_token": "verify-me",
    "verified_name": "Spring Shop",
    "templates": [
        {
            "id": "880011223344556",
            "name": "spring_sale",
            "language": "en_US",
            "status": "APPROVED",
            "category": "MARKETING",
            "components": [
                {
                    "type": "HEADER",
                    "format": "IMAGE",
                    "example": {"header_handle": ["https://shop.test/h.jpg"]},
                },
                {
                    "type": "BODY",
                    "text": "Hi {{1}}, enjoy {{2}} off until Sunday.",
                    "example": {"body_text": [["Mei", "20%"]]},
                },
            ],
        },
        {
            "id": "880011223344557",
            "name": "paused_one",
            "language": "en_US",
            "status": "PAUSED",
            "category": "UTILITY",
            "components": [{"type": "BODY", "text": "Hello"}],
        },
        {
            "id": "880011223344558",
            "name": "order_ready",
            "language": "zh_TW",
            "status": "APPROVED",
            "category": "UTILITY",
            "parameter_format": "NAMED",
            "components": [
                {
                    "type": "BODY",
                    "text": "親愛的 {{first_name}}，您的訂單已可取貨。",
                    "example": {"body_text_named_params": [{"param_name": "first_name", "example": "小美"}]},
                }
            ],
        },
    ],
}


PAGE = {
    "kind": "facebook",
    "page_id": "104857600012345",
    "access_token": "page-token",
    "app_secret": "page-secret",
    "verify_token": "verify-me",
    "name": "Spring Shop",
}
INSTAGRAM = {
    "kind": "instagram",
    "ig_id": "17841400123456789",
    "access_token": "instagram-token",
    "app_secret": "instagram-secret",
    "verify_token": "verify-me",
    "username": "spring.shop",
    "name": "Spring Shop",
    "page_id": "104857600099999",
    "page_token": "linked-page-token",
}


@pytest.fixture
def http(sandbox: str) -> Http:
    """The sandbox with an account of each kind, empty journal, usual scenario, prompt webhooks."""
    http = Http(sandbox)
    http.post("/_sandbox/reset", {"people": True})
    for account in (LINE, WHATSAPP, PAGE, INSTAGRAM):
        assert http.post("/_sandbox/accounts", {**account, "webhook_url": ""}).status == 200
    http.post("/_sandbox/scenario", {"webhook_delay_ms": 5})
    return http


@pytest.fixture
def line_webhooks(http: Http, receiver: Receiver) -> Receiver:
    http.post("/_sandbox/accounts", {**LINE, "webhook_url": f"{receiver.url}/webhooks/line"})
    return receiver


@pytest.fixture
def whatsapp_webhooks(http: Http, receiver: Receiver) -> Receiver:
    http.post("/_sandbox/accounts", {**WHATSAPP, "webhook_url": f"{receiver.url}/webhooks/meta"})
    return receiver


@pytest.fixture
def page_webhooks(http: Http, receiver: Receiver) -> Receiver:
    http.post("/_sandbox/accounts", {**PAGE, "webhook_url": f"{receiver.url}/webhooks/meta"})
    return receiver


@pytest.fixture
def instagram_webhooks(http: Http, receiver: Receiver) -> Receiver:
    http.post("/_sandbox/accounts", {**INSTAGRAM, "webhook_url": f"{receiver.url}/webhooks/meta"})
    return receiver
