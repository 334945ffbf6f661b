"""Baseline: Apprise, one notification a person, 32 threads. `python -m bench.dispatch.apprise_client ADDRESS MESSAGES`.

Its `json://` service is used, which has no throttle of its own to switch off.
"""

from __future__ import annotations

import sys
from concurrent.futures import ThreadPoolExecutor

import apprise

from bench.contender import ready, tell
from bench.dispatch.bodies_read import read_bodies

THREADS = 32


def main(address: str, count: int) -> None:
    path, _headers, _bodies, people = read_bodies()
    text = "Hello there, our autumn range is here! " + "The jackets you asked about are back. " * 5

    def send(_person: str) -> bool:
        notifier = apprise.Apprise()
        notifier.add(address.replace("http", "json") + path)
        return bool(notifier.notify(body=text))

    clock = ready()
    with ThreadPoolExecutor(THREADS) as pool:
        sent = sum(pool.map(send, people[:count]))
    run = clock.run(sent)
    if sent != len(people[:count]):
        sys.exit("notifications are missing")
    tell(run)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
