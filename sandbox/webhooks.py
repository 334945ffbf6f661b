"""Sends webhooks: signed, batched, tried again until accepted, and as disorderly as the scenario wants."""

import asyncio
import random
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, cast

from sandbox.accounts import Account
from sandbox.client import Client, Unreachable
from sandbox.scenario import Scenario

TICK_S = 0.01
SENDERS = 8  # concurrent POSTs for one account
LONGEST_PAUSE_S = 60.0

Update = Any
"""What happened, as the provider's package understands it; the sender only carries it."""


@dataclass(frozen=True, slots=True)
class Post:
    """One webhook call, ready to go."""

    url: str
    body: bytes
    headers: dict[str, str]
    forged_headers: dict[str, str]


Pack = Callable[[Any, list[Update], bool], Post | None]
"""Turns updates of one account into a call, None where nobody listens; the flag marks a repetition."""


class Webhooks:
    """A queue per account and the connections to whoever listens."""

    def __init__(self, scenario: Callable[[str], Scenario], client: Client) -> None:
        self._scenario = scenario
        self._client = client
        self._pack: dict[str, Pack] = {}
        self._slots: dict[int, list[tuple[Account, Update]]] = {}
        self._pending: dict[str, deque[Update]] = {}
        self._active: dict[str, set[asyncio.Task[None]]] = {}
        self.sent = 0
        self.refused = 0

    def serve(self, kind: str, pack: Pack) -> None:
        """Name the function that packs updates of accounts of this kind."""
        self._pack[kind] = pack

    @property
    def waiting(self) -> int:
        """Updates that nobody has accepted yet."""
        due = sum(map(len, self._slots.values())) + sum(map(len, self._pending.values()))
        return due + sum(map(len, self._active.values()))

    def put(self, account: Account, update: Update, *, after_s: float = 0.0) -> None:
        """Send the update after a while, with the copies and the disorder of the scenario."""
        scenario = self._scenario(account.id)
        for copy in range(1 + scenario.copies()):
            wait = after_s
            if scenario.webhook_shuffle or copy:
                wait = random.uniform(0, after_s + max(scenario.webhook_delay_ms, 50) / 500)
            self._at(wait, account, update)

    def _at(self, wait_s: float, account: Account, update: Update) -> None:
        loop = asyncio.get_running_loop()
        slot = int((loop.time() + wait_s) / TICK_S) + 1
        entries = self._slots.get(slot)
        if entries is None:
            entries = self._slots[slot] = []
            loop.call_at(slot * TICK_S, self._fire, slot)
        entries.append((account, update))

    def _fire(self, slot: int) -> None:
        for account, update in self._slots.pop(slot, ()):
            self._pending.setdefault(account.id, deque()).append(update)
            active = self._active.setdefault(account.id, set())
            if len(active) < SENDERS:
                active.add(asyncio.get_running_loop().create_task(self._send_pending(account, active)))

    async def _send_pending(self, account: Account, active: set[asyncio.Task[None]]) -> None:
        pending = self._pending[account.id]
        try:
            while pending:
                scenario = self._scenario(account.id)
                if scenario.webhook_shuffle:
                    mixed = list(pending)
                    random.shuffle(mixed)
                    pending.clear()
                    pending.extend(mixed)
                size = min(len(pending), max(1, int(scenario.webhook_batch)))
                await self._deliver(account, [pending.popleft() for _ in range(size)], scenario)
        finally:
            active.discard(cast(asyncio.Task[None], asyncio.current_task()))

    async def _deliver(self, account: Account, batch: list[Update], scenario: Scenario) -> None:
        """Post until it is accepted, the time for trying is over or nobody listens at all."""
        began, pause, repeated = time.monotonic(), 0.25, False
        while True:
            post = self._pack[account.kind](account, batch, repeated)
            if post is None:
                return
            if random.random() < scenario.webhook_forge_rate:
                await self._post(post.url, post.body, post.forged_headers)
            if await self._post(post.url, post.body, post.headers):
                self.sent += 1
                return
            self.refused += 1
            if time.monotonic() - began + pause > scenario.webhook_retry_s:
                return
            await asyncio.sleep(pause * random.uniform(0.5, 1.0))
            pause, repeated = min(pause * 2, LONGEST_PAUSE_S), True

    async def _post(self, url: str, body: bytes, headers: dict[str, str]) -> bool:
        try:
            answer = await self._client.request("POST", url, body=body, headers=headers)
        except Unreachable:
            return False
        return 200 <= answer.status < 300

    def reset(self) -> None:
        """Forget what is still to be sent."""
        self._slots.clear()
        self._pending.clear()
        for tasks in self._active.values():
            for task in tasks:
                task.cancel()
        self._active.clear()
