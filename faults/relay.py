"""Between product and PostgreSQL: a line that breaks when a commit is on its way.

Broken before the commit arrives nothing of it holds; broken after it was carried out, and before the answer is back,
all of it does. The product cannot tell the two apart and must be right in both.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Sequence
from enum import Enum

from faults.listener import Listener

BLOCK = 65_536


class Cut(Enum):
    """When the line breaks."""

    BEFORE = "before"  # the statement never arrives
    AFTER = "after"  # it was carried out, its answer never comes back


Choose = Callable[[bytes], Cut | None]


def statements(marks: Sequence[bytes], *, every: int, most: int) -> Choose:
    """Break the line at each `every`-th statement that holds one of the marks, before and after by turns, `most` times
    in all."""
    found = cuts = 0

    def choose(sent: bytes) -> Cut | None:
        nonlocal found, cuts
        if cuts >= most or not any(mark in sent for mark in marks):
            return None
        found += 1
        if found % every:
            return None
        cuts += 1
        return Cut.BEFORE if cuts % 2 else Cut.AFTER

    return choose


class Relay(Listener):
    """`choose` looks at what the product sends and may be replaced at any time; `cuts` counts what it decided."""

    def __init__(self, port: int, target: int) -> None:
        super().__init__(port)
        self._target = target
        self.choose: Choose = lambda sent: None
        self.cuts: Counter[Cut] = Counter()

    def behave(self, choose: Choose) -> None:
        """From now on; the counts begin anew."""
        self.cuts.clear()
        self.choose = choose

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        far_reader, far_writer = await asyncio.open_connection("127.0.0.1", self._target)
        doomed = asyncio.Event()
        there = asyncio.create_task(self._there(reader, far_writer, doomed))
        back = asyncio.create_task(_back(far_reader, writer, doomed))
        try:
            await asyncio.wait((there, back), return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in (there, back):
                task.cancel()
            await asyncio.gather(there, back, return_exceptions=True)
            for end in (writer, far_writer):
                end.transport.abort()

    async def _there(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, doomed: asyncio.Event
    ) -> None:
        while sent := await reader.read(BLOCK):
            cut = self.choose(sent)
            if cut is not None:
                self.cuts[cut] += 1
            if cut is Cut.BEFORE:
                return
            if cut is Cut.AFTER:
                doomed.set()
            writer.write(sent)
            await writer.drain()


async def _back(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, doomed: asyncio.Event) -> None:
    while said := await reader.read(BLOCK):
        if doomed.is_set():
            return
        writer.write(said)
        await writer.drain()
