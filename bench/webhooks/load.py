"""Posts deliveries over a number of kept connections, one after the other on each, and counts the answers."""

from __future__ import annotations

import asyncio
from collections import Counter, deque
from collections.abc import Sequence
from functools import partial
from typing import cast

import uvloop


class _Caller(asyncio.Protocol):
    def __init__(self, waiting: deque[bytes], answers: Counter[int], done: asyncio.Event) -> None:
        self._waiting, self._answers, self._done = waiting, answers, done
        self._data = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)
        self._next()

    def data_received(self, data: bytes) -> None:
        self._data += data
        end = self._data.find(b"\r\n\r\n")
        if end < 0:
            return
        head = self._data[:end].lower()
        at = head.find(b"content-length:")
        length = int(head[at + 15 :].split(b"\r\n", 1)[0]) if at >= 0 else 0
        if len(self._data) < end + 4 + length:
            return
        self._answers[int(self._data[9:12])] += 1
        self._data = b""
        self._next()

    def _next(self) -> None:
        if self._waiting:
            self._transport.write(self._waiting.popleft())
        else:
            self._transport.close()

    def connection_lost(self, error: Exception | None) -> None:
        self._done.set()


def post(port: int, requests: Sequence[bytes], connections: int) -> Counter[int]:
    """Whole requests as bytes; how many answers there were of each status."""

    async def run() -> Counter[int]:
        waiting, answers = deque(requests), Counter[int]()
        done = [asyncio.Event() for _ in range(connections)]
        loop = asyncio.get_running_loop()
        for each in done:
            await loop.create_connection(partial(_Caller, waiting, answers, each), "127.0.0.1", port)
        for each in done:
            await each.wait()
        return answers

    return uvloop.run(run())


def request(path: str, signature: str, body: bytes) -> bytes:
    head = (
        f"POST {path} HTTP/1.1\r\nHost: bench\r\nUser-Agent: facebookexternalua\r\nAccept: */*\r\n"
        f"Content-Type: application/json\r\nX-Hub-Signature-256: {signature}\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body
