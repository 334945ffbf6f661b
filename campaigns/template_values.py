"""Whom a template cannot be filled in for: in one SQL expression over everybody, as sending will fill it in.

A value may hold variables; what stands for them differs from person to person. WhatsApp refuses an empty value and a
header, body or code that became too long, so nobody is sent to for whom that would be.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from campaigns.content import FITS, Sql
from campaigns.gaps import line_sql
from campaigns.rendering import LONGEST_VALUE, VARIABLE, VARIABLES, render_line
from channels.adapters.base import Reason
from templates_app.content import ButtonKind, Content, button_key
from templates_app.rendering import show
from templates_app.rules import MAX_BODY, MAX_CODE, MAX_HEADER, MAX_URL
from templates_app.variables import URL_VARIABLE, occurrences


@dataclass(frozen=True)
class Bounded:
    """A text that may not be longer than `most`: `fixed` characters of it are the same for everybody, `values` say how
    often each value stands in it."""

    most: int
    fixed: int
    values: Mapping[str, int]


def unfit_of(content: Content, values: Mapping[str, str]) -> Sql:
    """A CASE that says for each person why not: value_missing, value_too_long, "" where it can be filled in."""
    personal = {name: text for name, text in values.items() if _variables(text)}
    cases: list[str] = []
    params: list[Any] = []
    for text in personal.values():
        if not render_line(text, {}).strip():
            # Nothing but variables without a fallback: empty where all of them are.
            empty = " AND ".join(f"{line_sql(name)} = ''" for name, _fallback in _variables(text))
            cases.append(f"WHEN {empty} THEN '{Reason.VALUE_MISSING.value}'")
    for place in _places(content, values, personal):
        sql, found = _length_sql(place, personal)
        if place.fixed + _longest(place, personal) > place.most:
            cases.append(f"WHEN {sql} > {place.most} THEN '{Reason.VALUE_TOO_LONG.value}'")
            params += found
    return (f"CASE {' '.join(cases)} ELSE '' END", params) if cases else FITS


def _variables(text: str) -> list[tuple[str, str]]:
    """(name, fallback) of each that we know, in order; the others are a fault of the draft."""
    return [(match[1], match[2] or "") for match in VARIABLE.finditer(text) if match[1] in VARIABLES]


def _places(content: Content, values: Mapping[str, str], personal: Mapping[str, str]) -> Iterator[Bounded]:
    """Every text with a personal value in it."""
    plain = {name: "" if name in personal else text for name, text in values.items()}
    shown = show(content, plain)
    header = content.header.text if content.header else ""
    for text, fixed, most, key in (
        (header, shown.header, MAX_HEADER, content.header_key),
        (content.body, shown.body, MAX_BODY, str),
    ):
        counts = {key(name): count for name, count in occurrences(text).items() if key(name) in personal}
        if counts:
            yield Bounded(most, len(fixed), counts)
    for index, button in enumerate(content.buttons):
        if (name := button_key(index)) in personal:
            code = button.kind is ButtonKind.COPY_CODE
            fixed_length = 0 if code else len(button.url.replace(URL_VARIABLE, ""))
            yield Bounded(MAX_CODE if code else MAX_URL, fixed_length, {name: 1})


def _longest(place: Bounded, personal: Mapping[str, str]) -> int:
    """What the values add where every variable is at its longest."""
    longest = dict.fromkeys(VARIABLES, "字" * LONGEST_VALUE)
    return sum(count * len(render_line(personal[name], longest)) for name, count in place.values.items())


def _length_sql(place: Bounded, personal: Mapping[str, str]) -> Sql:
    """How long the place becomes for a person."""
    pieces, params = [str(place.fixed)], []
    for name, count in place.values.items():
        text = personal[name]
        pieces.append(str(count * len(VARIABLE.sub("", text))))
        for variable, fallback in _variables(text):
            pieces.append(f"{count} * char_length(coalesce(nullif({line_sql(variable)}, ''), %s::text))")
            params.append(" ".join(fallback.split()))
    return " + ".join(pieces), params
