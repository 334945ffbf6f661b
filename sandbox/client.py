"""A small HTTP client with kept connections: posts webhooks, asks for verification, fetches linked media."""

import asyncio
import ssl
from collections import defaultdict
from dataclasses import dataclass
from urllib.parse import urlsplit

import httptools


class Unreachable(Exception):
    """No complete answer came: refused, cut, too slow or not HTTP."""


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes


class _Reader:
    """Collects one answer from the parser."""

    def __init__(self) -> None:
        self.headers: dict[str, str] = {}
        self.chunks: list[bytes] = []
        self.done = False

    def on_header(self, name: bytes, value: bytes) -> None:
        self.headers[name.decode("latin-1").lower()] = value.decode("latin-1")

    def on_body(self, chunk: bytes) -> None:
        self.chunks.append(chunk)

    def on_message_complete(self) -> None:
        self.done = True


_Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]


class Client:
    """Sends one request at a time over each connection and keeps idle ones per host."""

    def __init__(self) -> None:
        self._idle: dict[tuple[str, str, int], list[_Streams]] = defaultdict(list)

    async def request(
        self,
        method: str,
        url: str,
        *,
        body: bytes = b"",
        headers: dict[str, str] | None = None,
        timeout_s: float = 10,
    ) -> Answer:
        """The answer to one request; redirects are not followed. Raises Unreachable."""
        parts = urlsplit(url)
        secure = parts.scheme == "https"
        host, port = parts.hostname or "", parts.port or (443 if secure else 80)
        target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        lines = [f"{method} {target} HTTP/1.1", f"host: {parts.netloc}", f"content-length: {len(body)}"]
        lines += [f"{name}: {value}" for name, value in (headers or {}).items()]
        data = "\r\n".join([*lines, "", ""]).encode("latin-1") + body
        key = (parts.scheme, host, port)
        try:
            async with asyncio.timeout(timeout_s):
                while idle := self._idle[key]:
                    try:
                        return await self._exchange(key, idle.pop(), data, method)
                    except (OSError, EOFError):
                        continue  # the server had closed the kept connection
                context = ssl.create_default_context() if secure else None
                return await self._exchange(
                    key, await asyncio.open_connection(host, port, ssl=context), data, method
                )
        except (
            OSError,
            EOFError,
            ValueError,
            httptools.HttpParserError,
        ) as error:  # TimeoutError is an OSError
            raise Unreachable(f"{type(error).__name__}: {error}") from error

    async def _exchange(
        self, key: tuple[str, str, int], streams: _Streams, data: bytes, method: str
    ) -> Answer:
        reader, writer = streams
        collected = _Reader()
        parser = httptools.HttpResponseParser(collected)
        kept = False
        try:
            writer.write(data)
            while not collected.done:
                received = await reader.read(65_536)
                if not received:
                    raise EOFError("connection closed before the answer was complete")
                parser.feed_data(received)
            kept = parser.should_keep_alive()
            return Answer(parser.get_status_code(), collected.headers, b"".join(collected.chunks))
        finally:
            if kept:
                self._idle[key].append(streams)
            else:
                writer.close()

    def close(self) -> None:
        for streams in self._idle.values():
            for _, writer in streams:
                writer.close()
        self._idle.clear()
