"""Request bodies of the Messenger Platform: JSON, or a form whose objects are JSON in text, with or without a file."""

from typing import Any
from urllib.parse import parse_qsl

import orjson

from sandbox.graph.errors import GraphError
from sandbox.http import Request
from sandbox.multipart import BadMultipart, Field, read_multipart

OBJECTS = ("recipient", "message", "reply_to", "payload")


def read_call(request: Request) -> tuple[dict[str, Any], Field | None]:
    """The parameters, those of the address among them, and the file in `filedata`. Raises GraphError."""
    content_type, file = request.headers.get("content-type", ""), None
    if content_type.startswith("application/x-www-form-urlencoded"):
        body = _opened(dict(parse_qsl(request.body.decode("utf-8", "replace"), keep_blank_values=True)))
    elif content_type.startswith("multipart/"):
        try:
            fields = read_multipart(request)
        except BadMultipart as error:
            raise GraphError(100, message=f"(#100) {error}") from None
        file = fields.pop("filedata", None)
        body = _opened({name: field.text for name, field in fields.items()})
    else:
        body = _object(request.body)
    return ({**_opened(request.query), **body} if request.raw_query else body), file


def _opened(given: dict[str, str]) -> dict[str, Any]:
    return {name: _object(text.encode()) if name in OBJECTS else text for name, text in given.items()}


def _object(text: bytes) -> dict[str, Any]:
    if not text:
        return {}
    try:
        value = orjson.loads(text)
    except orjson.JSONDecodeError:
        value = None
    if not isinstance(value, dict):
        raise GraphError(100, message="(#100) The request body is not a JSON object.")
    return value
