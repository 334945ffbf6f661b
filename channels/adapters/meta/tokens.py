"""Until when an access token of Meta's is good. https://developers.facebook.com/docs/graph-api/reference/debug_token

`debug_token` wants the token in question in the address, where it would stand in every proxy's log. As the only request
of a batch it travels in the body. https://developers.facebook.com/docs/graph-api/batch-requests
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from urllib.parse import quote, urlencode

import orjson

from channels.adapters.base import (
    Answer,
    CallFailed,
    Credentials,
    ProviderRequest,
    ProviderResponse,
    unanswered,
)
from channels.adapters.meta.graph import GRAPH_CODES, GraphErrors
from channels.adapters.parsing import Malformed, body_object, instant, item, number, reader

ERRORS = GraphErrors(GRAPH_CODES)


@dataclass(frozen=True)
class TokenState:
    """Whether Meta still takes the token, and until when; None: for ever."""

    valid: bool
    expires_at: datetime | None


def token_state(app_id: str, credentials: Credentials) -> ProviderRequest:
    """How is our token? Asked in the name of the app it was made for; without one, in its own."""
    asked = f"debug_token?input_token={quote(credentials.access_token, safe='')}"
    body = urlencode({"batch": orjson.dumps([{"method": "GET", "relative_url": asked}]).decode()})
    caller = f"{app_id}|{credentials.secret}" if app_id else credentials.access_token
    headers = (("Authorization", f"Bearer {caller}"), ("Content-Type", "application/x-www-form-urlencoded"))
    return ProviderRequest("POST", "graph", "/", headers, body.encode())


@reader
def read_token_state(answer: Answer) -> TokenState:
    if not isinstance(answer, ProviderResponse):
        raise CallFailed(unanswered(answer))
    if answer.status != 200:
        raise CallFailed(ERRORS.outcome(answer))
    try:
        (one,) = orjson.loads(answer.body)
        inner = ProviderResponse(int(one["code"]), {}, str(one["body"]).encode())
    except (orjson.JSONDecodeError, TypeError, KeyError, ValueError) as error:
        raise Malformed("no batch of one") from error
    if inner.status != 200:
        raise CallFailed(ERRORS.outcome(inner))
    data = item(body_object(inner.body), "data")
    if data.get("is_valid") is not True:
        return TokenState(False, None)
    expires = number(data, "expires_at")
    return TokenState(True, instant(expires) if expires else None)
