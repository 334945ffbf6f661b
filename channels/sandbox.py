"""The provider sandbox as the product meets it: where it listens, and what it says really arrived.

Only over HTTP, and only where every provider's address is the sandbox's, or for a team that rehearses: with real
providers there is no journal.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import requests

from tenants.rehearsing import sandbox_address, stand_in
from tenants.scopes import current_tenant

PAGE = 10_000
TIMEOUT_S = 30


class SandboxAway(Exception):
    """The sandbox does not answer as one."""


@dataclass(frozen=True)
class Entry:
    """One part that the sandbox took for one person. `attempt` is the retry key or opaque id that came with it, `state`
    how far it came: accepted, sent, delivered, read; or failed, dropped."""

    number: int
    at: datetime
    recipient: str
    attempt: str
    part: int
    state: str
    body: Any

    @property
    def reached(self) -> bool:
        return self.state not in ("failed", "dropped")


def sandbox_url() -> str | None:
    """Where the sandbox listens that takes what the team of the scope sends, outside any scope what everybody does;
    None where that goes to real providers."""
    try:
        rehearses = current_tenant().is_rehearsal
    except LookupError:
        rehearses = False
    return sandbox_address() if rehearses else stand_in()


def journal_began_at() -> datetime:
    """Since when the sandbox has kept its journal: its start, or the latest reset. Raises SandboxAway."""
    began = _ask("summary", {}).get("journal_began_at")
    if not isinstance(began, int | float):
        raise SandboxAway
    return datetime.fromtimestamp(began, UTC)


def journal_of(account_id: str, since: datetime) -> Iterator[Entry]:
    """Everything the sandbox took on an account since then, in order of arrival. Raises SandboxAway."""
    after = -1
    while True:
        query = {
            "account": account_id,
            "since": since.timestamp(),
            "all": "true",
            "limit": PAGE,
            "after": after,
        }
        page = _ask("journal", {name: value for name, value in query.items() if value != -1})
        for row in page["results"]:
            yield Entry(
                number=row["number"],
                at=datetime.fromtimestamp(row["at"], UTC),
                recipient=row["recipient"],
                attempt=row["attempt"],
                part=row["part"],
                state=row["state"],
                body=row["body"],
            )
        if page["next"] is None:
            return
        after = page["next"]


def _ask(call: str, query: dict[str, Any]) -> dict[str, Any]:
    url = sandbox_url()
    if url is None:
        raise SandboxAway
    try:
        answer = requests.get(f"{url}/_sandbox/{call}", params=query, timeout=TIMEOUT_S)
        answer.raise_for_status()
        found = answer.json()
    except (requests.RequestException, ValueError) as error:
        raise SandboxAway from error
    if not isinstance(found, dict):
        raise SandboxAway
    return found
