"""A TCP server on loopback in a thread of its own, which can be deaf for a while and cut whoever is connected."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from abc import ABC, abstractmethod
from collections.abc import Coroutine
from typing import Any, Self, TypeVar

import uvloop

T = TypeVar("T")


class Listener(ABC):
    """Use as a context. Subclasses serve one connection after the other in `serve`."""

    def __init__(self, port: int) -> None:
        self.port = port
        self._loop = uvloop.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name=type(self).__name__, daemon=True)
        self._server: asyncio.Server | None = None
        self._serving: set[asyncio.Task[None]] = set()
        self._open: set[asyncio.StreamWriter] = set()

    @abstractmethod
    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one connection to its end; how it ends by errors of the network is taken care of."""

    def __enter__(self) -> Self:
        self._thread.start()
        self.listen()
        return self

    def __exit__(self, *error: object) -> None:
        self.refuse()
        self._do(self._end())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def listen(self) -> None:
        """Take connections, from now on or again."""
        self._server = self._do(self._listen())

    def refuse(self) -> None:
        """Take no connection any more and cut those there are: whoever calls is refused by the system."""
        self._do(self._refuse())

    def cut(self) -> None:
        """End every open connection at once, without a word."""
        self._do(self._cut())

    def _do(self, work: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result()

    async def _listen(self) -> asyncio.Server:
        return await asyncio.start_server(self._accept, "127.0.0.1", self.port, backlog=1024, limit=2**26)

    async def _refuse(self) -> None:
        if self._server is not None:
            self._server.close()
            self._server = None
        await self._cut()

    async def _cut(self) -> None:
        for writer in list(self._open):
            writer.transport.abort()

    async def _end(self) -> None:
        for task in self._serving:
            task.cancel()
        await asyncio.gather(*self._serving, return_exceptions=True)

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None  # noqa: S101 (a connection is served by a task)
        self._serving.add(task)
        self._open.add(writer)
        try:
            with contextlib.suppress(OSError, EOFError):  # the other end is gone: nothing is left to serve
                await self.serve(reader, writer)
        finally:
            writer.transport.abort() if writer.is_closing() else writer.close()
            self._open.discard(writer)
            self._serving.discard(task)
