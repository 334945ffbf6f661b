"""One element of a delivery: who is named by it, and when it happened."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from channels.adapters.base import UnknownEvent
from channels.adapters.parsing import EPOCH, Json, Malformed, digest, instant, item, sighting, text

Common = tuple[str, str, datetime, Json]  # what every event begins with


@dataclass(frozen=True)
class Item:
    """`customer` is the person's scoped id, whoever wrote, and "" where nobody is named."""

    account_id: str
    customer: str
    at: datetime
    raw: Json

    @property
    def person(self) -> str:
        """The customer, who must be named. Raises Malformed."""
        if not self.customer:
            raise Malformed("nobody is named")
        return self.customer

    def common(self, event_id: str, at: datetime | None = None) -> Common:
        return self.account_id, event_id, at or self.at, self.raw

    def unknown(self, what: str, value: object, place: str = "") -> UnknownEvent:
        """Counted by that name, of no other effect. `place` tells two of one element apart."""
        event_id = digest(what, self.account_id, self.raw, place)
        return UnknownEvent(*self.common(event_id), name=sighting(what, value))


def read_item(entry: Json, raw: Json) -> Item:
    """An element of `messaging`. Samples put a person's id into `entry.id`: the sides of the message decide."""
    sides = [text(item(raw, side), "id") if raw.get(side) else "" for side in ("sender", "recipient")]
    customer, account = reversed(sides) if is_echo(raw) else sides
    told = raw.get("timestamp", entry.get("time"))
    return Item(
        account_id=account or text(entry, "id"),
        customer=customer,
        at=EPOCH if told is None else instant(told),
        raw=raw,
    )


def is_echo(raw: Json) -> bool:
    """Whether the account wrote it, from wherever."""
    message = raw.get("message")
    return isinstance(message, dict) and message.get("is_echo") is True
