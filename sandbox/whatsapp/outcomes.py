"""What becomes of a message: by a name in the scenario or by the last digits of the recipient's number."""

from dataclasses import dataclass

from sandbox.journal import State
from sandbox.scenario import Scenario


@dataclass(frozen=True, slots=True)
class Outcome:
    """`state` is how far the message comes; `code` the error of its failed status.

    The rest says how the request itself ends: `refusal` (a Graph code at once), a bare 500, or no answer.
    """

    state: State = State.READ
    code: int = 0
    refusal: int = 0
    broken: bool = False
    hangs: bool = False


DELIVERED = Outcome()
NAMED: dict[str, Outcome] = {
    "delivered": DELIVERED,
    "undeliverable": Outcome(State.FAILED, 131026),
    "window_closed": Outcome(State.FAILED, 131047),
    "limited": Outcome(State.FAILED, 131049),
    "opted_out": Outcome(State.FAILED, 131050),
    "experiment": Outcome(State.FAILED, 130472),
    "media_error": Outcome(State.FAILED, 131053),
    "stays_sent": Outcome(State.SENT),
    "expired": Outcome(State.DROPPED),  # no webhook at all
    "throttled": Outcome(State.FAILED, refusal=130429),
    "pair_limited": Outcome(State.FAILED, refusal=131056),
    "server_error": Outcome(State.FAILED, broken=True),
    "no_answer": Outcome(State.READ, hangs=True),  # delivered all the same
}
BY_ENDING: dict[str, str] = {
    "26": "undeliverable",
    "47": "window_closed",
    "49": "limited",
    "50": "opted_out",
    "72": "experiment",
    "0000": "stays_sent",
    "0999": "expired",
    "0429": "throttled",
    "0500": "server_error",
    "0504": "no_answer",
}
THROTTLED_TRIES = 3
# What a template does not meet, by its category: none needs an open window, and the limits are of marketing alone.
LIMITS = ("limited", "opted_out", "experiment")
UNMET = {
    "MARKETING": ("window_closed",),
    "UTILITY": ("window_closed", *LIMITS),
    "AUTHENTICATION": ("window_closed", *LIMITS),
}


def outcome_of(address: str, scenario: Scenario, category: str | None = None) -> tuple[Outcome, str]:
    """The outcome for this recipient and its name; a name of digits is a Graph code that arrives as failed.

    `category` is a template's, None for free-form messages: it keeps some numbers from being what they end in.
    """
    name = scenario.recipients.get(address, "")
    if not name and scenario.magic_numbers:
        name = BY_ENDING.get(address[-4:]) or BY_ENDING.get(address[-2:]) or ""
        if name in UNMET.get(category or "", ()):
            name = ""
    if name.isdigit():
        return Outcome(State.FAILED, int(name)), name
    return NAMED.get(name, DELIVERED), name
