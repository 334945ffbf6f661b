"""Fetching what a customer sent. Our credentials go to the provider's configured hosts only, never to an address
that stands in a webhook."""

from __future__ import annotations

import mimetypes
from collections.abc import Callable
from urllib.parse import urlsplit

from django.conf import settings
from django.core.files.base import ContentFile

from channels.adapters import ADAPTERS
from channels.adapters.base import (
    CallFailed,
    ChannelKind,
    Credentials,
    IncomingMedia,
    ProviderRequest,
    ProviderResponse,
)
from channels.adapters.line import calls as line
from channels.adapters.meta.whatsapp import calls as whatsapp
from channels.errors import EmptyFile, MediaError, MediaNotReady, MediaUnavailable
from channels.media.types import BYTES, TYPES
from channels.media.uploads import Examined, check_size, examine, keep, shown_name
from channels.models import Channel, Media
from channels.sending.rare import RareCalls

Fetched = tuple[str, bytes]  # MIME type as the provider says, and the bytes
TIMEOUT_S = 60.0


def fetch_incoming(channel: Channel, incoming: IncomingMedia) -> Media:
    """Keep a file a customer sent through `channel`, in its tenant's scope. Rings no bell and repeats nothing.

    What is not what it says it is, or of a type we do not know, is kept as a plain file that is only ever saved,
    never shown. Raises MediaNotReady (ask again), MediaUnavailable, FileTooLarge.
    """
    fetch = FETCHERS.get(ChannelKind(channel.kind))
    try:
        if fetch is None or not incoming.provider_media_id:
            told, data = _from_address(incoming.url, ADAPTERS[ChannelKind(channel.kind)].media_hosts)
        else:
            with RareCalls(
                settings.PROVIDER_URLS, timeout=TIMEOUT_S, ca_file=settings.PROVIDER_CA_FILE
            ) as calls:
                told, data = fetch(calls, incoming.provider_media_id, channel.credentials())
    except CallFailed as error:
        raise MediaUnavailable from error
    mime = (incoming.mime or told).partition(";")[0].strip().lower()
    file = ContentFile(data)
    check_size(file.size)
    name = shown_name(incoming.filename or f"file{_extension(mime)}")
    return keep(_examined(file, name), tenant=channel.tenant, name=name, by=None)


def _examined(file: ContentFile[bytes], name: str) -> Examined:
    try:
        return examine(file, name)
    except EmptyFile:
        raise
    except MediaError:
        file.seek(0)
        return Examined(BYTES, file)


def _extension(mime: str) -> str:
    known = (extension for extension, file_type in TYPES.items() if file_type.mime == mime)
    return next(known, None) or mimetypes.guess_extension(mime) or ".bin"


def _from_address(address: str, hosts: frozenset[str]) -> Fetched:
    """What lies open on one of the provider's `hosts`, or on what stands in for it: fetched without credentials. An
    address a stranger chose is not opened."""
    parts = urlsplit(address)
    base, name = f"{parts.scheme}://{parts.netloc}", parts.hostname or ""
    theirs = base == f"https://{name}" and any(name == host or name.endswith(f".{host}") for host in hosts)
    stand_in = bool(hosts) and base == settings.PROVIDER_URLS["graph_media"]
    if not theirs and not stand_in:
        raise MediaUnavailable
    path = f"{parts.path}?{parts.query}" if parts.query else parts.path
    with RareCalls({"media": base}, timeout=TIMEOUT_S) as calls:
        answer = calls.call(ProviderRequest("GET", "media", path, ()), max_answer=settings.MAX_UPLOAD_BYTES)
    if not isinstance(answer, ProviderResponse) or answer.status != 200:
        raise MediaUnavailable
    return answer.headers.get("content-type", ""), answer.body


def _from_line(calls: RareCalls, media_id: str, credentials: Credentials) -> Fetched:
    request = line.content(media_id, credentials)
    content = line.read_content(calls.call(request, max_answer=settings.MAX_UPLOAD_BYTES))
    if not content.ready:
        raise MediaNotReady
    return content.mime, content.data


def _from_whatsapp(calls: RareCalls, media_id: str, credentials: Credentials) -> Fetched:
    info = whatsapp.read_media(calls.call(whatsapp.media(media_id, credentials)))
    request = whatsapp.download(info, credentials)
    media = whatsapp.read_download(calls.call(request, max_answer=settings.MAX_UPLOAD_BYTES))
    return info.mime or media.mime, media.data


FETCHERS: dict[ChannelKind, Callable[[RareCalls, str, Credentials], Fetched]] = {
    ChannelKind.LINE: _from_line,
    ChannelKind.WHATSAPP: _from_whatsapp,
}
