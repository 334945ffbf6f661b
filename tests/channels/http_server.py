"""A raw HTTP/1.1 server on loopback that misbehaves by path, and remembers what it received in full."""

from __future__ import annotations

import asyncio
import ssl
import threading
from collections import Counter


class HttpServer:
    """Runs in its own thread. `received`: how often each request body arrived whole; `most_open`: connections."""

    def __init__(self, tls: ssl.SSLContext | None = None) -> None:
        self.received: Counter[str] = Counter()
        self.headers: list[str] = []
        self.open = self.most_open = self.connections = 0
        self._tls = tls
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)

    def __enter__(self) -> HttpServer:
        self._thread.start()
        self._server = asyncio.run_coroutine_threadsafe(self._start(), self._loop).result()
        self.port = self._server.sockets[0].getsockname()[1]
        self.url = f"{'https' if self._tls else 'http'}://127.0.0.1:{self.port}"
        return self

    def __exit__(self, *_error: object) -> None:
        asyncio.run_coroutine_threadsafe(self._stop(), self._loop).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    async def _start(self) -> asyncio.Server:
        self._tasks: set[asyncio.Task] = set()
        return await asyncio.start_server(self._connection, "127.0.0.1", 0, ssl=self._tls, backlog=1024)

    async def _stop(self) -> None:
        self._server.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _connection(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._tasks.add(asyncio.current_task())
        self.connections += 1
        self.open += 1
        self.most_open = max(self.most_open, self.open)
        try:
            while await self._exchange(reader, writer):
                pass
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            self.open -= 1
            writer.transport.abort()
            self._tasks.discard(asyncio.current_task())

    async def _exchange(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        """Serve one request; False ends the connection."""
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        path = head.split(" ", 2)[1].partition("?")[0]
        if path == "/cut-in-the-body":
            await reader.readexactly(1000)
            return False
        length = next(
            (int(h[16:]) for h in head.lower().split("\r\n") if h.startswith("content-length: ")), 0
        )
        body = (await reader.readexactly(length)).decode("latin-1")
        self.headers.append(head)
        self.received[body or path] += 1
        return await self._answer(path, body, writer)

    async def _answer(self, path: str, body: str, writer: asyncio.StreamWriter) -> bool:
        if path in ("/cut-after-the-body", "/once-cut") and not (
            path == "/once-cut" and self.received[body] > 1
        ):
            return False
        if path == "/cut-in-the-answer":
            writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nhalf")
            await writer.drain()
            return False
        if path in ("/say", "/say-and-close"):  # whatever the request brings, as it comes
            writer.write(body.encode("latin-1"))
            await writer.drain()
            return path == "/say"
        if path == "/drip":
            writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 100000\r\n\r\n")
            while True:
                writer.write(b".")
                await writer.drain()
                await asyncio.sleep(0.02)
        if path == "/huge":
            writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 90000000\r\n\r\n")
            return True
        if path == "/endless":
            writer.write(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n")
            while True:
                writer.write(b"2000\r\n" + b"x" * 0x2000 + b"\r\n")
                await writer.drain()
        status = b"302 Found\r\nlocation: /never" if path == "/redirect" else b"200 OK"
        answer = body.encode("latin-1") or b"{}"
        writer.write(
            b"HTTP/1.1 %s\r\nX-Line-Request-Id: r\r\ncontent-length: %d\r\n\r\n%s"
            % (status, len(answer), answer)
        )
        await writer.drain()
        return path != "/close-after-answer"
