"""Files: uploaded once for many messages, sent by link, or sent with the message itself.

https://developers.facebook.com/docs/messenger-platform/send-messages/saving-assets
"""

import asyncio
import time
from collections.abc import Coroutine
from typing import Any
from urllib.parse import urlsplit

from sandbox.accounts import ThreadAccount
from sandbox.http import Request, Response, json_response
from sandbox.links import LOOPBACK, is_local
from sandbox.media import File
from sandbox.messenger.bodies import read_call
from sandbox.messenger.errors import (
    BAD_UPLOAD,
    BAD_VIDEO,
    MISMATCH,
    TOO_LARGE,
    UNFETCHED,
    not_taken,
    refused,
    wrong,
)
from sandbox.messenger.platforms import PLATFORMS
from sandbox.multipart import Field
from sandbox.world import World

LIFE_S = 90 * 24 * 3600
Link = tuple[str, str]
"""A kind of file and the address it is fetched from."""


def check_file(world: World, account: ThreadAccount, kind: str, payload: dict[str, Any]) -> list[Link]:
    """The links that are still to be fetched for one attachment. Raises GraphError."""
    link, uploaded = payload.get("url"), payload.get("attachment_id")
    if (link is None) == (uploaded is None):
        raise wrong(account, "payload needs exactly one of url and attachment_id")
    if uploaded is not None:
        _check_upload(world, account, kind, str(uploaded))
        return []
    parts = urlsplit(link) if isinstance(link, str) else urlsplit("")
    if not (parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in LOOPBACK)):
        raise refused(account, UNFETCHED)
    return [(kind, str(link))]


def _check_upload(world: World, account: ThreadAccount, kind: str, uploaded: str) -> None:
    file = world.media.get(uploaded)
    if file is None or not file.kind or file.account != account.number or _expired(file):
        raise refused(account, BAD_UPLOAD)
    if file.kind != kind:
        raise refused(account, MISMATCH)


def _expired(file: File) -> bool:
    return time.time() - file.stored_at > LIFE_S


def local(links: list[Link]) -> list[Link]:
    """Those that the sandbox can look at; all others count as good."""
    return [(kind, link) for kind, link in links if is_local(link)]


async def look_at(world: World, account: ThreadAccount, links: list[Link]) -> None:
    """Fetch them while the caller waits, as Meta does. Raises GraphError."""
    seen = await asyncio.gather(*(world.links.look_at(world.client, link) for _, link in links))
    for (kind, _), found in zip(links, seen, strict=True):
        if found is None:
            raise refused(account, BAD_VIDEO if kind == "video" else UNFETCHED)
        check_content(account, kind, found.mime, found.size)


def check_content(account: ThreadAccount, kind: str, mime: str, size: int) -> None:
    """Raises GraphError where a file of this type and size (bytes) does not go as this kind."""
    rule = PLATFORMS[account.kind].media[kind]
    if not rule.takes(mime):
        raise refused(account, MISMATCH)
    if size > rule.largest:
        raise refused(account, TOO_LARGE)


def attach(account: ThreadAccount, content: dict[str, Any], file: Field) -> str:
    """The kind of an attachment whose bytes came along, where they fit it. Raises GraphError."""
    attachment = content.get("attachment")
    kind = attachment.get("type") if isinstance(attachment, dict) else None
    if not isinstance(kind, str) or kind not in PLATFORMS[account.kind].media:
        raise not_taken(account, "filedata needs message.attachment.type")
    check_content(account, kind, file.mime, len(file.value))
    return kind


def store(world: World, account: ThreadAccount, kind: str, file: Field) -> str:
    """Keep the bytes that came along; returns the id."""
    stored = world.media.store(account.number, file.mime, file.value, name=file.filename, kind=kind)
    return stored.id


def store_link(world: World, account: ThreadAccount, kind: str, link: str) -> str:
    """Keep where a file is to be found; returns the id."""
    return world.media.store(account.number, f"{kind}/*", b"", kind=kind, link=link).id


def upload(
    world: World, account: ThreadAccount, request: Request
) -> Response | Coroutine[Any, Any, Response]:
    """`POST …/message_attachments`: answers the id under which the file can be sent for 90 days."""
    body, file = read_call(request)
    message = body.get("message")
    attachment = message.get("attachment") if isinstance(message, dict) else None
    kind = attachment.get("type") if isinstance(attachment, dict) else None
    if (
        not isinstance(attachment, dict)
        or not isinstance(kind, str)
        or kind not in PLATFORMS[account.kind].media
    ):
        raise not_taken(account, "message.attachment.type must be image, video, audio or file")
    payload = attachment.get("payload") or {}
    if str(payload.get("is_reusable", False)).lower() != "true":
        raise wrong(account, "payload.is_reusable must be true")
    if file is not None:
        attach(account, {"attachment": attachment}, file)
        return json_response({"attachment_id": store(world, account, kind, file)})
    if payload.get("attachment_id") is not None:
        raise wrong(account, "payload needs a url")
    links = check_file(world, account, kind, payload)
    return _upload_link(world, account, links)


async def _upload_link(world: World, account: ThreadAccount, links: list[Link]) -> Response:
    await look_at(world, account, local(links))
    ((kind, link),) = links
    return json_response({"attachment_id": store_link(world, account, kind, link)})
