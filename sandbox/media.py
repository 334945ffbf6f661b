"""Files in memory: what businesses uploaded and what customers sent."""

import hashlib
import time
from collections import OrderedDict
from dataclasses import dataclass, field

from sandbox import ids

CAPACITY = 256 * 1024 * 1024  # bytes; beyond it the oldest files go
URL_LIFE_S = 300.0


@dataclass(frozen=True, slots=True)
class File:
    """One stored file and the account it belongs to (an account number of the sandbox)."""

    id: str
    account: int
    mime: str
    body: bytes
    name: str = ""
    kind: str = ""  # of an upload to Messenger or Instagram; then `link` is where it came from
    link: str = ""
    stored_at: float = field(default_factory=time.time)

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.body).hexdigest()


class Media:
    """Files by id, and the short-lived addresses handed out for them."""

    def __init__(self) -> None:
        self._files: OrderedDict[str, File] = OrderedDict()
        self._size = 0
        self._addresses: OrderedDict[str, tuple[str, float]] = OrderedDict()

    def store(
        self,
        account: int,
        mime: str,
        body: bytes,
        *,
        name: str = "",
        file_id: str = "",
        kind: str = "",
        link: str = "",
    ) -> File:
        file = File(file_id or ids.graph_id(), account, mime, body, name, kind, link)
        self._files[file.id] = file
        self._size += len(body)
        while self._size > CAPACITY and len(self._files) > 1:
            _, oldest = self._files.popitem(last=False)
            self._size -= len(oldest.body)
        return file

    def get(self, file_id: str) -> File | None:
        return self._files.get(file_id)

    def remove(self, file_id: str) -> None:
        if file := self._files.pop(file_id, None):
            self._size -= len(file.body)

    def address(self, file_id: str) -> str:
        """A token under which the file can be fetched for five minutes."""
        while len(self._addresses) > 10_000:
            self._addresses.popitem(last=False)
        token = ids.token()
        self._addresses[token] = (file_id, time.time() + URL_LIFE_S)
        return token

    def at_address(self, token: str) -> File | None:
        file_id, until = self._addresses.get(token, ("", 0.0))
        return self._files.get(file_id) if time.time() < until else None
