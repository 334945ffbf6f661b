"""What a report means for the price held for one part: the rule behind campaigns and replies alike. No database.

A charge is None while the price is held; 0 once it was given back; above 0 once so much was billed, of which the tenant
pays what was held at most and the platform bears the rest; below 0 where the part was delivered after its price had
been given back: so much the platform bore.
"""

from __future__ import annotations

from typing import NamedTuple

from billing.services import End


def borne(charge: int | None, held: int) -> int:
    """What the platform bore of the part, millionths."""
    return max(-(charge or 0), (charge or 0) - held, 0)


class Step(NamedTuple):
    """The charge from now on, and what is to be booked. `free`: it ended because the provider does not bill it."""

    charge: int | None
    ends: tuple[tuple[End, int], ...] = ()
    free: bool = False


def after_report(
    charge: int | None,
    held: int,
    *,
    failed: bool = False,
    billable: bool | None = None,
    price: int | None = None,
) -> Step:
    """`failed`: the provider says it failed, and nothing proves otherwise. `billable`: what it says of a part that did
    not fail, with the `price` of the category it names, None where that is what was held (millionths).

    Nothing is settled twice: the same report again is no step. Nobody pays more than was held for them: what is dearer
    is lost.
    """
    if not held:
        return Step(charge)
    if failed:
        if charge is None:
            return Step(0, ((End.RELEASED, held),))
        return Step(0, _undone(charge, held)) if charge > 0 else Step(charge)
    if billable is None:
        return Step(charge)
    amount = (held if price is None else price) if billable else 0
    if charge is None:
        return _first(held, amount, free=not billable)
    if charge == 0 and amount:
        return Step(-amount, ((End.LOST, amount),))
    return Step(charge)


def _first(held: int, amount: int, *, free: bool) -> Step:
    """The last end is the one whose entry the part keeps: what the tenant paid, where that is something."""
    ends = (
        (End.RELEASED, max(0, held - amount)),
        (End.LOST, borne(amount, held)),
        (End.CAPTURED, min(held, amount)),
    )
    return Step(amount, tuple(end for end in ends if end[1]), free)


def _undone(charge: int, held: int) -> tuple[tuple[End, int], ...]:
    """The tenant gets back what they paid, the platform what it bore."""
    ends = ((End.RECOVERED, borne(charge, held)), (End.RETURNED, min(held, charge)))
    return tuple(end for end in ends if end[1])
