"""Several ASGI applications behind one port, told apart by the beginning of the path."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from typing import Any, Protocol, runtime_checkable

Scope = MutableMapping[str, Any]
Event = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Event]]
Send = Callable[[Event], Awaitable[None]]


class Application(Protocol):
    def __call__(self, scope: Scope, receive: Receive, send: Send, /) -> Awaitable[None]: ...


@runtime_checkable
class Opens(Protocol):
    """An application that holds connections: opened before the first request, closed after the last."""

    async def open(self) -> None: ...

    async def close(self) -> None: ...


class Composition:
    """Sends a request to the first part whose prefix its path has, else to `rest`; `open`s and `close`s the parts."""

    def __init__(self, parts: Mapping[str, Application], *, rest: Application) -> None:
        self.parts = dict(parts)
        self.rest = rest

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._lifespan(receive, send)
        elif scope["type"] == "http":
            await self._part(scope["path"])(scope, receive, send)
        else:  # we speak no websockets
            await send({"type": "websocket.close", "code": 1000})

    def _part(self, path: str) -> Application:
        return next((part for prefix, part in self.parts.items() if path.startswith(prefix)), self.rest)

    async def _lifespan(self, receive: Receive, send: Send) -> None:
        opened: list[Opens] = [part for part in self.parts.values() if isinstance(part, Opens)]
        while True:
            event = await receive()
            if event["type"] == "lifespan.startup":
                for part in opened:
                    await part.open()
                await send({"type": "lifespan.startup.complete"})
            elif event["type"] == "lifespan.shutdown":
                for part in reversed(opened):
                    await part.close()
                await send({"type": "lifespan.shutdown.complete"})
                return
