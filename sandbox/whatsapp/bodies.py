"""Request bodies of the Graph API: JSON or a form."""

from typing import Any
from urllib.parse import parse_qsl

import orjson

from sandbox.graph.errors import GraphError
from sandbox.http import Request


def read_body(request: Request) -> dict[str, Any]:
    """The body as an object: JSON, or a form. Raises GraphError."""
    if request.headers.get("content-type", "").startswith("application/x-www-form-urlencoded"):
        return dict(parse_qsl(request.body.decode("utf-8", "replace"), keep_blank_values=True))
    try:
        body = orjson.loads(request.body)
    except orjson.JSONDecodeError:
        body = None
    if not isinstance(body, dict):
        raise GraphError(100, "The request body is not a JSON object.")
    return body
