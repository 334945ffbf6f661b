"""The customers behind the accounts. Whoever is contacted first exists from then on."""

import re
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from typing import Any

_SCOPED = re.compile(r"\d{5,40}")  # the id of a person, good for one Page or Instagram account only
_SHAPES = {
    "line": re.compile(r"U[0-9a-f]{32}"),
    "whatsapp": re.compile(r"\d{7,15}"),
    "facebook": _SCOPED,
    "instagram": _SCOPED,
}
_NAMED_AS = ("address", "user_id", "phone", "psid", "igsid")
LINE_STATES = ("friend", "blocked", "stranger", "recent", "deleted", "unknown")


class BadPerson(ValueError):
    """A person was described with a missing or impossible value."""


@dataclass(slots=True)
class Inbound:
    """What a customer wrote: `id` as the provider names it, `media` the id of a stored file, `details` what the
    provider's message has of a sticker or a place."""

    id: str
    at: float
    kind: str
    text: str = ""
    media: str = ""
    details: dict[str, Any] = field(default_factory=dict)


@dataclass(slots=True)
class Person:
    """What is known beyond the address. Times are Unix seconds.

    `state` is LINE's view (friend, blocked, stranger, recent = wrote within 7 days, deleted, unknown), of which
    Messenger and Instagram know blocked, deleted and unknown. On Meta's channels the reply window is `window`: "open"
    whatever the time, or "checked" against `last_inbound_at`.
    """

    name: str = ""
    state: str = "friend"
    window: str = "open"
    last_inbound_at: float | None = None
    phone_hidden: bool = False
    stopped_marketing: bool = False
    messages: list[Inbound] = field(default_factory=list)

    def wrote_within(self, seconds: float, now: float) -> bool:
        """Whether the person's reply window of this length is still open."""
        return self.window == "open" or now - (self.last_inbound_at or 0) < seconds


def address_in(kind: str, description: dict[str, Any]) -> str:
    """The address of a described person: user id on LINE, number on WhatsApp, else scoped id. Raises BadPerson."""
    for key in _NAMED_AS:
        if isinstance(given := description.get(key), str) and given:
            address = given if kind == "line" else re.sub(r"[+\-() .]", "", given)
            if _SHAPES[kind].fullmatch(address):
                return address
            raise BadPerson(f"{given!r} is no {kind} address")
    raise BadPerson("a person needs an address: user_id on LINE, phone on WhatsApp, psid, igsid")


class People:
    """The people of every account, by address; each has one number for the whole sandbox."""

    def __init__(self) -> None:
        self.clear()

    def clear(self) -> None:
        """Forget everybody."""
        self._numbers: dict[int, dict[str, int]] = {}
        self._address: list[str] = []
        self._account: list[int] = []
        self._known: dict[int, Person] = {}

    def find(self, account: int, address: str) -> int | None:
        return self._numbers.get(account, {}).get(address)

    def meet(self, account: int, address: str) -> int:
        """The person's number; a new one for an address nobody used before."""
        numbers = self._numbers.setdefault(account, {})
        number = numbers.get(address)
        if number is None:
            number = numbers[address] = len(self._address)
            self._address.append(address)
            self._account.append(account)
        return number

    def address(self, number: int) -> str:
        return self._address[number]

    def account(self, number: int) -> int:
        return self._account[number]

    def known(self, number: int) -> Person | None:
        """What was registered or happened beyond the address; None for most."""
        return self._known.get(number)

    def know(self, number: int) -> Person:
        return self._known.setdefault(number, Person())

    def __len__(self) -> int:
        return len(self._address)

    def all_known(self) -> Iterator[tuple[int, Person]]:
        """Everybody of whom more than the address is known."""
        return iter(self._known.items())

    def search(self, text: str) -> list[int]:
        """The people whose address contains the text."""
        return [number for number, address in enumerate(self._address) if text in address.lower()]

    def of_account(self, account: int) -> Iterator[tuple[int, str]]:
        return ((number, address) for address, number in self._numbers.get(account, {}).items())

    def register(self, account: int, address: str, description: dict[str, Any]) -> int:
        """Add or change a person; the description has the fields of `Person`. Raises BadPerson."""
        state = description.get("state", "friend")
        if state not in LINE_STATES:
            raise BadPerson(f"state must be one of {', '.join(LINE_STATES)}")
        last = description.get("last_inbound_at")
        if last is not None and not isinstance(last, int | float):
            raise BadPerson("last_inbound_at is Unix time in seconds")
        number = self.meet(account, address)
        person = self.know(number)
        person.name = str(description.get("name", person.name))
        person.state = state
        if last is not None:
            person.last_inbound_at, person.window = float(last), "checked"
        person.phone_hidden = bool(description.get("phone_hidden", person.phone_hidden))
        person.stopped_marketing = bool(description.get("stopped_marketing", person.stopped_marketing))
        return number

    def saved(self, account: int) -> list[dict[str, Any]]:
        """The known people of an account as `register` takes them."""
        saved = []
        for number, address in self.of_account(account):
            if person := self._known.get(number):
                plain = asdict(person)
                del plain["messages"], plain["window"]
                saved.append({"address": address, **plain})
        return saved

    def forget_messages(self) -> None:
        for person in self._known.values():
            person.messages.clear()
