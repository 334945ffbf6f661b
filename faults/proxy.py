"""Between product and providers: an HTTP/1.1 proxy that knows for each request what becomes of it.

A `Fate` says two things that are independent of each other: whether the request arrives, and what the product gets to
see of it. So a message can have been taken and the answer be lost, late or nonsense; or be refused without a word.
"""

from __future__ import annotations

import asyncio
import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus

from faults.listener import Listener

LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
RETRY_KEY = re.compile(rb"\r\nx-line-retry-key: *(\S+)", re.IGNORECASE)
SENDS = re.compile(rb"POST \S*/(?:message/(?:push|multicast)|messages) ")


@dataclass(frozen=True)
class Message:
    """A request or an answer: head with its empty line, and body."""

    head: bytes
    body: bytes

    @property
    def sends(self) -> bool:
        """Whether it asks a provider to send something to people."""
        return SENDS.match(self.head) is not None

    @property
    def retry_key(self) -> bytes:
        """LINE's, or empty."""
        found = RETRY_KEY.search(self.head)
        return found[1] if found else b""


@dataclass(frozen=True)
class Fate:
    """What becomes of one request. `answer` replaces the provider's, byte for byte; None leaves it.

    `wait` seconds pass before it is answered, `drip` between any two bytes; `cut` ends the connection in its place,
    `close` after it.
    """

    name: str
    arrives: bool = True
    answer: bytes | None = None
    wait: float = 0.0
    drip: float = 0.0
    cut: bool = False
    close: bool = False


PASS = Fate("pass")
Choose = Callable[[Message], Fate]


def answer(status: int, body: bytes, *, mime: str = "application/json", headers: str = "") -> bytes:
    """An answer's bytes. `headers`: further lines, each with its line end."""
    first = f"HTTP/1.1 {status} {HTTPStatus(status).phrase}\r\n"
    described = f"content-type: {mime}\r\ncontent-length: {len(body)}\r\n"
    return (first + described + headers + "\r\n").encode() + body


def every(n: int, *fates: Fate, most: int = 1_000_000) -> Choose:
    """The fates in turn for each `n`-th message that is sent for the first time, `most` times in all.

    A repetition under LINE's key passes: what is provoked is one doubt, not a provider that is gone.
    """
    seen: set[bytes] = set()
    sent = dealt = 0

    def choose(message: Message) -> Fate:
        nonlocal sent, dealt
        if not message.sends or message.retry_key in seen:
            return PASS
        if message.retry_key:
            seen.add(message.retry_key)
        sent += 1
        if sent % n or dealt >= most:
            return PASS
        dealt += 1
        return fates[(dealt - 1) % len(fates)]

    return choose


class Proxy(Listener):
    """`choose` may be replaced at any time. `dealt` counts fates by name, `in_doubt` those of requests that name one
    person: what the product may not know about on Meta's channels."""

    def __init__(self, port: int, target: int) -> None:
        super().__init__(port)
        self._target = target
        self.choose: Choose = lambda message: PASS
        self.dealt: Counter[str] = Counter()
        self.in_doubt = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def behave(self, choose: Choose) -> None:
        """From now on; the counts begin anew."""
        self.dealt.clear()
        self.in_doubt = 0
        self.choose = choose

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self._target, limit=2**26)
        try:
            while True:
                request = await _read(reader)
                fate = self.choose(request)
                self.dealt[fate.name] += 1
                self.in_doubt += fate is not PASS and not request.retry_key
                said = b""
                if fate.arrives:
                    far_writer.write(request.head + request.body)
                    reply = await _read(far_reader)
                    said = reply.head + reply.body
                if not await _answer(writer, fate, said):
                    return
        finally:
            far_writer.transport.abort()


async def _answer(writer: asyncio.StreamWriter, fate: Fate, said: bytes) -> bool:
    """Give the product what the fate wants it to see; whether the connection goes on."""
    if fate.wait:
        await asyncio.sleep(fate.wait)
    if fate.cut:
        writer.transport.abort()
        return False
    if writer.is_closing():
        return False  # whoever asked has hung up meanwhile
    given = said if fate.answer is None else fate.answer
    if fate.drip:
        for place in range(len(given)):
            writer.write(given[place : place + 1])
            await writer.drain()
            await asyncio.sleep(fate.drip)
    else:
        writer.write(given)
        await writer.drain()
    return not fate.close


async def _read(reader: asyncio.StreamReader) -> Message:
    """One request or answer. Raises EOFError (IncompleteReadError) at the end of the connection."""
    head = await reader.readuntil(b"\r\n\r\n")
    length = LENGTH.search(head)
    return Message(head, await reader.readexactly(int(length[1])) if length else b"")
