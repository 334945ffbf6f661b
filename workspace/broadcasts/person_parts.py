"""The messages of one person in a broadcast, each with its own state, times and reason (D-14)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from campaigns.engine.standing import LIVE
from campaigns.models import Part, PartState, Recipient, State
from workspace.broadcasts.equation import KINDS, Kind
from workspace.broadcasts.parts import in_one_line

NOT_SENT = Kind(
    gettext_lazy("not sent"), gettext_lazy("It did not leave and will not."), "circle-slash", "neutral"
)
LEFT_OUT = Kind(
    gettext_lazy("left out"), gettext_lazy("It was not meant for this person."), "minus", "neutral"
)
REPORTED = (
    ("sent_at", gettext_lazy("Sent")),
    ("delivered_at", gettext_lazy("Delivered")),
    ("read_at", gettext_lazy("Read")),
    ("failed_at", gettext_lazy("Reported as failed")),
)


@dataclass(frozen=True)
class ShownPersonPart:
    """`number` counts from 1; `times` are (what, when); `reason` is why it failed or is in doubt."""

    number: int
    kind: Kind
    text: str = ""
    times: list[tuple[str | Promise, datetime]] = field(default_factory=list)
    reason: str | Promise = ""


def person_parts(
    recipient: Recipient, reason: str | Promise = "", parts: Sequence[Part] = ()
) -> list[ShownPersonPart]:
    """In order. `parts` are the campaign's, where their words are wanted too."""
    texts = {part.position: in_one_line(part.text) or _("Picture") for part in parts}
    shown = []
    for position, state in enumerate(recipient.part_states):
        at_fault = state in (PartState.FAILED, PartState.UNCONFIRMED)
        shown.append(
            ShownPersonPart(
                number=position + 1,
                kind=_kind(recipient, position),
                text=texts.get(position, ""),
                times=[
                    (label, at)
                    for name, label in REPORTED
                    if (at := _at(recipient, name, position)) is not None
                ],
                reason=reason if at_fault else "",
            )
        )
    return shown


def progress_of(recipient: Recipient) -> tuple[int, int]:
    """How many messages have arrived, of how many that were meant for this person."""
    meant = [state for state in recipient.part_states if state != PartState.DROPPED]
    return sum(1 for state in meant if state == PartState.ACCEPTED), len(meant)


def _kind(recipient: Recipient, position: int) -> Kind:
    match PartState(recipient.part_states[position]):
        case PartState.ACCEPTED if _at(recipient, "read_at", position):
            return KINDS["read"]
        case PartState.ACCEPTED if _at(recipient, "delivered_at", position):
            return KINDS["delivered"]
        case PartState.WAITING if State(recipient.state) not in LIVE:
            return NOT_SENT
        case PartState.DROPPED:
            return LEFT_OUT
        case state:
            return KINDS[state.name.lower()]


def _at(recipient: Recipient, name: str, position: int) -> datetime | None:
    times: list[datetime | None] = getattr(recipient, name) or []
    return times[position] if position < len(times) else None
