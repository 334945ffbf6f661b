"""What is to go wrong in a rehearsal, and how the sandbox is told so: for the accounts of this rehearsal only."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from itertools import cycle
from random import Random
from typing import Any, Self

from django.utils.translation import gettext as _

from channels.adapters.base import ChannelKind
from tenants.errors import Invalid

SHARES = (0, 5, 20, 50)  # percent of the people
THROTTLED_RATE = 0.2  # of the requests
LATE_MS = 15_000
OUTAGE_MS = 3_000
OUTAGE_AFTER = 0.25  # of the people
# By kind of channel, what the sandbox calls the ways in which somebody cannot be reached; `docs/sandbox.md` has their
# codes. LINE tells of none.
UNREACHABLE: Mapping[ChannelKind, Sequence[str]] = {
    ChannelKind.LINE: ("blocked", "deleted"),
    ChannelKind.WHATSAPP: ("undeliverable",),
    ChannelKind.FACEBOOK: ("undeliverable", "blocked", "deleted"),
    ChannelKind.INSTAGRAM: ("undeliverable", "blocked", "deleted"),
}
OF_MARKETING = ("undeliverable", "limited", "opted_out")


@dataclass(frozen=True)
class Scenario:
    """All of it goes together; nothing of it: all goes well. `unreachable`: percent of the people, one of SHARES."""

    unreachable: int = 0
    throttled: bool = False
    late: bool = False
    outage: bool = False

    @classmethod
    def read(cls, value: Any) -> Self:
        """The scenario that `value`, the API's object, describes. Raises Invalid."""
        if not isinstance(value, Mapping):
            raise _unreadable("", _("Describe the scenario as an object."))
        known = {field.name: field.type for field in fields(cls)}
        for name, given in value.items():
            if name not in known:
                raise _unreadable(
                    f".{str(name)[:40]}", _("Choose among: %(known)s.") % {"known": ", ".join(known)}
                )
            if name == "unreachable" and (type(given) is not int or given not in SHARES):
                shares = ", ".join(map(str, SHARES))
                raise _unreadable(".unreachable", _("Choose one of: %(allowed)s.") % {"allowed": shares})
            if name != "unreachable" and not isinstance(given, bool):
                raise _unreadable(f".{name}", _("Say true or false."))
        return cls(**value)

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)

    def behaviour(
        self, kind: ChannelKind, people: Sequence[str], *, marketing: bool = False
    ) -> dict[str, Any]:
        """How the sandbox behaves for one account on which `people` (their addresses) are sent to. `marketing`: by a
        marketing template."""
        changes: dict[str, Any] = {"magic_numbers": False, "recipients": self._fates(kind, people, marketing)}
        if self.throttled:
            changes["throttle_rate"] = THROTTLED_RATE
        if self.late:
            changes |= {"webhook_delay_ms": LATE_MS, "webhook_duplicates": 1, "webhook_shuffle": True}
        if self.outage:
            after = 0 if kind is ChannelKind.LINE else int(len(people) * OUTAGE_AFTER)
            changes |= {"outage_after": after, "outage_ms": OUTAGE_MS}
        return changes

    def _fates(self, kind: ChannelKind, people: Sequence[str], marketing: bool) -> dict[str, str]:
        count = -(-len(people) * self.unreachable // 100)
        ways = OF_MARKETING if marketing else UNREACHABLE[kind]
        chosen = Random(len(people)).sample(people, count)  # noqa: S311  the same again in the same order
        return dict(zip(chosen, cycle(ways), strict=False))


def _unreadable(field: str, detail: str) -> Invalid:
    return Invalid(errors=[{"field": f"scenario{field}", "code": "invalid", "detail": detail}])
