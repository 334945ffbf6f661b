"""Baseline: an ASGI application that checks Meta's signature and stores nothing. For uvicorn."""

from __future__ import annotations

import hashlib
import hmac
import os
from typing import Any

SECRET = os.environ["BENCH_SECRET"].encode()


async def application(scope: dict[str, Any], receive: Any, send: Any) -> None:
    if scope["type"] == "lifespan":
        await receive()
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await send({"type": "lifespan.shutdown.complete"})
        return
    body = b""
    more = True
    while more:
        message = await receive()
        body += message.get("body", b"")
        more = message.get("more_body", False)
    given = next((value for name, value in scope["headers"] if name == b"x-hub-signature-256"), b"")
    wanted = b"sha256=" + hmac.digest(SECRET, body, hashlib.sha256).hex().encode()
    status = 200 if hmac.compare_digest(given, wanted) else 401
    await send({"type": "http.response.start", "status": status, "headers": [(b"content-length", b"0")]})
    await send({"type": "http.response.body", "body": b""})
