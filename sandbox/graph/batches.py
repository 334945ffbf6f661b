"""Several questions in one body. https://developers.facebook.com/docs/graph-api/batch-requests"""

from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import parse_qs

import orjson

from sandbox.graph.errors import GraphError
from sandbox.http import Request, Response, json_response

MOST = 50


def batch(request: Request, answer: Callable[[Request], Response | Awaitable[Response]]) -> Response:
    """Ask each in turn; only what is answered at once is imitated. Raises GraphError."""
    try:
        asked = orjson.loads(parse_qs(request.body.decode("utf-8", "replace"))["batch"][0])
        wanted = [(str(one["method"]), str(one["relative_url"]), str(one.get("body", ""))) for one in asked]
    except (KeyError, TypeError, orjson.JSONDecodeError):
        raise GraphError(100, message="(#100) Param batch must be an array of requests.") from None
    if not 0 < len(wanted) <= MOST:
        raise GraphError(
            100, message=f"(#100) Too many requests in batch message. Maximum batch size is {MOST}"
        )
    version = request.path.split("/", 2)[1]
    return json_response([_one(request, version, *one, answer=answer) for one in wanted])


def _one(
    request: Request,
    version: str,
    method: str,
    url: str,
    body: str,
    *,
    answer: Callable[[Request], Response | Awaitable[Response]],
) -> dict[str, Any]:
    path, _, query = url.lstrip("/").partition("?")
    found = answer(Request(method, f"/{version}/{path}", query, request.headers, body.encode()))
    if not isinstance(found, Response):
        raise GraphError(100, message="(#100) This request is not imitated inside a batch.")
    return {"code": found.status, "headers": [], "body": found.body.decode()}
