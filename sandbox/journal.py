"""What really arrived: one row per part and person, kept compactly; the oracle of every test.

A row costs about 50 bytes beside its attempt id and its body; equal bodies are kept once.
"""

from array import array
from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntEnum

LOOK_BACK = 200  # rows of one person that are compared for duplicates
_NONE = -1


class State(IntEnum):
    """How far a part came. The first four reached the person, the others did not."""

    ACCEPTED = 0
    SENT = 1
    DELIVERED = 2
    READ = 3
    FAILED = 4
    DROPPED = 5

    @property
    def reached(self) -> bool:
        return self < State.FAILED


@dataclass(frozen=True, slots=True)
class Row:
    """One part on its way to one person. `attempt` is the retry key or opaque id that came with it."""

    number: int
    at: float
    account: int
    person: int
    attempt: str
    part: int
    body: bytes
    state: State


def part_of(opaque: str) -> tuple[str, int]:
    """Name and position of the part in an opaque id `<anything>.<part>.<attempt>`; ("", 0) for others."""
    name, _, attempt = opaque.rpartition(".")
    _, dot, part = name.rpartition(".")
    well_formed = dot and attempt.isdigit() and part.isdigit() and len(part) < 3
    return (name, int(part)) if well_formed else ("", 0)


class Journal:
    """Rows in the order of arrival, chained per person; their numbers begin at `first`."""

    def __init__(self, first: int = 0) -> None:
        self.first = first
        self.duplicates = 0
        self.people = 0
        self._at = array("d")
        self._account = array("H")
        self._person = array("L")
        self._part = array("B")
        self._state = array("B")
        self._price = array("B")
        self._before = array("q")  # the same person's previous row
        self._attempt: list[str] = []
        self._body: list[bytes] = []
        self._last = array("q")  # by person: the latest row
        self._reached = bytearray()  # by person: whether anything arrived
        self._shared: dict[bytes, bytes] = {}

    def __len__(self) -> int:
        return len(self._at)

    def add(
        self,
        at: float,
        account: int,
        person: int,
        body: bytes,
        *,
        attempt: str = "",
        part: int = 0,
        state: State = State.ACCEPTED,
        price: int = 0,
    ) -> int:
        """Write a row and return its number. `at`: Unix seconds, `price`: a class of the caller's."""
        row = len(self._at)
        if person >= len(self._last):
            missing = person + 1 - len(self._last)
            self._last.extend([_NONE] * missing)
            self._reached.extend(bytes(missing))
        if state.reached:
            if not self._reached[person]:
                self._reached[person] = True
                self.people += 1
            elif self._repeats(person, account, body, attempt, part):
                self.duplicates += 1
        self._at.append(at)
        self._account.append(account)
        self._person.append(person)
        self._part.append(part)
        self._state.append(state)
        self._price.append(price)
        self._before.append(self._last[person])
        self._attempt.append(attempt)
        self._body.append(self._share(body))
        self._last[person] = row
        return self.first + row

    def _share(self, body: bytes) -> bytes:
        if len(self._shared) > 10_000:
            self._shared.clear()
        kept = self._shared.get(body)
        if kept is None:
            kept = bytes(memoryview(body))  # orjson's bytes hold on to a buffer of kilobytes
            self._shared[kept] = kept
        return kept

    def _repeats(self, person: int, account: int, body: bytes, attempt: str, part: int) -> bool:
        name, _ = part_of(attempt)
        row, steps = self._last[person], 0
        while row != _NONE and steps < LOOK_BACK:
            if self._account[row] == account and self._state[row] < State.FAILED:
                if self._part[row] == part and self._body[row] == body:
                    return True
                if name and part_of(self._attempt[row])[0] == name:
                    return True
            row, steps = self._before[row], steps + 1
        return False

    def __contains__(self, number: int) -> bool:
        return self.first <= number < self.first + len(self._at)

    def _row(self, index: int) -> Row:
        return Row(
            self.first + index,
            self._at[index],
            self._account[index],
            self._person[index],
            self._attempt[index],
            self._part[index],
            self._body[index],
            State(self._state[index]),
        )

    def row(self, number: int) -> Row:
        return self._row(number - self.first)

    def price(self, number: int) -> int:
        return self._price[number - self.first]

    def advance(self, number: int, state: State) -> bool:
        """Move a row forward; a smaller state changes nothing."""
        index = number - self.first
        moved = self._state[index] < state
        if moved:
            self._state[index] = state
        return moved

    def fail(self, number: int) -> None:
        """Take back that a row reached its person."""
        self.advance(number, State.FAILED)
        person = self._person[number - self.first]
        if self._reached[person] and not any(row.state.reached for row in self.of_person(person)):
            self._reached[person] = False
            self.people -= 1

    def _latest(self, person: int) -> int:
        return self._last[person] if person < len(self._last) else _NONE

    def of_person(self, person: int) -> list[Row]:
        """The person's rows, oldest first."""
        rows, index = [], self._latest(person)
        while index != _NONE:
            rows.append(self._row(index))
            index = self._before[index]
        return rows[::-1]

    def last_of(self, person: int) -> Row | None:
        index = self._latest(person)
        return None if index == _NONE else self._row(index)

    def backwards(self) -> Iterator[Row]:
        """All rows, the latest first."""
        return map(self._row, range(len(self._at) - 1, -1, -1))

    def since(self, at: float) -> int:
        """The number of the first row that is not earlier than `at`."""
        return self.first + bisect_left(self._at, at)

    def after(self, number: int) -> Iterator[Row]:
        """All rows whose number is greater."""
        return map(self._row, range(max(number + 1 - self.first, 0), len(self._at)))
