"""Signed events. https://docs.stripe.com/webhooks#verify-manually"""

import asyncio
import hashlib
import hmac
import time
from typing import Any

import orjson

from sandbox.client import Client, Unreachable
from sandbox.stripe.state import Shop, new_id

TRIES = 8
FIRST_PAUSE_S = 0.25


def event(kind: str, subject: dict[str, Any]) -> dict[str, Any]:
    return {
        "id": new_id("evt"),
        "object": "event",
        "api_version": "2026-09-30.clover",
        "created": int(time.time()),
        "data": {"object": subject},
        "livemode": False,
        "pending_webhooks": 1,
        "request": {"id": None, "idempotency_key": None},
        "type": kind,
    }


def signature(body: bytes, secret: str, at: int) -> str:
    signed = hmac.digest(secret.encode(), f"{at}.".encode() + body, hashlib.sha256).hex()
    return f"t={at},v1={signed}"


async def tell(client: Client, shop: Shop, told: dict[str, Any], copies: int = 1) -> None:
    """Post an event until it is accepted, as often again as `copies` says; each copy is signed afresh."""
    body = orjson.dumps(told)
    for _copy in range(copies):
        await _deliver(client, shop, body)


async def _deliver(client: Client, shop: Shop, body: bytes) -> None:
    for attempt in range(TRIES):
        headers = {
            "content-type": "application/json; charset=utf-8",
            "stripe-signature": signature(body, shop.webhook_secret, int(time.time())),
        }
        try:
            answer = await client.request("POST", shop.webhook_url, body=body, headers=headers)
        except Unreachable:
            answer = None
        if answer is not None and 200 <= answer.status < 300:
            return
        await asyncio.sleep(FIRST_PAUSE_S * 2**attempt)
