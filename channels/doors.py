"""Questions of strangers, asked before a tenant is known: each answers with ids and plain values only."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.db import connection

from channels.adapters.base import ChannelKind
from channels.models import DeliverySource
from tenants.rehearsing import served

Account = tuple[ChannelKind, str]  # a provider's account: its kind, and its id at the provider

OWNERS_SQL = """
WITH asked AS (SELECT DISTINCT * FROM unnest(%s::varchar[], %s::varchar[]) AS asked (kind, account_id))
SELECT asked.kind, asked.account_id, channel.id, channel.tenant_id, channel.meta_app_id,
       coalesce(channel.last_webhook_at < now() - interval '10 seconds', true)
FROM asked JOIN channels_channel AS channel USING (kind, account_id)
UNION ALL
SELECT asked.kind, asked.account_id, channel.id, channel.tenant_id, channel.meta_app_id,
       coalesce(channel.last_webhook_at < now() - interval '10 seconds', true)
FROM asked
JOIN channels_whatsappaccount AS account ON asked.kind = 'whatsapp' AND account.waba_id = asked.account_id
JOIN channels_channel AS channel ON channel.whatsapp_account_id = account.id
ORDER BY 3
"""


@dataclass(frozen=True)
class Owner:
    """A channel an account belongs to, and whose secret must have signed what concerns it. `quiet`: nothing has been
    noted of it for ten seconds."""

    channel_id: int
    tenant_id: int
    source: DeliverySource
    source_id: int | None
    quiet: bool


def owners_of(accounts: Iterable[Account]) -> dict[Account, list[Owner]]:
    """The channels of each account: one, or all numbers of a WhatsApp account. Unknown accounts are left out."""
    asked = list(accounts)
    owners: dict[Account, list[Owner]] = {}
    with connection.cursor() as cursor:
        cursor.execute(
            OWNERS_SQL, [[kind for kind, _id in asked], [account_id for _kind, account_id in asked]]
        )
        for kind, account_id, channel_id, tenant_id, meta_app_id, quiet in cursor.fetchall():
            line = kind == ChannelKind.LINE
            owners.setdefault((ChannelKind(kind), account_id), []).append(
                Owner(
                    channel_id,
                    tenant_id,
                    DeliverySource.LINE if line else DeliverySource.META,
                    channel_id if line else meta_app_id,
                    quiet,
                )
            )
    return owners


@dataclass(frozen=True)
class PublicMedia:
    """What a stranger who knows the key may fetch. Paths are those of the storage; `preview` may be empty."""

    path: str
    preview: str
    mime: str
    kind: str
    name: str
    sha256: str


def public_media(key: str) -> PublicMedia | None:
    """The file behind an unguessable key."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT file, preview, mime, kind, name, sha256 FROM channels_media WHERE key = %s", [key]
        )
        row = cursor.fetchone()
    return PublicMedia(*row) if row else None


def watch_new_channels(kinds: list[str]) -> int:
    """Have real teams' channels of these kinds asked about that never were; returns how many."""
    with connection.cursor() as cursor:
        cursor.execute(
            """INSERT INTO channels_health (tenant_id, channel_id)
               SELECT tenant_id, id FROM channels_channel AS channel
               WHERE kind = ANY(%s) AND tenant_id IN (SELECT id FROM tenants_tenant WHERE rehearses_id IS NULL)
                 AND NOT EXISTS (SELECT FROM channels_health WHERE channel_id = channel.id)
               ON CONFLICT DO NOTHING""",
            [kinds],
        )
        return int(cursor.rowcount)


def channels_to_check() -> list[tuple[int, int]]:
    """(tenant id, channel id) of those whose provider is to be asked how they are, the longest waiting first."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"""SELECT tenant_id, channel_id FROM channels_health h
                WHERE due_at <= clock_timestamp() AND {served("h.tenant_id")} ORDER BY due_at"""  # noqa: S608  (our own SQL)
        )
        return [(tenant, channel) for tenant, channel in cursor.fetchall()]
