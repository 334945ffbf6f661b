"""A look at the files that businesses link to, as Meta fetches them."""

import asyncio
import time
from dataclasses import dataclass
from urllib.parse import urlsplit

from sandbox.client import Client, Unreachable

LOOPBACK = ("127.0.0.1", "localhost", "::1")
KEPT_S, MOST_KEPT = 600, 1000


@dataclass(frozen=True, slots=True)
class Linked:
    """What lies behind a link; `size` in bytes."""

    size: int
    mime: str


def is_local(link: str) -> bool:
    """Whether the sandbox itself can look at the link: only what lies on this machine."""
    return urlsplit(link).hostname in LOOPBACK


class Links:
    """Each link is fetched once in ten minutes, however many messages carry it."""

    def __init__(self) -> None:
        self._seen: dict[str, tuple[float, asyncio.Future[Linked | None]]] = {}

    async def look_at(self, client: Client, link: str) -> Linked | None:
        """What lies there; None where it cannot be fetched."""
        at, fetching = self._seen.get(link, (0.0, None))
        if fetching is None or time.time() - at > KEPT_S:
            if len(self._seen) > MOST_KEPT:
                self._seen.clear()
            fetching = asyncio.ensure_future(_fetch(client, link))
            self._seen[link] = (time.time(), fetching)
        return await fetching


async def _fetch(client: Client, link: str) -> Linked | None:
    try:
        answer = await client.request("GET", link)
    except Unreachable:
        return None
    return Linked(len(answer.body), answer.headers.get("content-type", "")) if answer.status == 200 else None
