"""A resumable upload: announced, then received in pieces."""

from dataclasses import dataclass


@dataclass(slots=True)
class Upload:
    """`handle` stands for the whole file once all of it is there; "" until then."""

    id: str
    mime: str
    size: int
    received: bytes = b""
    handle: str = ""
