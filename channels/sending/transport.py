"""The transport of the fan-out: hundreds of requests at once from one thread.

It carries a ProviderRequest and brings back a ProviderResponse or a Fault, and of a fault it claims only what it can
prove: NOT_CONNECTED means that not one byte of the request left.
"""

from __future__ import annotations

import heapq
import ssl
import time
from collections import defaultdict, deque
from collections.abc import Mapping
from functools import cached_property
from types import TracebackType
from typing import NamedTuple, Self

import certifi

from channels.adapters.base import Answer, ProviderRequest
from channels.sending.connection import Connection
from channels.sending.hosts import Host, Names
from channels.sending.pacing import Lane
from channels.sending.tracing import trace
from channels.sending.watch import Watch

MAX_ANSWER = 1024 * 1024  # bytes; the answers to sends are a few hundred
IDLE_SECONDS = 20  # a connection idle for longer is not used again: it may be about to close
TOGETHER = 0.004  # seconds a request may leave late, or an answer lie, for others: waking up costs more than a request
STARTS = 64  # requests begun before answers are looked at: a quick provider then needs few connections


Finished = tuple[object, Answer]  # one exchange that ended: the caller's tag and what came back


class _Exchange(NamedTuple):
    """A request before its turn and under way. They come in the order of `due`, and of their numbers then."""

    due: float
    number: int
    host: Host
    wire: bytes
    request: ProviderRequest
    tag: object
    lane: Lane | None


class Transport:
    """Concurrent HTTP/1.1 over kept connections. For one thread; open it after the fork, close it at the end.

    `base_urls`: addresses by `ProviderRequest.host` (settings.PROVIDER_URLS). `timeout`: seconds a request may take in
    all from when it begins, `connect_timeout` until it is connected. At most `max_connections` requests are under way,
    the rest wait for their turn; things move only while `poll` runs. TLS is verified against `ca_file`, redirects are
    answers like any other, and neither proxies nor .netrc of the environment are looked at.
    """

    def __init__(
        self,
        base_urls: Mapping[str, str],
        *,
        max_connections: int = 256,
        timeout: float = 20.0,
        connect_timeout: float = 5.0,
        max_answer: int = MAX_ANSWER,
        ca_file: str = "",
    ) -> None:
        self._hosts = {name: Host(url) for name, url in base_urls.items()}
        self._most, self._max_answer = max_connections, max_answer
        self._timeout, self._connect_timeout = timeout, connect_timeout
        self._ca_file = ca_file
        self._names = Names()
        self._watch = Watch(self._names.bell)
        self._waiting: list[_Exchange] = []  # a heap: the first due on top
        self._held: dict[Lane, deque[_Exchange]] = {}  # overdue, until their lane is free
        self._running: dict[Connection, tuple[_Exchange, float]] = {}  # and when it began: the oldest first
        self._connecting: dict[Connection, float] = {}  # and until when the next address is tried
        self._idle: defaultdict[Host, list[Connection]] = defaultdict(list)  # the last used on top
        self._idles = 0
        self._ended: list[Finished] = []
        self._submitted = 0
        self._looked = 0.0  # when the sockets were looked at last

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def in_flight(self) -> int:
        """Requests submitted and not yet reported by `poll`."""
        return len(self._running) + len(self._waiting) + sum(map(len, self._held.values())) + len(self._ended)

    def submit(
        self, request: ProviderRequest, tag: object, *, delay: float = 0.0, lane: Lane | None = None
    ) -> None:
        """Send `request` during `poll`, in `delay` seconds at the earliest, and when the `lane` is free where there is
        one. `poll` reports it once, under `tag`.

        Raises KeyError where the settings have no address for `request.host`, ValueError where a path or header could
        not be told from the line that follows it.
        """
        host = self._hosts[request.host]
        self._submitted += 1
        due = time.monotonic() + delay
        heapq.heappush(
            self._waiting, _Exchange(due, self._submitted, host, host.wire(request), request, tag, lane)
        )

    def listen(self, bell: int | None) -> None:
        """From now on `poll` also waits for this descriptor, and returns when it can be read; None ends that."""
        self._watch.listen(bell)

    def poll(self, timeout: float) -> list[Finished]:
        """What has ended since the last call. Waits up to `timeout` seconds for the first; empty when nothing ended
        in time, the bell rang, or there is no bell and nothing under way."""
        now = time.monotonic()
        deadline = now + timeout
        while self._running or self._waiting or self._held or self._watch.bell is not None:
            if self._held or (self._waiting and self._waiting[0].due <= now):
                self._attend(0.0)  # who has closed meanwhile carries no request
                self._start_due(now)
            rung = self._attend(0.0 if self._ended else self._rested(now, self._patience(now, deadline)))
            now = self._looked = time.monotonic()
            self._hurry(now)
            if self._ended or rung or now >= deadline:
                break
        ended, self._ended = self._ended, []
        return ended

    def close(self) -> None:
        """Drop everything under way (it may or may not have been sent) and every connection."""
        for connection in [*self._running, *(each for idle in self._idle.values() for each in idle)]:
            connection.close()
        for kept in (self._running, self._connecting, self._idle, self._waiting, self._held):
            kept.clear()
        self._watch.close()
        self._names.close()

    @cached_property
    def _context(self) -> ssl.SSLContext:
        return ssl.create_default_context(cafile=self._ca_file or certifi.where())

    # --- whose turn it is ---------------------------------------------------------------------------------------

    def _start_due(self, now: float) -> None:
        most = STARTS
        # Before anybody of the lane whose time has just come.
        for held, exchanges in list(self._held.items()):
            while exchanges and len(self._running) < self._most and held.take(now):
                self._start(exchanges.popleft(), now)
            if not exchanges:
                del self._held[held]
        while self._waiting and len(self._running) < self._most and self._waiting[0].due <= now and most:
            exchange = heapq.heappop(self._waiting)
            lane = exchange.lane
            if lane is not None and (lane in self._held or not lane.take(now)):
                self._held.setdefault(lane, deque()).append(exchange)
                continue
            most -= 1
            self._start(exchange, now)

    def _start(self, exchange: _Exchange, now: float) -> None:
        connection = self._kept(exchange.host, now)
        if connection is not None:
            self._running[connection] = exchange, now
            connection.send(exchange.wire)
            if connection.answer is not None or connection.interest != connection.watched_for:
                self._look_at(connection)
            return
        if len(self._running) + self._idles >= self._most:
            self._forget_oldest()
        connection = Connection(
            exchange.host, self._max_answer, self._context if exchange.host.secure else None
        )
        self._running[connection] = exchange, now
        connection.send(exchange.wire)
        self._connecting[connection] = now + self._connect_timeout
        addresses = self._names.of(exchange.host)
        if addresses is not None:
            self._connect(connection, addresses, now)

    def _rested(self, now: float, patience: float) -> float:
        """Look away for a moment after each look: answers that come one by one would wake us for each. Returns what is
        left of the patience."""
        rest = min(patience, self._looked + TOGETHER - now)
        if rest <= 0:
            return patience
        time.sleep(rest)  # nothing to await: what is wanted is that no socket wakes us; 4 ms at most
        return patience - rest

    def _patience(self, now: float, deadline: float) -> float:
        """Seconds in which nothing needs doing unless a socket asks."""
        until = deadline
        if len(self._running) < self._most:
            turns = [lane.free_at for lane in self._held]
            if self._waiting:
                turns.append(self._waiting[0].due)
            if turns:
                first = min(turns)
                until = min(until, max(first, now + TOGETHER) if first > now else now)
        for _exchange, began in self._running.values():
            until = min(until, began + self._timeout)
            break
        if self._connecting:
            until = min(until, *self._connecting.values())
        return max(0.0, until - now)

    # --- connections --------------------------------------------------------------------------------------------

    def _kept(self, host: Host, now: float) -> Connection | None:
        idle = self._idle[host]
        while idle:
            connection = idle.pop()
            self._idles -= 1
            if now - connection.idle_since < IDLE_SECONDS:
                return connection
            self._watch.forget(connection)
            connection.close()
        return None

    def _forget_oldest(self) -> None:
        idle = min((each for each in self._idle.values() if each), key=lambda each: each[0].idle_since)
        connection = idle.pop(0)
        self._idles -= 1
        self._watch.forget(connection)
        connection.close()

    def _connect(self, connection: Connection, addresses: list[tuple[int, object]], now: float) -> None:
        connection.connect(addresses)
        if connection.answer is None:
            self._connecting[connection] = now + self._connect_timeout / len(addresses)
        self._look_at(connection)

    # --- what happens to them -----------------------------------------------------------------------------------

    def _attend(self, seconds: float) -> bool:
        """Wait for a socket for so long, and do what can be done. Returns whether the bell rang."""
        rung = False
        for fd, happened in self._watch.wait(seconds):
            connection = self._watch.connections.get(fd)
            if connection is None:
                rung = rung or fd == self._watch.bell
                if fd == self._names.bell:
                    self._named()
            elif connection in self._running:
                connection.advance(happened)
                self._look_at(connection)
            elif not connection.alive():  # nobody asked it anything
                self._idle[connection.host].remove(connection)
                self._idles -= 1
                self._watch.forget(connection)
                connection.close()
        return rung

    def _named(self) -> None:
        """Go on with those who wait for an address of their host."""
        for host, addresses in self._names.collect():
            for connection in [
                each for each in self._connecting if each.host is host and not each.tried and each.fd < 0
            ]:
                self._connect(connection, addresses, time.monotonic())

    def _learn(self, connection: Connection) -> None:
        """It is connected, or never will be: which of the host's addresses work."""
        if self._connecting.pop(connection, None) is not None:
            for address in connection.tried:
                self._names.prefer(connection.host, address, works=False)
            if connection.connected:
                self._names.prefer(connection.host, connection.tried[-1], works=True)

    def _hurry(self, now: float) -> None:
        if self._connecting:
            for connection in [each for each, until in self._connecting.items() if until <= now]:
                self._connecting[connection] = now + self._connect_timeout / max(1, len(connection.tried))
                connection.hurry()
                self._look_at(connection)
        while self._running:
            connection = next(iter(self._running))
            if self._running[connection][1] + self._timeout > now:
                return
            connection.give_up()
            self._look_at(connection)

    def _look_at(self, connection: Connection) -> None:
        """Take its answer, or watch it for what it now waits for."""
        if self._connecting and (connection.connected or connection.answer is not None):
            self._learn(connection)
        if connection.fd < 0 or connection.interest != connection.watched_for or not connection.connected:
            self._watch.keep(connection)
        if connection.answer is None:
            return
        exchange, began = self._running.pop(connection)
        now = time.monotonic()
        trace(exchange.request, exchange.request.host, connection.answer, now - began)
        self._ended.append((exchange.tag, connection.answer))
        if connection.reusable:
            connection.idle_since = now
            self._idle[connection.host].append(connection)
            self._idles += 1
