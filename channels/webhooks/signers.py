"""Whose secret signs what comes to an address: looked up once, kept in the process for a while, never logged."""

from __future__ import annotations

import asyncio
import secrets
import time
from collections import OrderedDict
from dataclasses import dataclass, field
from typing import LiteralString

from channels.adapters.base import Credentials
from channels.models import DeliverySource
from channels.webhooks.database import Database
from tenants.secrets import decrypt

FRESH_S = 60.0  # a changed secret is known everywhere after this
RECHECK_S = 2.0  # a signature that does not fit looks again, no more often than this per address
REMEMBERED = 10_000  # addresses; strangers may make up as many as they like

# No tenant is named: a stranger is asking, and the signature must first say who it is.
LINE_SQL: LiteralString = (
    "SELECT id, account_id, secret, '' FROM channels_channel WHERE kind = 'line' AND id = %s::bigint"
)
META_SQL: LiteralString = "SELECT id, app_id, secret, verify_token FROM channels_metaapp WHERE key = %s"
OWN_META_SQL: LiteralString = (
    "SELECT id, app_id, secret, verify_token FROM channels_metaapp WHERE tenant_id IS NULL AND %s = ''"
)


@dataclass(frozen=True)
class Address:
    """Where a delivery came to: `name` is a LINE channel's id or a Meta app's key, "" the installation's own app."""

    source: DeliverySource
    name: str


@dataclass(frozen=True)
class Signer:
    """Who signs for an address. An address nobody owns has `source_id` None and a secret nobody knows."""

    source_id: int | None
    credentials: Credentials
    looked_up: float = field(default_factory=time.monotonic)

    @property
    def age(self) -> float:
        """Seconds since it was looked up."""
        return time.monotonic() - self.looked_up


class Signers:
    """The signers this process knows."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._known: OrderedDict[Address, Signer] = OrderedDict()
        self._looking = asyncio.Lock()

    async def get(self, address: Address, *, max_age: float = FRESH_S) -> Signer:
        """The signer of `address` as it was at most `max_age` seconds ago. Raises DatabaseAway."""
        signer = self._known.get(address)
        if signer is not None and signer.age < max_age:
            return signer
        async with self._looking:
            signer = self._known.get(address)
            if signer is None or signer.age >= max_age:
                signer = await self._look_up(address)
                self._remember(address, signer)
            return signer

    async def _look_up(self, address: Address) -> Signer:
        rows = await self._database.execute(_sql(address), [address.name])
        if not rows:
            return Signer(
                None, Credentials("", "", secret=secrets.token_hex(), verify_token=secrets.token_hex())
            )
        source_id, account_id, secret, verify_token = rows[0]
        return Signer(
            source_id,
            Credentials(
                account_id,
                access_token="",
                secret=decrypt(secret) if secret else secrets.token_hex(),
                verify_token=decrypt(verify_token) if verify_token else secrets.token_hex(),
            ),
        )

    def _remember(self, address: Address, signer: Signer) -> None:
        self._known[address] = signer
        self._known.move_to_end(address)
        while len(self._known) > REMEMBERED:
            self._known.popitem(last=False)


def _sql(address: Address) -> LiteralString:
    if address.source == DeliverySource.LINE:
        return LINE_SQL
    return META_SQL if address.name else OWN_META_SQL
