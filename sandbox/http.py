"""A small HTTP/1.1 server: keep-alive, chunked bodies, a cap on size, answers that are late or never come."""

import asyncio
import http
import logging
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from enum import Enum
from typing import cast
from urllib.parse import parse_qsl, unquote

import httptools
import orjson

MAX_BODY = 110_000_000  # a WhatsApp document may have 100 MB
MAX_HEADERS = 32_768


class Fate(Enum):
    """What becomes of an answer that is ready."""

    ANSWER = "answer"
    CUT = "cut"  # the connection is closed without a byte
    HANG = "hang"  # the connection stays open, the answer never comes


@dataclass(slots=True)
class Request:
    """One request, with its whole body; header names in lower case."""

    method: str
    path: str
    raw_query: str
    headers: dict[str, str]
    body: bytes

    @property
    def query(self) -> dict[str, str]:
        return dict(parse_qsl(self.raw_query, keep_blank_values=True))

    @property
    def bearer(self) -> str | None:
        """The token of `Authorization: Bearer …`; None where there is none."""
        scheme, _, token = self.headers.get("authorization", "").partition(" ")
        return token.strip() if scheme.lower() == "bearer" and token.strip() else None

    @property
    def base_url(self) -> str:
        """The address the caller used for this server."""
        return f"http://{self.headers.get('host', '127.0.0.1')}"


@dataclass(slots=True)
class Response:
    """One answer. `delay_s` holds it back; `fate` says whether it is sent at all."""

    status: int = 200
    body: bytes = b""
    content_type: str = "application/json"
    headers: dict[str, str] = field(default_factory=dict)
    delay_s: float = 0.0
    fate: Fate = Fate.ANSWER

    def encode(self, *, keep_alive: bool, head_only: bool = False) -> bytes:
        lines = [
            _STATUS_LINES[self.status],
            f"content-type: {self.content_type}\r\ncontent-length: {len(self.body)}\r\n",
            *(f"{name}: {value}\r\n" for name, value in self.headers.items()),
            "\r\n" if keep_alive else "connection: close\r\n\r\n",
        ]
        head = "".join(lines).encode("latin-1")
        return head if head_only else head + self.body


_STATUS_LINES = {status.value: f"HTTP/1.1 {status.value} {status.phrase}\r\n" for status in http.HTTPStatus}

RequestHandler = Callable[[Request], Response | Awaitable[Response]]


def json_response(value: object, status: int = 200, **headers: str) -> Response:
    return Response(status, orjson.dumps(value), headers=headers)


def _own_mistake(request: Request) -> Response:
    """The answer to an exception nobody expected: unlike every 500 that a scenario asks for."""
    logging.getLogger(__name__).exception("%s %s broke the sandbox", request.method, request.path)
    return json_response({"error": "the sandbox itself is broken; see its log"}, 501)


class Connection(asyncio.Protocol):
    """One client connection; its requests are answered one after the other."""

    def __init__(self, handle: RequestHandler) -> None:
        self._handle = handle
        self._parser = httptools.HttpRequestParser(self)
        self._transport: asyncio.Transport | None = None
        self._waiting: deque[tuple[Request, bool]] = deque()
        self._busy = False
        self._working: asyncio.Future[None] | None = None
        self._refused = False
        self._begin()

    def _begin(self) -> None:
        self._url = b""
        self._headers: dict[str, str] = {}
        self._header_bytes = 0
        self._chunks: list[bytes] = []
        self._size = 0

    # asyncio.Protocol
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)

    def connection_lost(self, exc: Exception | None) -> None:
        self._transport = None
        self._waiting.clear()

    def data_received(self, data: bytes) -> None:
        if self._refused:
            return
        try:
            self._parser.feed_data(data)
        except (httptools.HttpParserError, httptools.HttpParserUpgrade, UnicodeDecodeError):
            self._refuse(400)

    # httptools
    def on_message_begin(self) -> None:
        self._begin()

    def on_url(self, url: bytes) -> None:
        self._url += url

    def on_header(self, name: bytes, value: bytes) -> None:
        self._header_bytes += len(name) + len(value)
        self._headers[name.decode("latin-1").lower()] = value.decode("latin-1")

    def on_headers_complete(self) -> None:
        length = self._headers.get("content-length", "0")
        if self._header_bytes > MAX_HEADERS:
            self._refuse(431)
        elif length.isdigit() and int(length) > MAX_BODY:
            self._refuse(413)
        elif self._headers.get("expect", "").lower() == "100-continue" and self._transport:
            self._transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")

    def on_body(self, chunk: bytes) -> None:
        self._size += len(chunk)
        if self._size > MAX_BODY:
            self._refuse(413)
        elif not self._refused:
            self._chunks.append(chunk)

    def on_message_complete(self) -> None:
        if self._refused:
            return
        path, _, query = self._url.decode("latin-1").partition("?")
        request = Request(
            self._parser.get_method().decode(),
            unquote(path) if "%" in path else path,
            query,
            self._headers,
            b"".join(self._chunks),
        )
        self._waiting.append((request, self._parser.should_keep_alive()))
        if not self._busy:
            self._next()

    def _refuse(self, status: int) -> None:
        self._refused = True
        if self._transport:
            self._transport.write(Response(status).encode(keep_alive=False))
            self._transport.close()

    def _next(self) -> None:
        self._busy = bool(self._waiting)
        if not self._busy:
            return
        request, keep_alive = self._waiting.popleft()
        try:
            answer = self._handle(request)
        except Exception:  # noqa: BLE001  the boundary of the server
            answer = _own_mistake(request)
        if isinstance(answer, Response):
            self._settle(answer, request.method, keep_alive)
        else:
            self._working = asyncio.ensure_future(self._settle_later(answer, request, keep_alive))

    async def _settle_later(self, answer: Awaitable[Response], request: Request, keep_alive: bool) -> None:
        try:
            response = await answer
        except Exception:  # noqa: BLE001  the boundary of the server
            response = _own_mistake(request)
        self._settle(response, request.method, keep_alive)

    def _settle(self, response: Response, method: str, keep_alive: bool) -> None:
        if response.fate is Fate.HANG:
            return  # stays busy: nothing more is answered on this connection
        if response.delay_s > 0:
            asyncio.get_running_loop().call_later(response.delay_s, self._write, response, method, keep_alive)
        else:
            self._write(response, method, keep_alive)

    def _write(self, response: Response, method: str, keep_alive: bool) -> None:
        if self._transport is None:
            return
        if response.fate is Fate.CUT:
            self._transport.abort()
            return
        self._transport.write(response.encode(keep_alive=keep_alive, head_only=method == "HEAD"))
        if keep_alive:
            self._next()
        else:
            self._transport.close()
