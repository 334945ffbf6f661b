"""PostgreSQL and Valkey of one state folder, or the ones that the environment names."""

from __future__ import annotations

from broadcaster.embedded.child import Child
from broadcaster.embedded.environment import SERVICES, chosen
from broadcaster.embedded.postgres import Postgres
from broadcaster.embedded.state import StateFolder
from broadcaster.embedded.valkey import Valkey


class Services:
    """Starts what DATABASE_URL and REDIS_URL do not name already; those are used as they are."""

    def __init__(self, state: StateFolder, *, throw_away: bool = False) -> None:
        self.state = state
        self.throw_away = throw_away
        self.children: list[Child] = []

    def start(self) -> dict[str, str]:
        """Bring them up; the answer is the two addresses as environment variables. Raises ServiceError."""
        addresses = {name: value for name, value in chosen().items() if name in SERVICES}
        try:
            if "DATABASE_URL" not in addresses:
                postgres = Postgres(self.state, throw_away=self.throw_away)
                self.children.append(postgres.start())
                addresses["DATABASE_URL"] = postgres.url
            if "REDIS_URL" not in addresses:
                valkey = Valkey(self.state, throw_away=self.throw_away)
                self.children.append(valkey.start())
                addresses["REDIS_URL"] = valkey.url
        except BaseException:
            self.stop()
            raise
        return addresses

    def stop(self) -> None:
        for child in reversed(self.children):
            child.stop()
        self.children.clear()
