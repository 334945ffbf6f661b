"""The one entry of the web: webhooks to the door, live events to their hub, everything else to Django in threads.

Started by `uvicorn broadcaster.asgi:application`. Django's asynchronous handler is not used: it costs more per
request than threads do, and nothing of ours waits long inside one.
"""

from __future__ import annotations

import asyncio
import os
import signal
import threading
from collections.abc import Callable
from types import FrameType
from typing import Any, cast

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "broadcaster.settings")
django.setup()

from a2wsgi import WSGIMiddleware  # noqa: E402
from django.conf import settings  # noqa: E402

from broadcaster.buffering import Asgi, Buffered, Receive, Scope, Send  # noqa: E402
from broadcaster.events import LiveEvents  # noqa: E402
from broadcaster.wsgi import application as pages  # noqa: E402
from channels.webhooks.door import Door  # noqa: E402

PAYMENTS = "/webhooks/stripe"  # a handful a day, booked before they are answered: no work for the door


class Application:
    """Chooses by the path who answers."""

    def __init__(self) -> None:
        self.door = Door()
        self.events = LiveEvents()
        threads = cast(Asgi, WSGIMiddleware(cast(Any, pages), workers=settings.WEB_THREADS))
        # A page itself says that a file is too large, in its reader's language, unless it is far too large.
        self.pages = Buffered(threads, largest=2 * settings.MAX_UPLOAD_BYTES)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._live(receive, send)
        elif scope["type"] != "http":
            await send({"type": "websocket.close", "code": 1000})
        elif scope["path"].startswith("/webhooks/") and scope["path"] != PAYMENTS:
            await self.door(scope, receive, send)
        elif scope["path"].startswith("/events/"):
            await self.events(scope, receive, send)
        else:
            await self.pages(_without_spoofable_headers(scope), receive, send)

    async def _live(self, receive: Receive, send: Send) -> None:
        await receive()
        _on_stop_signal(self.events.end_all)
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await self.events.close()
        await self.door.close()
        await send({"type": "lifespan.shutdown.complete"})


def _on_stop_signal(act: Callable[[], None]) -> None:
    """Call `act` before the server's own answer to a stop signal: it waits for open responses before it tells us of
    the shutdown, and an event stream never ends by itself."""
    if threading.current_thread() is not threading.main_thread():
        return  # only the main thread hears signals; this server is part of something else
    loop = asyncio.get_running_loop()

    def after(former: Callable[[int, FrameType | None], Any]) -> Callable[[int, FrameType | None], None]:
        def handle(number: int, frame: FrameType | None) -> None:
            loop.call_soon_threadsafe(act)
            former(number, frame)

        return handle

    for number in (signal.SIGINT, signal.SIGTERM):
        former = signal.getsignal(number)
        if callable(former):
            signal.signal(number, after(former))


def _without_spoofable_headers(scope: Scope) -> Scope:
    """WSGI writes `-` as `_`, so `x_forwarded_proto` from a stranger would pass for the proxy's own header."""
    return {**scope, "headers": [(name, value) for name, value in scope["headers"] if b"_" not in name]}


application = Application()
