"""Request bodies of the Graph API: JSON, forms and multipart uploads."""

from dataclasses import dataclass
from email.message import Message
from typing import Any
from urllib.parse import parse_qsl

import orjson

from sandbox.graph.errors import GraphError
from sandbox.http import Request


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a multipart body; `filename` is empty for plain values."""

    value: bytes
    mime: str
    filename: str


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


def read_multipart(request: Request) -> dict[str, Field]:
    """The fields of a multipart body by name. Raises GraphError."""
    kind = Message()
    kind["content-type"] = request.headers.get("content-type", "")
    boundary = kind.get_param("boundary")
    if kind.get_content_type() != "multipart/form-data" or not isinstance(boundary, str):
        raise GraphError(100, "The request body must be multipart/form-data.")
    found = {}
    for piece in (b"\r\n" + request.body).split(b"\r\n--" + boundary.encode())[1:]:
        head, separator, value = piece.removeprefix(b"\r\n").partition(b"\r\n\r\n")
        if not separator:
            continue  # the closing boundary
        headers = Message()
        for line in head.decode("utf-8", "replace").split("\r\n"):
            name, _, text = line.partition(":")
            headers[name] = text.strip()
        field_name = headers.get_param("name", header="content-disposition")
        if isinstance(field_name, str):
            filename = headers.get_filename("")
            found[field_name] = Field(value, headers.get_content_type(), filename)
    return found
