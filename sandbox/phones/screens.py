"""What the list of phones and one phone show, read from the world."""

from dataclasses import dataclass
from itertools import islice
from typing import Any

from sandbox.accounts import Account, FacebookPage, InstagramAccount, LineChannel, WhatsAppNumber
from sandbox.other_kinds import KINDS
from sandbox.phones.bubble import Bubble
from sandbox.phones.bubbles import arrived, written
from sandbox.whatsapp.messages import WINDOW_S
from sandbox.world import World

CHANNELS = {"line": "LINE", "whatsapp": "WhatsApp", "facebook": "Messenger", "instagram": "Instagram"}
LISTED, SHOWN, LOOKED_AT = 100, 200, 20_000


@dataclass(slots=True)
class Entry:
    """One line of the list of phones."""

    number: int
    name: str
    address: str
    kind: str
    account: str
    last: Bubble | None
    at: float

    @property
    def initial(self) -> str:
        return self.name[:1].upper()

    @property
    def hue(self) -> int:
        return sum(map(ord, self.address)) % 6


class Screens:
    """Reads only; `words` are the reader's language."""

    def __init__(self, world: World) -> None:
        self._world = world

    def entries(self, query: str, kind: str, words: dict[str, str]) -> list[Entry]:
        """The phones with the latest news first; all that match where something is searched."""
        world, wanted = self._world, query.lower().strip()
        latest: dict[int, float] = {}
        for row in islice(world.journal.backwards(), LOOKED_AT):
            if row.state.reached:
                latest.setdefault(row.person, row.at)
            if len(latest) > LISTED and not wanted and not kind:
                break
        for number, known in world.people.all_known():
            latest[number] = max(latest.get(number, 0.0), known.messages[-1].at if known.messages else 0.0)
        if wanted:
            for number in world.people.search(wanted):
                latest.setdefault(number, 0.0)
        ordered = sorted(latest.items(), key=lambda item: -item[1])
        fitting = (self._entry(number, at, words) for number, at in ordered)
        matching = (
            entry
            for entry in fitting
            if kind in ("", entry.kind) and (wanted in entry.name.lower() or wanted in entry.address.lower())
        )
        return list(islice(matching, LISTED))

    def _entry(self, number: int, at: float, words: dict[str, str]) -> Entry:
        world = self._world
        account, address = world.accounts.at(world.people.account(number)), world.people.address(number)
        known = world.people.known(number)
        row = world.journal.last_of(number)
        last = arrived(world, account, row) if row and row.state.reached else None
        if known and known.messages and (last is None or known.messages[-1].at > last.at):
            last = written(known.messages[-1])
        plain = f"+{address}" if account.kind == "whatsapp" else address[:9] + "…"
        name = (known.name if known else "") or plain
        if last is not None:
            last.words = words
        return Entry(number, name, address, account.kind, account_name(account), last, at)

    def phone(self, person: int, words: dict[str, str]) -> dict[str, Any]:
        world = self._world
        account = world.accounts.at(world.people.account(person))
        known = world.people.known(person)
        rows = [row for row in world.journal.of_person(person) if row.state.reached]
        inbound = known.messages if known else []
        bubbles = [arrived(world, account, row) for row in rows[-SHOWN:]] + [
            written(m) for m in inbound[-SHOWN:]
        ]
        bubbles.sort(key=lambda bubble: bubble.at)
        for bubble in bubbles:
            bubble.words = words
        return {
            "entry": self._entry(person, 0.0, words),
            "bubbles": bubbles[-SHOWN:],
            "arrived": len(rows),
            "answered": len(inbound),
            "blocked": bool(known and known.state == "blocked"),
            "friendship": words[known.state if known else "friend"],
            "channel": CHANNELS[account.kind],
            "others": [(kind, words[f"send_{kind}"]) for kind in KINDS[account.kind]],
            "whatsapp": isinstance(account, WhatsAppNumber),
            "thread": isinstance(account, FacebookPage | InstagramAccount),
            "reports": not isinstance(
                account, LineChannel
            ),  # tells what was delivered and read, and has a window
            "window_closed": known is not None and not known.wrote_within(WINDOW_S, world.now()),
            "stopped": bool(known and known.stopped_marketing),
        }


def account_name(account: Account) -> str:
    return (
        f"{account.verified_name} {account.display_phone_number}"
        if isinstance(account, WhatsAppNumber)
        else account.name
    )
