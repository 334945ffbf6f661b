"""The transport of the fan-out: hundreds of requests at once from one thread.

One libcurl multi, driven by epoll. It carries a ProviderRequest and brings back a ProviderResponse or a Fault, and of
a fault it claims only what it can prove: NOT_CONNECTED means that not one byte of the request left.

libcurl repeats a request by itself when a kept connection turns out dead, which could send a message twice. So bodies
are handed over by a callback that cannot rewind: what was handed over once is never sent again, and ends as BROKEN.
"""

from __future__ import annotations

import contextlib
import heapq
import io
import select
import time
from collections import deque
from collections.abc import Iterator, Mapping
from types import TracebackType
from typing import Any, NamedTuple, Self

import certifi
import pycurl

from channels.adapters.base import Answer, Fault, ProviderRequest, ProviderResponse
from channels.sending.pacing import Lane
from channels.sending.tracing import trace

MAX_ANSWER = 1024 * 1024  # bytes; the answers to sends are a few hundred
IDLE_SECONDS = 20  # a connection idle for longer is not used again: it may be about to close
STARTS = 64  # requests begun before answers are looked at: a quick provider then needs few connections
READABLE, WRITABLE = 0x1, 0x4  # EPOLLIN and POLLIN, EPOLLOUT and POLLOUT are the same numbers
FAILED = 0x8 | 0x10  # ERR, HUP
INTERESTS = {
    pycurl.POLL_IN: READABLE,
    pycurl.POLL_OUT: WRITABLE,
    pycurl.POLL_INOUT: READABLE | WRITABLE,
}


class Finished(NamedTuple):
    """One exchange that ended: the caller's tag and what came back."""

    tag: object
    answer: Answer


# A request before its turn, in the order in which they come: when that is, who came first; address, request, tag, lane.
_Waiting = tuple[float, int, str, ProviderRequest, object, Lane | None]


class Transport:
    """Concurrent HTTP/1.1 over kept connections. For one thread; open it after the fork, close it at the end.

    `base_urls`: addresses by `ProviderRequest.host` (settings.PROVIDER_URLS). `timeout`: seconds a request may take in
    all from when its turn comes, `connect_timeout` until it is connected. At most `max_connections` requests are
    under way, the rest wait for their turn; things move only while `poll` runs. TLS is verified against `ca_file`,
    redirects are answers like any other, and neither proxies nor .netrc of the environment are looked at.
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
        self._base_urls = dict(base_urls)
        self._options = {
            pycurl.NOSIGNAL: 1,
            pycurl.PROTOCOLS: pycurl.PROTO_HTTP | pycurl.PROTO_HTTPS,
            pycurl.HTTP_VERSION: pycurl.CURL_HTTP_VERSION_1_1,
            pycurl.FOLLOWLOCATION: 0,
            pycurl.PROXY: "",
            pycurl.CAINFO: ca_file or certifi.where(),
            pycurl.SSL_VERIFYPEER: 1,
            pycurl.SSL_VERIFYHOST: 2,
            pycurl.TIMEOUT_MS: int(timeout * 1000),
            pycurl.CONNECTTIMEOUT_MS: int(connect_timeout * 1000),
            pycurl.MAXFILESIZE: max_answer,
            pycurl.MAXAGE_CONN: IDLE_SECONDS,
        }
        self._idle = [_Transfer(self._options) for _ in range(max_connections)]
        self._running: dict[pycurl.Curl, _Transfer] = {}
        self._waiting: list[_Waiting] = []  # a heap: the first due on top
        self._held: dict[Lane, deque[_Waiting]] = {}  # overdue, until their lane is free
        self._submitted = 0
        self._sockets = _Sockets()
        self._timer: float | None = None
        self._multi = pycurl.CurlMulti()
        self._multi.setopt(pycurl.M_PIPELINING, 0)
        self._multi.setopt(pycurl.M_MAXCONNECTS, max_connections)
        self._multi.setopt(pycurl.M_SOCKETFUNCTION, self._sockets.watch)
        self._multi.setopt(pycurl.M_TIMERFUNCTION, self._set_timer)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def in_flight(self) -> int:
        """Requests submitted and not yet reported by `poll`."""
        return len(self._running) + len(self._waiting) + sum(map(len, self._held.values()))

    def submit(
        self, request: ProviderRequest, tag: object, *, delay: float = 0.0, lane: Lane | None = None
    ) -> None:
        """Send `request` during `poll`, in `delay` seconds at the earliest, and when the `lane` is free where there is
        one. `poll` reports it once, under `tag`.

        Raises KeyError where the settings have no address for `request.host`.
        """
        url = self._base_urls[request.host] + request.path
        self._submitted += 1
        heapq.heappush(self._waiting, (time.monotonic() + delay, self._submitted, url, request, tag, lane))

    def listen(self, bell: int | None) -> None:
        """From now on `poll` also waits for this descriptor, and returns when it can be read; None ends that."""
        self._sockets.listen(bell)

    def poll(self, timeout: float) -> list[Finished]:
        """What has ended since the last call. Waits up to `timeout` seconds for the first; empty when nothing ended
        in time, the bell rang, or there is no bell and nothing under way."""
        deadline = time.monotonic() + timeout
        while self._running or self._waiting or self._held or self._sockets.listening:
            self._start_due()
            rung = False
            for fd, happened in self._sockets.wait(self._patience(deadline)):
                if fd == self._sockets.bell:
                    rung = True
                elif happened == READABLE:
                    self._multi.socket_action(fd, pycurl.CSELECT_IN)  # nearly always
                else:
                    self._multi.socket_action(fd, _selected(happened))
            if self._timer is not None and time.monotonic() >= self._timer:
                self._timer = None
                self._multi.socket_action(pycurl.SOCKET_TIMEOUT, 0)
            finished = self._collect() if self._running else []
            if finished or rung or time.monotonic() >= deadline:
                return finished
        return []

    def close(self) -> None:
        """Drop everything under way (it may or may not have been sent) and every connection."""
        for curl in list(self._running):
            self._multi.remove_handle(curl)
        for transfer in [*self._running.values(), *self._idle]:
            transfer.curl.close()
        self._running.clear()
        self._idle.clear()
        self._waiting.clear()
        self._held.clear()
        self._multi.close()
        self._sockets.close()

    def _start_due(self) -> None:
        now, most = time.monotonic(), STARTS
        self._start_held(now)
        while self._waiting and self._idle and self._waiting[0][0] <= now and most:
            entry = heapq.heappop(self._waiting)
            lane = entry[-1]
            if lane is not None and (lane in self._held or not lane.take(now)):
                self._held.setdefault(lane, deque()).append(entry)
                continue
            most -= 1
            self._start(entry)

    def _start_held(self, now: float) -> None:
        """Who was overdue leaves before anybody of the same lane whose time has just come."""
        for lane, entries in list(self._held.items()):
            while entries and self._idle and lane.take(now):
                self._start(entries.popleft())
            if not entries:
                del self._held[lane]

    def _start(self, entry: _Waiting) -> None:
        _due, _number, url, request, tag, _lane = entry
        transfer = self._idle.pop()
        transfer.start(url, request, tag)
        self._running[transfer.curl] = transfer
        self._multi.add_handle(transfer.curl)

    def _patience(self, deadline: float) -> float:
        """Seconds in which nothing needs doing unless a socket asks."""
        until = deadline if self._timer is None else min(deadline, self._timer)
        if self._waiting and self._idle:
            until = min(until, self._waiting[0][0])
        if self._held and self._idle:
            until = min(until, *[lane.free_at for lane in self._held])
        return max(0.0, until - time.monotonic())

    def _set_timer(self, milliseconds: int) -> None:
        self._timer = None if milliseconds < 0 else time.monotonic() + milliseconds / 1000

    def _collect(self) -> list[Finished]:
        finished: list[Finished] = []
        more = True
        while more:
            left, good, bad = self._multi.info_read()
            more = left > 0
            finished += [self._finish(curl, pycurl.E_OK) for curl in good]
            finished += [self._finish(curl, error) for curl, error, _message in bad]
        return finished

    def _finish(self, curl: pycurl.Curl, error: int) -> Finished:
        self._multi.remove_handle(curl)
        transfer = self._running.pop(curl)
        finished = transfer.finish(error)
        self._idle.append(transfer)
        return finished


class _Transfer:
    """One libcurl handle, used for one request after the other."""

    __slots__ = (
        "_answer",
        "_body",
        "_header_lines",
        "_headers",
        "_method",
        "_request",
        "_tag",
        "_url",
        "curl",
    )

    def __init__(self, options: Mapping[int, Any]) -> None:
        self.curl = pycurl.Curl()
        self._body = io.BytesIO()
        self._header_lines: list[bytes] = []
        self._answer: list[bytes] = []
        self._method = self._url = ""
        self._headers: tuple[tuple[str, str], ...] | None = None
        for option, value in options.items():
            self.curl.setopt(option, value)
        # Straight into C: no call of Python code for a line or a block.
        self.curl.setopt(pycurl.HEADERFUNCTION, self._header_lines.append)
        self.curl.setopt(pycurl.WRITEFUNCTION, self._answer.append)

    def start(self, url: str, request: ProviderRequest, tag: object) -> None:
        self._request, self._tag = request, tag
        self._header_lines.clear()
        self._answer.clear()
        self._body = io.BytesIO(request.body)
        curl = self.curl
        if request.method != self._method:
            self._set_method(request.method)
        if request.method != "GET":
            curl.setopt(pycurl.READFUNCTION, self._body.read)  # and no seek function: see the module
            curl.setopt(pycurl.POSTFIELDSIZE, len(request.body))
        # A fan-out says the same to the same address again and again: what has not changed stays set.
        if url != self._url:
            curl.setopt(pycurl.URL, url)
            self._url = url
        if request.headers != self._headers:
            curl.setopt(
                pycurl.HTTPHEADER, [f"{name}: {value}" for name, value in request.headers] + ["Expect:"]
            )
            self._headers = request.headers

    def finish(self, error: int) -> Finished:
        if error == pycurl.E_OK:
            status = self.curl.getinfo(pycurl.RESPONSE_CODE)
            answer: Answer = ProviderResponse(
                status, Headers(b"".join(self._header_lines)), b"".join(self._answer)
            )
        elif error == pycurl.E_FILESIZE_EXCEEDED:
            answer = Fault.TOO_LARGE
        elif self._body.tell() == 0 and self.curl.getinfo(pycurl.REQUEST_SIZE) == 0:
            answer = Fault.NOT_CONNECTED
        else:
            answer = Fault.BROKEN
        trace(self._request, self._request.host, answer, self.curl.getinfo(pycurl.TOTAL_TIME))
        return Finished(self._tag, answer)

    def _set_method(self, method: str) -> None:
        self.curl.unsetopt(pycurl.CUSTOMREQUEST)
        if method == "GET":
            self.curl.setopt(pycurl.HTTPGET, 1)
        else:
            self.curl.setopt(pycurl.POST, 1)
            if method != "POST":
                self.curl.setopt(pycurl.CUSTOMREQUEST, method)
        self._method = method


class _Sockets:
    """The sockets libcurl wants watched, in an epoll, or a poll where there is none."""

    def __init__(self) -> None:
        self.bell: int | None = None
        self._watched: set[int] = set()
        self._poller: Any = select.epoll() if hasattr(select, "epoll") else select.poll()
        self._second = (
            1 if hasattr(select, "epoll") else 1000
        )  # one waits in seconds, the other in milliseconds

    @property
    def listening(self) -> bool:
        return self.bell is not None

    def listen(self, bell: int | None) -> None:
        """Watch a descriptor that is none of libcurl's, or no longer."""
        if self.bell is not None:
            self._poller.unregister(self.bell)
        if bell is not None:
            self._poller.register(bell, READABLE)
        self.bell = bell

    def wait(self, seconds: float) -> list[tuple[int, int]]:
        """(socket, what happened) for every socket where something did, within `seconds`."""
        happened: list[tuple[int, int]] = self._poller.poll(seconds * self._second)
        return happened

    def watch(self, what: int, fd: int, _multi: object, _data: object) -> None:
        """libcurl's callback: what it wants to know of a socket from now on."""
        if what == pycurl.POLL_REMOVE:
            self._watched.discard(fd)
            with contextlib.suppress(OSError, KeyError):  # already closed
                self._poller.unregister(fd)
        elif fd in self._watched:
            self._poller.modify(fd, INTERESTS[what])
        else:
            self._watched.add(fd)
            self._poller.register(fd, INTERESTS[what])

    def close(self) -> None:
        if hasattr(self._poller, "close"):
            self._poller.close()


def _selected(happened: int) -> int:
    flags = 0
    if happened & READABLE:
        flags |= pycurl.CSELECT_IN
    if happened & WRITABLE:
        flags |= pycurl.CSELECT_OUT
    if happened & FAILED:
        flags |= pycurl.CSELECT_ERR
    return flags


class Headers(Mapping[str, str]):
    """Header names in lower case; of several blocks (after a 100 Continue) the last. Read when somebody asks: of a
    million acceptances hardly any is asked."""

    __slots__ = ("_lines", "_read")

    def __init__(self, lines: bytes) -> None:
        self._lines = lines
        self._read: dict[str, str] | None = None

    def __getitem__(self, name: str) -> str:
        return self._parsed()[name]

    def get(self, name: str, default: Any = None) -> Any:
        """As of any mapping; what is plainly not there is not worth the reading."""
        if self._read is None and name.encode() not in self._lines.lower():
            return default
        return self._parsed().get(name, default)

    def __iter__(self) -> Iterator[str]:
        return iter(self._parsed())

    def __len__(self) -> int:
        return len(self._parsed())

    def __repr__(self) -> str:
        return repr(self._parsed())

    def _parsed(self) -> dict[str, str]:
        if self._read is None:
            self._read = {}
            for line in self._lines.decode("latin-1").split("\r\n"):
                name, colon, value = line.partition(":")
                if colon:
                    self._read[name.lower()] = value.strip()
                elif name.startswith("HTTP/"):
                    self._read.clear()
        return self._read
