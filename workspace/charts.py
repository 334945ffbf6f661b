"""Bars of days, what stands on each other in them told apart by colour and, for those who see none, by words."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

WIDTH, HEIGHT, GAP = 24, 120, 6  # of a bar, of the tallest, between two


@dataclass(frozen=True)
class Series:
    """`tone` names a colour of the design: primary, info, warning or success."""

    name: str
    label: Any  # words, perhaps lazily translated
    tone: str


@dataclass(frozen=True)
class Piece:
    tone: str
    y: float
    height: float


@dataclass(frozen=True)
class Bar:
    """One day; `words` say it to assistive technology and on hover."""

    day: date
    x: int
    pieces: list[Piece]
    words: str


@dataclass(frozen=True)
class Legend:
    name: str
    label: Any
    tone: str
    amount: str


@dataclass(frozen=True)
class Chart:
    first: date
    last: date
    bars: list[Bar]
    legend: list[Legend]
    width: int
    height: int
    top: str  # of the tallest day
    total: str
    bar: int = WIDTH


def stacked(
    days: Sequence[tuple[date, Mapping[str, int]]],
    series: Sequence[Series],
    shown: Callable[[int], str],
) -> Chart | None:
    """One bar a day, the series from the ground up; None where there is nothing on any day. `shown` puts an amount into
    words."""
    sums = [sum(of_day.values()) for _day, of_day in days]
    if not any(sums):
        return None
    top = max(sums)
    totals = {one.name: sum(of_day.get(one.name, 0) for _day, of_day in days) for one in series}
    return Chart(
        first=days[0][0],
        last=days[-1][0],
        bars=[
            Bar(day, n * (WIDTH + GAP), _pieces(of_day, series, top), shown(sums[n]))
            for n, (day, of_day) in enumerate(days)
        ],
        legend=[
            Legend(one.name, one.label, one.tone, shown(totals[one.name]))
            for one in series
            if totals[one.name]
        ],
        width=len(days) * (WIDTH + GAP) - GAP,
        height=HEIGHT,
        top=shown(top),
        total=shown(sum(sums)),
    )


def _pieces(of_day: Mapping[str, int], series: Sequence[Series], top: int) -> list[Piece]:
    pieces, ground = [], float(HEIGHT)
    for one in series:
        height = HEIGHT * of_day.get(one.name, 0) / top
        if height:
            ground -= height
            pieces.append(Piece(one.tone, round(ground, 2), round(height, 2)))
    return pieces
