"""Between callers and pages: a slow caller keeps no thread, and a page sees only requests that are whole.

A page runs in one of a few threads, and WSGI cannot tell the end of a body from a caller who hung up in the middle of
it. So a body is received here before its page runs, and half a form is nothing; and what the page answers is taken from
it at once and sent from here. Little is kept in memory, more in a file that is gone with the request.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from tempfile import SpooledTemporaryFile
from typing import Any

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Asgi = Callable[[Scope, Receive, Send], Awaitable[None]]
Refusal = tuple[int, bytes]

IN_MEMORY = 1024 * 1024  # bytes
CHUNK = 256 * 1024  # bytes handed on at a time
SILENCE_S = 60.0  # without a byte, until a caller is given up
LATE, LARGE = (408, b"nothing came any more"), (413, b"too large")


class Buffered:
    """An ASGI application around one of pages. `largest`: bytes of a body; what is larger is answered with 413, what
    stops coming with 408, and whoever hangs up is not answered. The pages hear of none of these."""

    def __init__(self, pages: Asgi, largest: int) -> None:
        self._pages = pages
        self._largest = largest

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        with SpooledTemporaryFile(max_size=IN_MEMORY) as body:
            try:
                refusal = await self._fill(body, scope, receive)
            except ConnectionResetError:
                return
            if refusal is not None:
                await _refuse(send, *refusal)
                return
            body.seek(0)
            await self._answer(scope, _from(body), send)

    async def _fill(
        self, body: SpooledTemporaryFile[bytes], scope: Scope, receive: Receive
    ) -> Refusal | None:
        """Receive the body; how to refuse it, None where it is whole. Raises ConnectionResetError where the caller
        hangs up."""
        announced = dict(scope["headers"]).get(b"content-length", b"0")
        if announced.isdigit() and int(announced) > self._largest:
            return LARGE
        while True:
            try:
                message = await asyncio.wait_for(receive(), SILENCE_S)
            except TimeoutError:
                return LATE
            if message["type"] == "http.disconnect":
                raise ConnectionResetError
            body.write(message.get("body", b""))
            if body.tell() > self._largest:
                return LARGE
            if not message.get("more_body", False):
                return None

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> None:
        with SpooledTemporaryFile(max_size=IN_MEMORY) as file:
            outbox = Outbox(file)
            leaving = asyncio.create_task(outbox.leave(send))
            try:
                await self._pages(scope, receive, outbox.put)
                await leaving
            finally:
                leaving.cancel()


class Outbox:
    """What a page answers on its way to the caller, as fast as either of them likes."""

    def __init__(self, file: SpooledTemporaryFile[bytes]) -> None:
        self._file = file
        self._start: Message | None = None
        self._written = self._left = 0  # bytes of the body
        self._complete = False
        self._news = asyncio.Event()

    async def put(self, message: Message) -> None:
        """Of the page: take a message."""
        if message["type"] == "http.response.start":
            self._start = message
        else:
            self._file.seek(self._written)
            self._written += self._file.write(message.get("body", b""))
            self._complete = not message.get("more_body", False)
        self._news.set()

    async def leave(self, send: Send) -> None:
        """To the caller: send all there is, until it is complete."""
        complete = False
        while not complete:
            await self._news.wait()
            self._news.clear()
            if self._start is not None:
                start, self._start = self._start, None
                await send(start)
            while self._left < self._written or (self._complete and not complete):
                self._file.seek(self._left)
                chunk = self._file.read(CHUNK)
                self._left += len(chunk)
                complete = self._complete and self._left == self._written
                await send({"type": "http.response.body", "body": chunk, "more_body": not complete})


def _from(body: SpooledTemporaryFile[bytes]) -> Receive:
    """What a page receives: the body from the file."""

    async def receive() -> Message:
        chunk = body.read(CHUNK)
        return {"type": "http.request", "body": chunk, "more_body": len(chunk) == CHUNK}

    return receive


async def _refuse(send: Send, status: int, why: bytes) -> None:
    headers = [
        (b"content-type", b"text/plain; charset=utf-8"),
        (b"content-length", b"%d" % len(why)),
        (b"connection", b"close"),
    ]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": why})
