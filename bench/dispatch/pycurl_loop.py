"""Baseline: one libcurl multi driven by epoll, nothing around it. `python -m bench.dispatch.pycurl_loop ADDRESS`.

Each answer is parsed and its message id kept, as whoever sends must do.
"""

from __future__ import annotations

import select
import sys
from typing import Any

import orjson
import pycurl

from bench.contender import ready, tell
from bench.dispatch.bodies_read import read_bodies

CONNECTIONS = 64


def main(address: str, certificate: str) -> None:
    path, headers, bodies, _people = read_bodies()
    sent = [body.encode() for body in bodies]
    epoll = select.epoll()
    watched: set[int] = set()

    def watch(what: int, fd: int, _multi: object, _data: object) -> None:
        if what == pycurl.POLL_REMOVE:
            watched.discard(fd)
            try:
                epoll.unregister(fd)
            except OSError:
                return
            return
        wanted = (select.EPOLLIN if what & 1 else 0) | (select.EPOLLOUT if what & 2 else 0)
        (epoll.modify if fd in watched else epoll.register)(fd, wanted)
        watched.add(fd)

    multi = pycurl.CurlMulti()
    multi.setopt(pycurl.M_SOCKETFUNCTION, watch)
    multi.setopt(pycurl.M_TIMERFUNCTION, lambda _ms: None)
    answers: dict[Any, list[bytes]] = {}
    for _ in range(CONNECTIONS):
        curl = pycurl.Curl()
        answers[curl] = []
        curl.setopt(pycurl.URL, address + path)
        curl.setopt(pycurl.HTTPHEADER, [f"{name}: {value}" for name, value in headers] + ["Expect:"])
        curl.setopt(pycurl.WRITEFUNCTION, answers[curl].append)
        curl.setopt(pycurl.POST, 1)
        if certificate:
            curl.setopt(pycurl.CAINFO, certificate)
    clock = ready()
    ids: list[str] = []
    waiting = iter(sent)

    def start(curl: Any) -> bool:
        body = next(waiting, None)
        if body is None:
            return False
        curl.setopt(pycurl.POSTFIELDS, body)
        multi.add_handle(curl)
        return True

    for curl in answers:
        start(curl)
    multi.socket_action(pycurl.SOCKET_TIMEOUT, 0)
    while len(ids) < len(sent):
        for fd, happened in epoll.poll(0.05):
            multi.socket_action(fd, (1 if happened & 1 else 0) | (2 if happened & 4 else 0))
        multi.socket_action(pycurl.SOCKET_TIMEOUT, 0)
        _left, good, bad = multi.info_read(CONNECTIONS)
        if bad:
            sys.exit(f"{bad[0][1:]}")
        for curl in good:
            multi.remove_handle(curl)
            ids.append(orjson.loads(b"".join(answers[curl]))["messages"][0]["id"])
            answers[curl].clear()
            start(curl)
        if good:
            multi.socket_action(pycurl.SOCKET_TIMEOUT, 0)
    run = clock.run(len(ids))
    if len(set(ids)) != len(sent):
        sys.exit("answers are missing")
    tell(run)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2] if len(sys.argv) > 2 else "")
