"""Reading what strangers send: JSON of any shape becomes checked values or `Malformed`, never a surprise.

Text is cleaned on the way in: PostgreSQL takes neither NUL nor half a surrogate pair, and one such character
must not spoil a batch.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime
from functools import wraps
from typing import Any, TypeVar

import orjson

from channels.adapters.base import (
    Answer,
    Blame,
    CallFailed,
    Event,
    Outcome,
    OutcomeKind,
    Reason,
    UnknownEvent,
)

Json = Mapping[str, Any]
Read = TypeVar("Read")

EPOCH = datetime.fromtimestamp(0, UTC)
LONGEST_DETAIL = 300
_SECRETS = re.compile(r"[A-Za-z0-9_\-+/=]{40,}")  # tokens, and anything as long as one
_CONTROL = re.compile(r"[\x00-\x1f\x7f]+")


class Malformed(ValueError):
    """A value is missing or of the wrong kind."""


def clean(text: str) -> str:
    """`text` without what the database refuses."""
    if not text.isascii():
        text = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text.replace("\x00", "")


def public_detail(text: object) -> str:
    """A provider's own words as they may be kept and shown: one line, short, long secrets masked."""
    words = _CONTROL.sub(" ", clean(text)) if isinstance(text, str) else ""
    return _SECRETS.sub("…", words).strip()[:LONGEST_DETAIL]


def body_object(body: bytes) -> Json:
    """The JSON object in a body. Raises Malformed for anything else.

    Half a surrogate pair, as of an emoji cut in two, is what orjson refuses and json takes: one person's text must
    not spoil a delivery of a thousand updates.
    """
    try:
        value = orjson.loads(body)
    except orjson.JSONDecodeError:
        try:
            value = json.loads(body, parse_constant=_refuse)
        except (ValueError, RecursionError) as error:
            raise Malformed("not JSON") from error
    return as_object(value)


def _refuse(constant: str) -> None:
    raise Malformed(f"{constant} is no JSON")


def as_object(value: object) -> Json:
    if not isinstance(value, dict):
        raise Malformed("not an object")
    return value


def item(raw: Json, key: str) -> Json:
    """The object at `key`."""
    return as_object(raw.get(key))


def items(raw: Json, key: str) -> list[Any]:
    """The list at `key`; an absent one is empty."""
    value = raw.get(key)
    if value is None:
        return []
    if not isinstance(value, list):
        raise Malformed(f"{key} is not a list")
    return value


def text(raw: Json, key: str) -> str:
    """The text at `key`; an absent one is empty."""
    value = raw.get(key)
    if type(value) is str and value.isascii() and "\x00" not in value:
        return value  # nearly always, and asked six times for every status
    if value is None:
        return ""
    if not isinstance(value, str):
        raise Malformed(f"{key} is not text")
    return clean(value)


def required(raw: Json, key: str) -> str:
    """The text at `key`, which must be there."""
    value = raw.get(key)
    if not (type(value) is str and value and value.isascii() and "\x00" not in value):
        value = text(raw, key)
    if not value:
        raise Malformed(f"{key} is missing")
    return value


def number(raw: Json, key: str) -> int:
    """The whole number at `key`, also when written as digits; 0 when absent."""
    value = raw.get(key)
    if value is None:
        return 0
    if isinstance(value, bool) or not isinstance(value, int | str):
        raise Malformed(f"{key} is not a number")
    try:
        return int(value)
    except ValueError as error:
        raise Malformed(f"{key} is not a number") from error


def count(raw: Json, key: str) -> int:
    """The whole number at `key`, which must be there."""
    if key not in raw:
        raise Malformed(f"{key} is missing")
    return number(raw, key)


def instant(value: object) -> datetime:
    """A Unix time in seconds or milliseconds, as number or digits, in UTC."""
    if isinstance(value, bool) or not isinstance(value, int | str):
        raise Malformed("no time")
    try:
        seconds = float(value)
        return datetime.fromtimestamp(seconds / 1000 if seconds > 1e11 else seconds, UTC)
    except (ValueError, OverflowError, OSError) as error:
        raise Malformed("not a time") from error


def sighting(what: str, value: object) -> str:
    """How something unknown is named where it is counted: "field:flows", "code:131999"; at most 100 characters."""
    return f"{what}:{public_detail(str(value))[:80]}"


def digest(*values: object) -> str:
    """An id for an event the provider gave none: the same values have the same id."""
    return hashlib.sha256(json.dumps(values, sort_keys=True, default=str).encode()).hexdigest()[:40]


def reader(read: Callable[[Answer], Read]) -> Callable[[Answer], Read]:
    """For the readers of rare calls: an answer of another shape than documented is a CallFailed."""

    @wraps(read)
    def checked(answer: Answer) -> Read:
        try:
            return read(answer)
        except Malformed as error:
            outcome = Outcome(OutcomeKind.UNKNOWN, Reason.UNEXPECTED_RESPONSE, blame=Blame.PROVIDER)
            raise CallFailed(outcome) from error

    return checked


def each(account_id: str, raws: Iterable[Any], parse: Callable[[Json], Iterable[Event]]) -> Iterator[Event]:
    """The events of every element of `raws`. One that is malformed becomes an UnknownEvent; the others count."""
    for raw in raws:
        try:
            found = list(parse(as_object(raw)))
        except Malformed:
            yield malformed(account_id, raw)
        else:
            yield from found


def malformed(account_id: str, raw: object) -> UnknownEvent:
    return UnknownEvent(
        account_id=account_id,
        event_id=digest("malformed", raw),
        at=EPOCH,
        raw=raw if isinstance(raw, dict) else {"value": raw},
        name="malformed",
    )
