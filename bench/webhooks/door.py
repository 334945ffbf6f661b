"""The door against a bare ASGI server that checks the same signature and stores nothing; both on uvicorn.

The figure is deliveries per second of processor time of the web process; every answer is looked at, and the stored
deliveries are counted before the clock stops.
"""

from __future__ import annotations

import time
import urllib.error
import urllib.request
from collections.abc import Collection, Iterator

from django.db import connection

from bench.goals import GOALS, Line
from bench.machine import READY_S, Machine
from bench.measure import Run, interleaved, median, tree_cpu
from bench.shop import APP_SECRET, Shop
from bench.webhooks.deliveries import Sent, delivery, signature
from bench.webhooks.load import post, request
from broadcaster.embedded.ports import free_port
from channels.adapters.base import ChannelKind
from channels.models import Channel

DELIVERIES = 20_000
CONNECTIONS = 64
TOGETHER = 2  # statuses a delivery: about a kilobyte


def benchmark(machine: Machine, wanted: Collection[str], runs: int, share: float) -> Iterator[Line]:
    shop = Shop.open("door")
    channel = shop.account(ChannelKind.WHATSAPP)
    requests = _requests(channel, int(DELIVERIES * share))
    ours, bare = interleaved(
        runs,
        lambda: _run(machine, "broadcaster.asgi:application", requests, stored=True),
        lambda: _run(machine, "bench.webhooks.bare:application", requests, stored=False),
    )
    yield Line(
        GOALS["webhook.rate"],
        median(run.count / run.cpu for run in ours),
        median(run.count / run.cpu for run in bare),
        median(theirs.cpu / mine.cpu for mine, theirs in zip(ours, bare, strict=True)),
    )


def _requests(channel: Channel, count: int) -> list[bytes]:
    account, app = channel.whatsapp_account, channel.meta_app
    assert account
    assert app
    bodies = [
        delivery(
            channel.account_id,
            account.waba_id,
            [
                Sent(n, f"wamid.HBgMODg2OTAwMDAwMDAwFQIAERgSQkVOQ0gw{n:016d}", f"+8869{n:08}")
                for n in range(TOGETHER * place, TOGETHER * (place + 1))
            ],
            "delivered",
        )
        for place in range(count)
    ]
    return [request(f"/webhooks/meta/{app.key}", signature(APP_SECRET, body), body) for body in bodies]


def _run(machine: Machine, application: str, requests: list[bytes], *, stored: bool) -> Run:
    port = free_port()
    with machine.child(
        *("uvicorn", application, "--port", str(port), "--log-level", "error", "--no-access-log"),
        BENCH_SECRET=APP_SECRET,
    ) as server:
        _await(port)
        post(port, requests[:200], CONNECTIONS)  # connections, statements and secrets are known
        before, had = tree_cpu(server.pid), _stored()
        begun = time.perf_counter()
        answers = post(port, requests, CONNECTIONS)
        new = _stored() - had
        run = Run(len(requests), time.perf_counter() - begun, tree_cpu(server.pid) - before)
    assert answers == {200: len(requests)}, answers
    assert new == (len(requests) if stored else 0), f"{new} stored"
    _forget()
    return run


def _forget() -> None:
    """What was stored tells of messages that nobody sent: whoever measures absorbing next must not find it."""
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM channels_arrival")


def _stored() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM channels_rawdelivery")
        return int(cursor.fetchone()[0])


def _await(port: int) -> None:
    limit = time.monotonic() + READY_S
    while True:
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/webhooks/line/0", data=b"{}")
        except urllib.error.HTTPError:
            return
        except OSError:
            if time.monotonic() > limit:
                raise
            time.sleep(0.05)  # between two looks at another process, which has READY_S to listen
        else:
            return
