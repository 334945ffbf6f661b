"""Cursor pages: `{"results", "next", "previous"}`, where `next` and `previous` are addresses or null.

The cursor holds the place of a row in the order, not a count of rows: rows that come or go meanwhile neither
repeat nor hide others, and page one thousand costs what page one costs.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from django.core.exceptions import ValidationError
from django.db.models import Model, Q, QuerySet
from django.utils.translation import gettext_lazy as _
from rest_framework.request import Request
from rest_framework.serializers import BaseSerializer
from rest_framework.utils.urls import replace_query_param

from tenants.errors import Invalid

DEFAULT_LIMIT = 50
MAX_LIMIT = 200

M = TypeVar("M", bound=Model)


@dataclass(frozen=True)
class Cursor:
    """A place between two rows: the ordering values of the row beside it, and the way to read from there."""

    values: tuple[str, ...]
    backwards: bool = False

    def encode(self) -> str:
        raw = json.dumps([int(self.backwards), *self.values], separators=(",", ":")).encode()
        return base64.urlsafe_b64encode(raw).decode().rstrip("=")

    @classmethod
    def decode(cls, text: str) -> Cursor:
        try:
            raw = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
            backwards, *values = json.loads(raw)
        except (ValueError, TypeError, binascii.Error) as error:
            raise _bad("cursor") from error
        if backwards not in (0, 1) or not all(isinstance(value, str) for value in values):
            raise _bad("cursor")
        return cls(tuple(values), bool(backwards))


def page(
    request: Request,
    rows: QuerySet[M],
    *,
    order: Sequence[str],
    descending: bool,
    shape: type[BaseSerializer[Any]],
    first: Callable[[QuerySet[M], int], QuerySet[Any, Any]] | None = None,
) -> dict[str, Any]:
    """One page of `rows`, at most `?limit=` long. `order` names columns, the last one unique and none null;
    `shape` is how a row looks. `first` knows a quicker way to the ids of the first so many ordered rows. Raises Invalid
    for a bad cursor or limit."""
    cursor = Cursor.decode(given) if (given := request.query_params.get("cursor")) else None
    limit = _limit(request)
    backwards = cursor is not None and cursor.backwards
    down = descending != backwards
    if cursor is not None:
        rows = rows.filter(_beyond(rows.model, order, cursor.values, down=down))
    ordered = rows.order_by(*(f"-{name}" if down else name for name in order))
    if first is not None:
        ordered = ordered.filter(pk__in=first(ordered, limit + 1))
    found = list(ordered[: limit + 1])
    more, found = len(found) > limit, found[:limit]
    if backwards:
        found.reverse()
    return {
        "results": list(shape(found, many=True).data),
        "next": _address(request, found[-1:], order, False, wanted=more or backwards),
        "previous": _address(
            request, found[:1], order, True, wanted=more if backwards else cursor is not None
        ),
    }


def _beyond(model: type[Model], order: Sequence[str], values: Sequence[str], *, down: bool) -> Q:
    """Rows past the place: (a, b) < (x, y) as a < x or (a = x and b < y), with a <= x for the index."""
    if len(values) != len(order):
        raise _bad("cursor")
    try:
        places = [
            model._meta.get_field(name).to_python(value)  # type: ignore[union-attr]
            for name, value in zip(order, values, strict=True)
        ]
    except ValidationError as error:
        raise _bad("cursor") from error
    past = "lt" if down else "gt"
    query = Q()
    for depth, name in enumerate(order):
        same = dict(zip(order[:depth], places, strict=False))
        query |= Q(**same, **{f"{name}__{past}": places[depth]})
    return Q(**{f"{order[0]}__{past}e": places[0]}) & query


def _address(
    request: Request, beside: Sequence[M], order: Sequence[str], backwards: bool, *, wanted: bool
) -> str | None:
    if not wanted or not beside:
        return None
    values = (getattr(beside[0], name) for name in order)
    cursor = Cursor(
        tuple(value.isoformat() if hasattr(value, "isoformat") else str(value) for value in values), backwards
    )
    return replace_query_param(request.build_absolute_uri(), "cursor", cursor.encode())


def _limit(request: Request) -> int:
    given = request.query_params.get("limit", str(DEFAULT_LIMIT))
    if not (given.isascii() and given.isdecimal() and 1 <= int(given[:6]) <= MAX_LIMIT):
        raise _bad("limit")
    return int(given)


def _bad(field: str) -> Invalid:
    details = {
        "cursor": _("This cursor was not made by this address. Start again without it."),
        "limit": _("Ask for between 1 and 200 rows."),
    }
    return Invalid(errors=[{"field": field, "code": "invalid", "detail": str(details[field])}])
