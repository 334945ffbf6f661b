"""Live events: `GET /events/<topic>[,<topic>…]` as server-sent events for the pages of one signed-in person.

A plain ASGI application, for an open page must not hold a thread. Hints come from `tenants.live` by one Valkey
subscription per process and go to the pages of the same tenant that listen to the topic. `?age=812` says that the page
was asked for 812 ms ago, so that it is told first what it has missed (`broadcaster.hints`). Hints may be lost; a page
that polls now and then stays right. https://html.spec.whatwg.org/multipage/server-sent-events.html
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import re
from collections.abc import Awaitable, Callable, MutableMapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import redis.asyncio
import structlog
from django.conf import settings

from broadcaster.hints import ANYTHING, Hints, age_in
from broadcaster.readers import Reader, who_reads
from tenants.live import ENDED, live_prefix, tenant_name

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

PATH = re.compile(r"/events/((?:[a-z]+(?:-[0-9]{1,18})?)(?:,[a-z]+(?:-[0-9]{1,18})?){0,4})", re.ASCII)
RETRY_MS = 3_000  # how long a browser waits before it comes back
QUEUE = 32  # hints a slow page may have waiting; it fetches everything again anyway
MOST_PAGES = 2_000  # open at once in this process
LONGEST_PAUSE_S = 10.0  # between two tries to subscribe

log = structlog.get_logger(__name__)


@dataclass(eq=False)
class Page:
    """One open connection: whose, what it listens to, and what it has not been told yet."""

    reader: Reader
    topics: frozenset[str]
    hints: asyncio.Queue[str] = field(default_factory=lambda: asyncio.Queue(QUEUE))
    ended: asyncio.Event = field(default_factory=asyncio.Event)

    def tell(self, hint: str) -> None:
        """Queue a hint; one too many for a slow page is dropped."""
        with contextlib.suppress(asyncio.QueueFull):
            self.hints.put_nowait(hint)


class LiveEvents:
    """One per process and event loop."""

    def __init__(self) -> None:
        self._pages: dict[str, set[Page]] = {}
        self._hints = Hints()
        self._listening: asyncio.Task[None] | None = None
        self._ending = False
        self._threads = ThreadPoolExecutor(2, thread_name_prefix="sessions")

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        match = PATH.fullmatch(scope["path"])
        if match is None or scope["method"] != "GET":
            return await _refuse(send, 404)
        if sum(map(len, self._pages.values())) >= MOST_PAGES:
            return await _refuse(send, 503)
        reader = await self._reader(scope)
        if reader is None:
            return await _refuse(send, 401)
        page = Page(reader, frozenset(match[1].split(",")))
        name = tenant_name(reader.tenant_id)
        self._pages.setdefault(name, set()).add(page)
        for hint in self._hints.missed(name, page.topics, age_in(scope["query_string"])):
            page.tell(hint)
        if self._listening is None or self._listening.done():
            self._listening = asyncio.create_task(self._listen())
        if self._ending:
            page.ended.set()
        leaving = asyncio.create_task(_await_leaving(receive, page))
        try:
            await self._stream(page, scope, send)
        finally:
            leaving.cancel()
            self._pages[name].discard(page)
            if not self._pages[name]:
                del self._pages[name]
        return None

    def end_all(self) -> None:
        """End every stream, and new ones at once: the process is about to end."""
        self._ending = True
        for page in self._all_pages():
            page.ended.set()

    async def close(self) -> None:
        """Called when the last stream has ended."""
        if self._listening is not None:
            self._listening.cancel()
        self._threads.shutdown(wait=False, cancel_futures=True)

    async def _stream(self, page: Page, scope: Message, send: Send) -> None:
        headers = [
            (b"content-type", b"text/event-stream; charset=utf-8"),
            (b"cache-control", b"no-store"),
            (b"x-accel-buffering", b"no"),
            (b"x-content-type-options", b"nosniff"),
        ]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        text = f"retry: {RETRY_MS}\n\n"
        while not page.ended.is_set():
            await send({"type": "http.response.body", "body": text.encode(), "more_body": True})
            hint = await _next_hint(page, settings.LIVE_HEARTBEAT_S)
            if hint is None and await self._reader(scope) != page.reader:
                break  # signed out, expired, or working for another team now
            text = ": still here\n\n" if hint is None else f"data: {hint}\n\n"
        await send({"type": "http.response.body", "body": b""})

    async def _reader(self, scope: Message) -> Reader | None:
        cookies = b"; ".join(value for name, value in scope["headers"] if name == b"cookie").decode("latin-1")
        return await asyncio.get_running_loop().run_in_executor(self._threads, who_reads, cookies)

    async def _listen(self) -> None:
        """Pass on what Valkey says, for as long as the process lives. After a break every page looks again."""
        pause = 0.1
        while True:
            try:
                async with (
                    redis.asyncio.Redis.from_url(settings.LIVE_REDIS_URL) as client,
                    client.pubsub() as heard,
                ):
                    await heard.psubscribe(f"{live_prefix()}*")
                    self._hints.begin()
                    for page in self._all_pages():
                        page.tell(ANYTHING)
                    async for message in heard.listen():
                        pause = 0.1
                        if message["type"] == "pmessage":
                            self._pass_on(message["channel"].decode(), message["data"].decode())
            except (redis.RedisError, OSError) as error:
                log.warning("live_subscription_lost", error=type(error).__name__)
            finally:
                self._hints.lose()
            await asyncio.sleep(pause)
            pause = min(pause * 2, LONGEST_PAUSE_S)

    def _pass_on(self, channel: str, data: str) -> None:
        name = channel.removeprefix(live_prefix())
        if name == ENDED:
            for page in self._all_pages():
                if page.reader.session_mark == data:
                    page.ended.set()
            return
        try:
            topic = json.loads(data)["topic"]
        except (ValueError, KeyError, TypeError):
            log.warning("live_hint_unreadable")  # not one of ours
            return
        self._hints.note(name, topic)
        for page in self._pages.get(name, ()):
            if topic in page.topics:
                page.tell(data)

    def _all_pages(self) -> list[Page]:
        return [page for pages in self._pages.values() for page in pages]


async def _next_hint(page: Page, seconds: float) -> str | None:
    """The next hint, or None after so many seconds without one, or when the stream is to end."""
    hint, ended = asyncio.ensure_future(page.hints.get()), asyncio.ensure_future(page.ended.wait())
    try:
        await asyncio.wait({hint, ended}, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        return hint.result() if hint.done() and not ended.done() else None
    finally:
        hint.cancel()
        ended.cancel()


async def _await_leaving(receive: Receive, page: Page) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
    page.ended.set()


async def _refuse(send: Send, status: int) -> None:
    await send({"type": "http.response.start", "status": status, "headers": [(b"content-length", b"0")]})
    await send({"type": "http.response.body", "body": b""})
