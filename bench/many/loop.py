"""Baseline: one libcurl multi driven by epoll and a token bucket a number, nothing around it.

    python -m bench.many.loop ADDRESS RATE BURST MOST SKIPPED SECONDS NAME …

Each NAME is a file of bodies for one number, which are sent again and again, at most `MOST` at once, whatever comes
back. What is accepted counts from `SKIPPED` seconds after the signal on, for `SECONDS`.
"""

from __future__ import annotations

import itertools
import select
import sys
import time
from collections.abc import Iterator
from typing import Any

import orjson
import pycurl

from bench.contender import ready, tell
from bench.dispatch.bodies_read import read_bodies
from bench.measure import Clock


class Number:
    """One number's bucket and its requests under way."""

    def __init__(self, address: str, name: str, rate: float, burst: float, most: int) -> None:
        path, headers, bodies, _people = read_bodies(name)
        self.url = address + path
        self.headers = [f"{key}: {value}" for key, value in headers] + ["Expect:"]
        self.bodies: Iterator[bytes] = itertools.cycle([body.encode() for body in bodies])
        self.rate, self.burst, self.most = rate, burst, most
        self.tokens = burst
        self.at = time.monotonic()
        self.idle: list[Any] = []
        self.under_way = 0

    def takes(self, now: float) -> bool:
        """Whether a request leaves now."""
        if self.under_way >= self.most:
            return False
        self.tokens = min(self.burst, self.tokens + (now - self.at) * self.rate)
        self.at = now
        if self.tokens < 1:
            return False
        self.tokens -= 1
        return True


class Loop:
    """`accepted` counts answers whose message id was read."""

    def __init__(self, numbers: list[Number]) -> None:
        self._numbers = numbers
        self._epoll = select.epoll()
        self._watched: set[int] = set()
        self._multi = pycurl.CurlMulti()
        self._multi.setopt(pycurl.M_SOCKETFUNCTION, self._watch)
        self._multi.setopt(pycurl.M_TIMERFUNCTION, lambda _ms: None)
        self._multi.setopt(pycurl.M_MAXCONNECTS, sum(number.most for number in numbers))
        self._running: dict[Any, Number] = {}
        self._answers: dict[Any, list[bytes]] = {}
        self.accepted = 0

    def run(self, until: float) -> None:
        while (now := time.monotonic()) < until:
            for number in self._numbers:
                while number.takes(now):
                    self._start(number)
            self._multi.socket_action(pycurl.SOCKET_TIMEOUT, 0)
            for fd, happened in self._epoll.poll(0.001):
                self._multi.socket_action(fd, (1 if happened & 1 else 0) | (2 if happened & 4 else 0))
            self._collect()

    def _start(self, number: Number) -> None:
        curl = number.idle.pop() if number.idle else self._handle(number)
        curl.setopt(pycurl.POSTFIELDS, next(number.bodies))
        self._running[curl] = number
        number.under_way += 1
        self._multi.add_handle(curl)

    def _handle(self, number: Number) -> Any:
        curl = pycurl.Curl()
        self._answers[curl] = []
        curl.setopt(pycurl.URL, number.url)
        curl.setopt(pycurl.HTTPHEADER, number.headers)
        curl.setopt(pycurl.WRITEFUNCTION, self._answers[curl].append)
        curl.setopt(pycurl.POST, 1)
        return curl

    def _collect(self) -> None:
        left = 1
        while left:
            left, good, bad = self._multi.info_read()
            if bad:
                sys.exit(f"{bad[0][1:]}")
            for curl in good:
                self._finish(curl)

    def _finish(self, curl: Any) -> None:
        self._multi.remove_handle(curl)
        number = self._running.pop(curl)
        number.under_way -= 1
        number.idle.append(curl)
        if curl.getinfo(pycurl.RESPONSE_CODE) == 200:
            self.accepted += bool(orjson.loads(b"".join(self._answers[curl]))["messages"][0]["id"])
        self._answers[curl].clear()

    def _watch(self, what: int, fd: int, _multi: object, _data: object) -> None:
        if what == pycurl.POLL_REMOVE:
            self._watched.discard(fd)
            try:
                self._epoll.unregister(fd)
            except OSError:
                return  # already closed
            return
        wanted = (select.EPOLLIN if what & 1 else 0) | (select.EPOLLOUT if what & 2 else 0)
        (self._epoll.modify if fd in self._watched else self._epoll.register)(fd, wanted)
        self._watched.add(fd)


def main(address: str, rate: float, burst: float, most: int, skipped: float, seconds: float) -> None:
    numbers = [Number(address, name, rate, burst, most) for name in sys.argv[7:]]
    loop = Loop(numbers)
    ready()
    loop.run(time.monotonic() + skipped)
    before, clock = loop.accepted, Clock()
    loop.run(time.monotonic() + seconds)
    tell(clock.run(loop.accepted - before))


if __name__ == "__main__":
    main(sys.argv[1], float(sys.argv[2]), float(sys.argv[3]), int(sys.argv[4]), *map(float, sys.argv[5:7]))
