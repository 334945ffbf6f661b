"""The door: where providers deliver webhooks. A plain ASGI application, with no Django middleware in the way.

`POST /webhooks/line/<channel id>`, `POST|GET /webhooks/meta/<app key>` and `/webhooks/meta` for the installation's
own app. Nothing is parsed here: size, signature over the raw bytes, one durable insert, 200. What it means is
found out by `channels.webhooks.absorb`.

https://developers.line.biz/en/docs/messaging-api/receiving-messages/
https://developers.facebook.com/docs/graph-api/webhooks/getting-started
"""

from __future__ import annotations

import hmac
import re
from collections.abc import Awaitable, Callable, MutableMapping
from functools import lru_cache, partial
from typing import Any
from urllib.parse import parse_qs

from django.conf import settings

from channels import tasks
from channels.adapters import ADAPTERS
from channels.adapters.base import Adapter, ChannelKind, WebhookRejected, WebhookRequest
from channels.models import DeliverySource
from channels.webhooks.database import Database, DatabaseAway
from channels.webhooks.doorbell import Doorbell
from channels.webhooks.signers import RECHECK_S, Address, Signer, Signers
from channels.webhooks.store import Delivery, DeliveryStore
from tenants.crash import reached
from tenants.doorbell import ring

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

PATH = re.compile(r"/webhooks/(?:line/(?P<channel>[0-9]{1,18})|meta(?:/(?P<app>[A-Za-z0-9_-]{1,32}))?)/?")
PLAIN_TEXT = b"content-type", b"text/plain; charset=utf-8"
LOOKED_AT = frozenset({b"content-length", b"x-hub-signature-256", b"x-line-signature"})
PATIENCE = 4  # times the cap that is read before a caller is cut off
REFUSED = 401, b"unknown channel or wrong signature"  # one answer, so that nobody learns which channels exist

# Every product of a Meta app is signed alike, and before the signature holds we do not read which one it is.
VERIFIERS: dict[DeliverySource, Adapter] = {
    DeliverySource.LINE: ADAPTERS[ChannelKind.LINE],
    DeliverySource.META: ADAPTERS[ChannelKind.WHATSAPP],
}


class TooLarge(Exception):
    """The body outgrew the cap."""


class Gone(Exception):
    """The caller hung up before the body was complete."""


class Door:
    """One per process and event loop."""

    def __init__(self) -> None:
        self._database = Database()
        self._signers = Signers(self._database)
        self._doorbell = Doorbell(partial(ring, tasks.absorb))
        self._store = DeliveryStore(self._database, self._doorbell.ring)

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        try:
            status, body = await self._answer(scope, receive)
        except Gone:
            return
        headers = [PLAIN_TEXT, (b"content-length", b"%d" % len(body))]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": body})

    async def close(self) -> None:
        """Called when the process ends, after the last request was answered."""
        self._doorbell.close()
        await self._database.close()

    async def _answer(self, scope: Message, receive: Receive) -> tuple[int, bytes]:
        address = _address(scope["path"])
        if address is None:
            return 404, b"not found"
        try:
            if scope["method"] == "POST":
                return await self._take(address, scope, receive)
            if scope["method"] == "GET" and address.source == DeliverySource.META:
                return await self._shake_hands(address, scope)
        except DatabaseAway:
            return 503, b"not stored, please deliver again"
        return 405, b"method not allowed"

    async def _take(self, address: Address, scope: Message, receive: Receive) -> tuple[int, bytes]:
        headers = {
            name.decode("latin-1"): value.decode("latin-1")
            for name, value in scope["headers"]
            if name in LOOKED_AT
        }
        try:
            body = await _read_body(headers, receive, settings.WEBHOOK_MAX_BYTES)
        except TooLarge:
            return 413, b"too large"
        signer = await self._verified_signer(address, WebhookRequest(headers, body))
        if signer is None or signer.source_id is None:
            return REFUSED
        await self._store.add(Delivery(address.source, signer.source_id, body))
        reached("door.stored")
        return 200, b""

    async def _verified_signer(self, address: Address, request: WebhookRequest) -> Signer | None:
        """Who signed, or None. A signature that does not fit is tried again with the secret of now."""
        signer = await self._signers.get(address)
        if _fits(address, signer, request):
            return signer
        if signer.age < RECHECK_S:
            return None
        signer = await self._signers.get(address, max_age=RECHECK_S)
        return signer if _fits(address, signer, request) else None

    async def _shake_hands(self, address: Address, scope: Message) -> tuple[int, bytes]:
        """Meta checks that the address is ours: whoever knows the verify token gets the challenge back."""
        query = {
            name: values[0] for name, values in parse_qs(scope["query_string"].decode("latin-1")).items()
        }
        signer = await self._signers.get(address, max_age=RECHECK_S)
        given, wanted = query.get("hub.verify_token", ""), signer.credentials.verify_token
        right = hmac.compare_digest(given.encode(), wanted.encode())
        if not right or signer.source_id is None or query.get("hub.mode") != "subscribe":
            return 403, b"wrong verify token"
        return 200, query.get("hub.challenge", "").encode()


@lru_cache(maxsize=1024)
def _address(path: str) -> Address | None:
    match = PATH.fullmatch(path)
    if match is None:
        return None
    if match["channel"]:
        return Address(DeliverySource.LINE, match["channel"])
    return Address(DeliverySource.META, match["app"] or "")


def _fits(address: Address, signer: Signer, request: WebhookRequest) -> bool:
    try:
        VERIFIERS[address.source].verify(request, signer.credentials)
    except WebhookRejected:
        return False
    return True


async def _read_body(headers: dict[str, str], receive: Receive, limit: int) -> bytes:
    """The whole body. Raises TooLarge, Gone where the caller hangs up.

    What is too large is read on and thrown away for a while: a caller cut off while writing sees no answer.
    """
    announced = headers.get("content-length", "0")
    if announced.isdigit() and int(announced) > PATIENCE * limit:
        raise TooLarge
    chunks: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise Gone
        chunk: bytes = message.get("body", b"")
        if not chunks and not message.get("more_body", False) and len(chunk) <= limit and not size:
            return chunk  # nearly always it has come whole
        size += len(chunk)
        if size <= limit:
            chunks.append(chunk)
        elif size > PATIENCE * limit:
            raise TooLarge
        else:
            chunks.clear()
        if not message.get("more_body", False):
            break
    if size > limit:
        raise TooLarge
    return b"".join(chunks)
