"""The headers of an answer, read when somebody asks: of a million acceptances hardly any is asked."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any


class Headers(Mapping[str, str]):
    """Names in lower case; of one that comes twice the last."""

    __slots__ = ("_raw", "_read")

    def __init__(self, raw: dict[bytes, bytes]) -> None:
        self._raw = raw
        self._read: dict[str, str] | None = None

    def __getitem__(self, name: str) -> str:
        return self._all()[name]

    def get(self, name: str, default: Any = None) -> Any:
        """As of any mapping; what is plainly not there is not worth the reading."""
        if self._read is None and name.encode() not in b"\n".join(self._raw).lower():
            return default
        return self._all().get(name, default)

    def __iter__(self) -> Iterator[str]:
        return iter(self._all())

    def __len__(self) -> int:
        return len(self._all())

    def __repr__(self) -> str:
        return repr(self._all())

    def _all(self) -> dict[str, str]:
        if self._read is None:
            self._read = {
                name.decode("latin-1").lower(): value.decode("latin-1").strip()
                for name, value in self._raw.items()
            }
        return self._read
