"""Uploads: bodies of kind multipart/form-data."""

from dataclasses import dataclass
from email.message import Message

from sandbox.http import Request


class BadMultipart(ValueError):
    """The body is no multipart/form-data."""


@dataclass(frozen=True, slots=True)
class Field:
    """One field of a multipart body; `filename` is empty for plain values."""

    value: bytes
    mime: str
    filename: str

    @property
    def text(self) -> str:
        return self.value.decode("utf-8", "replace")


def read_multipart(request: Request) -> dict[str, Field]:
    """The fields of a multipart body by name. Raises BadMultipart."""
    kind = Message()
    kind["content-type"] = request.headers.get("content-type", "")
    boundary = kind.get_param("boundary")
    if kind.get_content_type() != "multipart/form-data" or not isinstance(boundary, str):
        raise BadMultipart("the request body must be multipart/form-data")
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
