"""Files that lie at a provider: uploaded once per channel, then sent by their id for as long as it keeps them.

One row per channel and file. Whoever claims it uploads; a claim that ran out (its worker died) is taken over, which
costs another upload and never a doubt, for an upload reaches nobody.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import timedelta

import structlog
from django.conf import settings
from django.db import connection
from django.utils import timezone

from channels.adapters.base import (
    Answer,
    Blame,
    CallFailed,
    ChannelKind,
    Credentials,
    Outcome,
    OutcomeKind,
    OutgoingMedia,
    ProviderRequest,
    Reason,
)
from channels.adapters.meta.whatsapp import calls as whatsapp
from channels.models import Channel, Media, ProviderFile
from channels.sending.rare import RareCalls

log = structlog.get_logger(__name__)
TIMEOUT_S = 60.0
CLAIM_S = 90  # longer than an upload may take
USED_UNTIL = timedelta(hours=12)  # before it goes at the provider: a campaign may run for some hours


@dataclass(frozen=True)
class Keeper:
    """How a provider takes a file and for how long it keeps it."""

    upload: Callable[[bytes, str, str, Credentials], ProviderRequest]
    read: Callable[[Answer], str]
    kept: timedelta


# Every other channel fetches files from their public address.
KEEPERS: dict[ChannelKind, Keeper] = {
    ChannelKind.WHATSAPP: Keeper(whatsapp.upload, whatsapp.read_upload, timedelta(days=30)),
}


def upload_once(channel: Channel, files: Iterable[Media]) -> bool:
    """Bring the files to the channel's provider where it keeps files, in the tenant's scope, outside a transaction.

    False: another worker is at it; ask again later. Where it cannot be done now the file goes by its address; one the
    provider refuses, or that is no longer what was uploaded to us, is remembered as refused.
    """
    keeper = KEEPERS.get(ChannelKind(channel.kind))
    if keeper is None:
        return True
    done = True
    for media in files:
        if _ready(channel, media):
            continue
        if not _claim(channel, media):
            done = False
            continue
        _store(channel, media, keeper, _upload(channel, media, keeper))
    return done


def at_provider(channel: Channel, media: Media, outgoing: OutgoingMedia) -> OutgoingMedia | Outcome:
    """`outgoing` by its id at the provider where it lies there, by its address otherwise; an Outcome where it was
    refused."""
    row = ProviderFile.objects.filter(channel=channel, media=media).first()
    if row is None:
        return outgoing
    if row.reason:
        return _refused(Reason(row.reason), row.provider_code, row.detail)
    if row.provider_media_id and row.expires_at and row.expires_at > timezone.now():
        return replace(outgoing, provider_media_id=row.provider_media_id)
    return outgoing


def forget(tenant_id: int, channel_id: int, provider_media_id: str) -> None:
    """The provider does not know this id any more."""
    with connection.cursor() as cursor:
        cursor.execute(
            "DELETE FROM channels_providerfile WHERE tenant_id = %s AND channel_id = %s AND provider_media_id = %s",
            [tenant_id, channel_id, provider_media_id],
        )
    log.warning("provider_file_gone", channel=channel_id, id=provider_media_id)


def _ready(channel: Channel, media: Media) -> bool:
    """It lies there for long enough, or was refused for what it is."""
    row = ProviderFile.objects.filter(channel=channel, media=media).first()
    if row is None:
        return False
    lasting = row.expires_at is not None and row.expires_at > timezone.now() + USED_UNTIL
    return bool(row.reason) or (bool(row.provider_media_id) and lasting)


def _claim(channel: Channel, media: Media) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(
            """INSERT INTO channels_providerfile AS file
                   (tenant_id, channel_id, media_id, claimed_until, provider_media_id, reason, provider_code, detail)
               VALUES (%s, %s, %s, clock_timestamp() + make_interval(secs => %s), '', '', '', '')
               ON CONFLICT (channel_id, media_id) DO UPDATE SET claimed_until = excluded.claimed_until
               WHERE file.claimed_until < clock_timestamp()
               RETURNING id""",
            [channel.tenant_id, channel.pk, media.pk, CLAIM_S * settings.ENGINE_TIME_SCALE],
        )
        return cursor.fetchone() is not None


def _upload(channel: Channel, media: Media, keeper: Keeper) -> str | Outcome:
    """The id at the provider, or why there is none."""
    try:
        with media.file.open("rb") as file:
            data = file.read()
    except FileNotFoundError:
        return _refused(Reason.MEDIA_REJECTED, "file_missing", "")
    except OSError:
        log.exception("file_unreadable", media=media.pk)
        return Outcome(OutcomeKind.NOT_SENT, Reason.CONNECTION_FAILED)
    if hashlib.sha256(data).hexdigest() != media.sha256:
        return _refused(Reason.MEDIA_REJECTED, "file_changed", "")
    request = keeper.upload(data, media.mime, f"{media.kind}{media.extension}", channel.credentials())
    try:
        with RareCalls(settings.PROVIDER_URLS, timeout=TIMEOUT_S, ca_file=settings.PROVIDER_CA_FILE) as calls:
            return keeper.read(calls.call(request))
    except CallFailed as error:
        return error.outcome


def _store(channel: Channel, media: Media, keeper: Keeper, found: str | Outcome) -> None:
    """Keep what came of it and end the claim."""
    values: dict[str, object] = {"claimed_until": timezone.now()}
    if isinstance(found, str):
        values |= {"provider_media_id": found, "expires_at": timezone.now() + keeper.kept}
        log.info("file_uploaded", channel=channel.pk, media=media.pk)
    elif found.kind is OutcomeKind.REFUSED and found.final and found.blame is Blame.CONTENT:
        values |= {
            "reason": Reason.MEDIA_REJECTED.value,
            "provider_code": found.provider_code[:120],
            "detail": found.detail[:500],
        }
        log.warning("file_refused", channel=channel.pk, media=media.pk, code=found.provider_code)
    else:
        log.warning("file_not_uploaded", channel=channel.pk, media=media.pk, reason=found.reason)
    ProviderFile.objects.filter(channel=channel, media=media).update(**values)


def _refused(reason: Reason, code: str, detail: str) -> Outcome:
    return Outcome(
        OutcomeKind.REFUSED, reason, final=True, blame=Blame.CONTENT, provider_code=code, detail=detail
    )
