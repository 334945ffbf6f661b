"""What receivers put off to the end of the batch: rows that everybody writes are locked last and briefly.

A batch locks the rows its events are about, class after class. Were a counter locked in between, whoever writes a row
of a later class and then the same counter would wait for the batch and the batch for them: a deadlock.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

Finish = Callable[[list[Any]], None]

_put_off: ContextVar[dict[Finish, list[Any]] | None] = ContextVar("put_off", default=None)
_LAST: set[Finish] = set()  # these after all others


def last(finish: Finish) -> Finish:
    """Marks what is done after everything else that was put off: it locks rows that come last in the lock order."""
    _LAST.add(finish)
    return finish


def at_the_end(finish: Finish, items: list[Any]) -> None:
    """Have `finish` called once with all the items of the batch, in its transaction; outside a batch at once."""
    put_off = _put_off.get()
    if put_off is None:
        finish(items)
    else:
        put_off.setdefault(finish, []).extend(items)


@contextmanager
def batch() -> Iterator[None]:
    """What is put off inside is done when the block ends, unless by an error."""
    put_off: dict[Finish, list[Any]] = {}
    token = _put_off.set(put_off)
    try:
        yield
    finally:
        _put_off.reset(token)
    for finish in sorted(put_off, key=_LAST.__contains__):
        finish(put_off[finish])


@contextmanager
def attempt() -> Iterator[None]:
    """A block that is rolled back by an error: then nothing of what it put off is done either."""
    put_off = _put_off.get()
    before = {finish: len(items) for finish, items in (put_off or {}).items()}
    try:
        yield
    except BaseException:
        for finish, items in (put_off or {}).items():
            del items[before.get(finish, 0) :]
        raise
