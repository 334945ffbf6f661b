"""What becomes of a message: by a name in the scenario or by the last digits of the person's scoped id."""

import re
from dataclasses import dataclass

from sandbox.accounts import ThreadAccount
from sandbox.journal import State
from sandbox.messenger.errors import CLOSED, UNKNOWN_PERSON, Code
from sandbox.scenario import Scenario

CODE = re.compile(r"(\d+)(?:/(\d+))?")  # a Graph code as text, with its subcode or without
THROTTLED_TRIES = 3
_UNAVAILABLE: Code = (551, 1545041)


@dataclass(frozen=True, slots=True)
class Outcome:
    """`refusal` is answered at once. The rest says how far an accepted message comes and how its request ends.

    `patient`: the refusal ends after a few tries. `answer`: the error that is answered although it was sent.
    """

    refusal: Code | None = None
    patient: bool = False
    state: State = State.READ
    answer: Code | None = None
    broken: bool = False
    hangs: bool = False


DELIVERED = Outcome()
_ACCEPTED: dict[str, Outcome] = {
    "delivered": DELIVERED,
    "stays_sent": Outcome(state=State.SENT),
    "expired": Outcome(state=State.DROPPED),
    "server_error": Outcome(broken=True),
    "no_answer": Outcome(hangs=True),
    "sent_with_error": Outcome(answer=(1, 1357046)),
}
_REFUSED: dict[str, dict[str, Code]] = {
    "undeliverable": {"facebook": (10, 2018108), "instagram": (551, 0)},
    "window_closed": CLOSED,
    "blocked": {"facebook": _UNAVAILABLE, "instagram": _UNAVAILABLE},
    "opted_out": {"facebook": (10, 1893015), "instagram": _UNAVAILABLE},
    "unknown": UNKNOWN_PERSON,
    "deleted": UNKNOWN_PERSON,
    "throttled": {"facebook": (613, 0), "instagram": (613, 2534040)},
    "media_error": {"facebook": (100, 2018008), "instagram": (100, 2018008)},
}
NAMED = (*_ACCEPTED, *_REFUSED)
BY_ENDING: dict[str, str] = {
    "26": "undeliverable",
    "47": "window_closed",
    "49": "blocked",
    "50": "opted_out",
    "72": "unknown",
    "0000": "stays_sent",
    "0999": "expired",
    "0429": "throttled",
    "0500": "server_error",
    "0504": "no_answer",
}


def outcome_of(account: ThreadAccount, address: str, scenario: Scenario, state: str) -> Outcome:
    """The outcome for a person in this state; a name made of digits is a Graph code, answered at once."""
    name = scenario.recipients.get(address, "") or (state if state in _REFUSED else "")
    if not name and scenario.magic_numbers:
        name = BY_ENDING.get(address[-4:]) or BY_ENDING.get(address[-2:]) or ""
    if code := CODE.fullmatch(name):
        return Outcome((int(code[1]), int(code[2] or 0)))
    if refusal := _REFUSED.get(name):
        return Outcome(refusal[account.kind], patient=name == "throttled")
    return _ACCEPTED.get(name, DELIVERED)
