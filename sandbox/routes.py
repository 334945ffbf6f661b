"""Paths to handlers: exact ones by one look-up, those with a `{part}` by their length."""

from collections.abc import Callable
from typing import Generic, TypeVar

Handler = TypeVar("Handler", bound=Callable[..., object])


class Routes(Generic[Handler]):
    """A table of (method, path); `{}` stands for one segment that is handed to the handler."""

    def __init__(self) -> None:
        self._exact: dict[tuple[str, str], Handler] = {}
        self._open: dict[tuple[str, int], list[tuple[list[str], Handler]]] = {}

    def add(self, method: str, path: str, handler: Handler) -> None:
        segments = path.split("/")
        if "{}" in segments:
            self._open.setdefault((method, len(segments)), []).append((segments, handler))
        else:
            self._exact[method, path] = handler

    def find(self, method: str, path: str) -> tuple[Handler, list[str]] | None:
        """The handler and the segments that filled its `{}`; None where nothing fits."""
        if handler := self._exact.get((method, path)):
            return handler, []
        segments = path.split("/")
        for pattern, handler in self._open.get((method, len(segments)), ()):
            if all(want in ("{}", got) for want, got in zip(pattern, segments, strict=True)):
                filled = [got for want, got in zip(pattern, segments, strict=True) if want == "{}"]
                return handler, filled
        return None
