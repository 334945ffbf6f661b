"""Baseline: pywa's synchronous client in 64 threads. `python -m bench.dispatch.pywa_client ADDRESS MESSAGES`."""

from __future__ import annotations

import sys
from concurrent.futures import ThreadPoolExecutor

import httpx
from pywa.client import WhatsApp

from bench.contender import ready, tell
from bench.dispatch.bodies_read import read_bodies

THREADS = 64


class ToTheSink(httpx.BaseTransport):
    """pywa names Meta's host itself; only that is changed."""

    def __init__(self, address: str) -> None:
        self._address = httpx.URL(address)
        self._inner = httpx.HTTPTransport(
            limits=httpx.Limits(max_connections=THREADS, max_keepalive_connections=THREADS)
        )

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        request.url = request.url.copy_with(
            scheme=self._address.scheme, host=self._address.host, port=self._address.port
        )
        return self._inner.handle_request(request)


def main(address: str, count: int) -> None:
    path, _headers, _bodies, people = read_bodies()
    people = people[:count]
    session = httpx.Client(transport=ToTheSink(address))
    client = WhatsApp(phone_id=path.split("/")[1], token="token", session=session)  # noqa: S106
    text = "Hello there, our autumn range is here! " + "The jackets you asked about are back. " * 5

    def send(person: str) -> str:
        return client.send_message(to=person, text=text).id

    clock = ready()
    with ThreadPoolExecutor(THREADS) as pool:
        ids = set(pool.map(send, people))
    run = clock.run(len(people))
    if len(ids) != len(people):
        sys.exit("answers are missing")
    tell(run)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
