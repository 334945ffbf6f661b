"""What the product says of every person and part, against what really arrived there. No database, no network."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

from campaigns.models import PartState, State

OPEN = (State.WAITING, State.SENDING)
EXAMPLES = 5  # of each kind of finding are kept for whoever looks into it


@dataclass(frozen=True)
class Person:
    """A recipient as the product records it. `account` is the provider's id of the channel; each text is this
    person's alone within the account, so that it tells campaign and part."""

    id: int
    account: str
    address: str
    state: State
    parts: tuple[PartState, ...]
    texts: tuple[str, ...]


@dataclass(frozen=True)
class Arrival:
    """A part in the provider's journal. `attempt` is the id under which we sent it, where the channel carries one."""

    account: str
    address: str
    text: str
    attempt: str = ""


@dataclass
class Findings:
    """Counts of people; `duplicates` of messages beyond the first. `wrong` are contradictions, in words.

    `lost`: no final state, or a part said to be accepted that never arrived. `doubtful`: unconfirmed, and rightly so,
    for it never arrived. `unsettled`: it arrived and the product still does not know.
    """

    people: int = 0
    lost: int = 0
    duplicates: int = 0
    doubtful: int = 0
    unsettled: int = 0
    wrong: int = 0
    examples: list[str] = field(default_factory=list)

    def note(self, kind: str, person: Person | Arrival, words: str = "") -> None:
        if sum(example.startswith(kind) for example in self.examples) < EXAMPLES:
            self.examples.append(f"{kind}: {person} {words}".strip())

    def __add__(self, other: Findings) -> Findings:
        return Findings(
            self.people + other.people,
            self.lost + other.lost,
            self.duplicates + other.duplicates,
            self.doubtful + other.doubtful,
            self.unsettled + other.unsettled,
            self.wrong + other.wrong,
            self.examples + other.examples,
        )

    @property
    def clean(self) -> bool:
        return not (self.lost or self.duplicates or self.unsettled or self.wrong)


def judge(people: Iterable[Person], arrivals: Iterable[Arrival]) -> Findings:
    """Compare them person by person and part by part."""
    findings = Findings()
    arrived: defaultdict[tuple[str, str], list[Arrival]] = defaultdict(list)
    for arrival in arrivals:
        arrived[arrival.account, arrival.address].append(arrival)
    expected: defaultdict[tuple[str, str], set[str]] = defaultdict(set)
    for person in people:
        place = person.account, person.address
        expected[place].update(person.texts)
        _judge_person(person, arrived.get(place, []), findings)
    for place, there in arrived.items():
        for arrival in there:
            if arrival.text not in expected[place]:
                findings.wrong += 1
                findings.note("nobody sent this", arrival)
    return findings


def _judge_person(person: Person, arrived: list[Arrival], findings: Findings) -> None:
    findings.people += 1
    times = Counter(arrival.text for arrival in arrived)
    parts = list(zip(person.parts, person.texts, strict=True))
    again = sum(max(0, times[text] - 1) for _state, text in parts)
    if again:
        findings.duplicates += again
        findings.note("more than once", person, str(arrived))
    if person.state in OPEN or any(s is PartState.ACCEPTED and not times[text] for s, text in parts):
        findings.lost += 1
        findings.note("lost", person)
    doubts = [times[text] for state, text in parts if state is PartState.UNCONFIRMED]
    if any(doubts):
        findings.unsettled += 1
        findings.note("arrived and not settled", person)
    elif doubts:
        findings.doubtful += 1
    denied = (PartState.WAITING, PartState.FAILED, PartState.DROPPED)
    if any(state in denied and times[text] for state, text in parts):
        findings.wrong += 1
        findings.note("said not to have arrived", person)
    for arrival in arrived:
        _judge_attempt(person, arrival, findings)


def _judge_attempt(person: Person, arrival: Arrival, findings: Findings) -> None:
    """`<recipient>.<part>.<n>` names whom and what it was sent for; LINE's keys are no such ids, and on Messenger our
    name stands before it."""
    pieces = arrival.attempt.rpartition(":")[2].split(".")
    if len(pieces) != 3 or arrival.text not in person.texts:
        return
    if pieces[:2] != [str(person.id), str(person.texts.index(arrival.text))]:
        findings.wrong += 1
        findings.note("sent under another's id", person, arrival.attempt)
