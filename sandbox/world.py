"""Everything the sandbox knows, in one object that the providers share."""

import asyncio
import time
from collections import Counter
from collections.abc import Coroutine
from pathlib import Path
from typing import Any

import orjson

from sandbox.accounts import Accounts
from sandbox.client import Client
from sandbox.journal import Journal
from sandbox.limits import Buckets
from sandbox.links import Links
from sandbox.media import Media
from sandbox.people import People
from sandbox.scenario import Scenarios
from sandbox.stripe.state import Payments
from sandbox.uploads import Upload
from sandbox.webhooks import Webhooks


class World:
    """Accounts and people (kept), journal, scenario and buckets (emptied by a reset)."""

    def __init__(self, state_file: Path | None = None) -> None:
        self.people = People()
        self.accounts = Accounts(self.people)
        self.scenarios = Scenarios()
        self.media = Media()
        self.links = Links()
        self.base_url = ""  # where the product reaches this sandbox, for addresses of customers' files
        self.client = Client()
        self.webhooks = Webhooks(self.scenarios.of, self.client)
        self.buckets = Buckets()
        self.journal = Journal()
        self.inbound = 0
        self.payments = Payments()
        self.version = 0  # grows with everything a phone could show
        self._state_file = state_file
        self._save_timer: asyncio.TimerHandle | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self.reset()

    def reset(self) -> None:
        """Empty the journal, the counters and the scenario; accounts and people stay."""
        self.version += 1
        self.journal = Journal(first=self.journal.first + len(self.journal))
        self.journal_began_at = self.now()
        self.scenarios.reset()
        self.buckets.clear()
        self.webhooks.reset()
        self.people.forget_messages()
        self.payments.forget()
        self.requests = 0
        self.accepted = 0
        self.uploads = 0  # files businesses uploaded
        self.by_answer: Counter[str] = Counter()
        self.retry_keys: dict[tuple[str, str], tuple[float, str, bytes, int]] = {}
        self.changed_retries = 0  # a LINE key that came again with another body
        self.reply_tokens: dict[str, tuple[int, float]] = {}
        self.refused_tries: Counter[tuple[str, str]] = Counter()
        self.begun: dict[str, dict[int, float]] = {}  # number id -> person -> when last written to first
        self.resumable: dict[str, Upload] = {}  # uploads of examples, by id
        self.resting_names: set[tuple[str, str, str]] = set()  # (waba, name, language) of deleted templates
        self.template_edits: dict[str, list[float]] = {}  # template id -> when it was edited while approved
        self.failures: dict[int, int] = {}  # journal row -> the Graph code of its failed status
        for account in self.accounts:
            account.forget_counts()

    def summary(self) -> dict[str, Any]:
        return {
            "requests": self.requests,
            "accepted": self.accepted,
            "people": self.journal.people,
            "duplicates": self.journal.duplicates,
            "by_answer": dict(self.by_answer),
            "parts": len(self.journal),
            "journal_began_at": self.journal_began_at,
            "inbound": self.inbound,
            "uploads": self.uploads,
            "changed_retries": self.changed_retries,
            "webhooks": {
                "posted": self.webhooks.sent,
                "refused": self.webhooks.refused,
                "waiting": self.webhooks.waiting,
            },
        }

    def begin(self, work: Coroutine[Any, Any, None]) -> None:
        """Run something beside the answer and keep hold of it until it ends."""
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def now(self) -> float:
        return time.time()

    # Accounts and people outlive a restart where a state file was named.
    def load(self) -> None:
        if self._state_file and self._state_file.exists():
            for description in orjson.loads(self._state_file.read_bytes()):
                self.accounts.register(description)

    def changed(self) -> None:
        """Note that accounts or people changed; many changes together are written to the state file once."""
        self.version += 1
        if self._state_file and self._save_timer is None:
            self._save_timer = asyncio.get_running_loop().call_later(0.5, self.save)

    def save(self) -> None:
        self._save_timer = None
        if not self._state_file:
            return
        self._state_file.parent.mkdir(parents=True, exist_ok=True)
        fresh = self._state_file.with_suffix(".new")
        fresh.write_bytes(orjson.dumps(self.accounts.saved()))
        fresh.chmod(0o600)
        fresh.replace(self._state_file)
