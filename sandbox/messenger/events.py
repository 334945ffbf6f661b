"""The webhooks of Pages and Instagram accounts: echoes, deliveries and reads, and whatever customers do.

https://developers.facebook.com/docs/messenger-platform/webhooks
"""

import json
import random
from dataclasses import dataclass
from typing import Any

import orjson

from sandbox import ids
from sandbox.accounts import ThreadAccount
from sandbox.graph.signing import signed
from sandbox.journal import Row, State
from sandbox.people import Inbound
from sandbox.webhooks import Post
from sandbox.world import World

CDN = "/cdn/"
Item = dict[str, Any]
_STEPS = {"facebook": (State.SENT, State.DELIVERED, State.READ), "instagram": (State.SENT, State.READ)}
_PACE = {State.SENT: 1, State.DELIVERED: 2, State.READ: 5}  # in `webhook_delay_ms`
_FIELDS: dict[str, dict[str, tuple[str, ...]]] = {
    "facebook": {
        "message": ("messages",),
        "echo": ("message_echoes",),
        "delivery": ("message_deliveries",),
        "read": ("message_reads",),
        "reaction": ("message_reactions",),
        "postback": ("messaging_postbacks",),
    },
    "instagram": {
        "message": ("messages",),
        "echo": ("messages", "message_echoes"),
        "read": ("messaging_seen",),
        "reaction": ("message_reactions",),
        "postback": ("messaging_postbacks",),
    },
}
FIELDS = {kind: sorted({one for names in of.values() for one in names}) for kind, of in _FIELDS.items()}


@dataclass(slots=True)
class Happened:
    """Something a customer did; `kind` decides which subscribed field tells of it."""

    kind: str
    item: Item


def first_state(last: State) -> State:
    return last if last > State.READ else State.ACCEPTED


def follow_up(world: World, account: ThreadAccount, row: int, last: State) -> None:
    """Send echo, delivery and read up to `last`, each a little later than the one before.

    Each on its way is one number, row and state together: there may be a million of them.
    """
    steps = _STEPS[account.kind]
    if last > State.READ:
        return
    scenario = world.scenarios.of(account.id)
    if last is State.READ and random.random() >= scenario.read_share:
        last = State.DELIVERED
    if last >= State.DELIVERED and random.random() >= scenario.delivered_share:
        last = State.SENT
    pause = scenario.webhook_delay_ms / 1000
    for state in steps:
        if state <= last:
            world.webhooks.put(
                account, row * 8 + state, after_s=pause * _PACE[state] * random.uniform(0.5, 1.5)
            )


class Packer:
    """Turns updates of a Page or an Instagram account into one signed call."""

    def __init__(self, world: World) -> None:
        self._world = world

    def __call__(self, account: ThreadAccount, updates: list[Any], repeated: bool) -> Post | None:
        journal = self._world.journal
        happened = [one for one in updates if isinstance(one, Happened)]
        for update in updates:
            if isinstance(update, int) and update >> 3 in journal:
                row, state = update >> 3, State(update & 7)
                if journal.advance(row, state):
                    self._world.version += 1
                    if state is State.READ and account.kind == "facebook":
                        self._read_up_to(journal.row(row))
                happened.append(self._report(account, journal.row(row), state))
        fields = account.subscribed_fields.split(",")
        told = [one.item for one in happened if any(f in fields for f in _FIELDS[account.kind][one.kind])]
        if not account.webhook_url or not told:
            return None
        entry = {"id": account.id, "time": max(item["timestamp"] for item in told), "messaging": told}
        name = "instagram" if account.kind == "instagram" else "page"
        # \uXXXX for everything beyond ASCII, as Meta sends it
        body = json.dumps({"object": name, "entry": [entry]}, separators=(",", ":")).encode()
        return signed(account.webhook_url, account.app_secret, body)

    def _read_up_to(self, last: Row) -> None:
        """A watermark covers all that came before."""
        for row in self._world.journal.of_person(last.person):
            if row.number < last.number and row.state.reached:
                self._world.journal.advance(row.number, State.READ)

    def _report(self, account: ThreadAccount, row: Row, state: State) -> Happened:
        """What is told of a message of the business; a copy says the same."""
        world, sent = self._world, _ms(row.at)
        scenario, address = world.scenarios.of(account.id), world.people.address(row.person)
        mid = ids.mid(account.kind, row.number)
        if state is State.SENT:
            message = {"mid": mid, "is_echo": True, **_shown(world, orjson.loads(row.body))}
            if account.kind == "facebook":
                message["app_id"] = int(account.app_id) if account.app_id.isdigit() else account.app_id
            if row.attempt and (account.kind == "facebook" or scenario.instagram_metadata):
                message["metadata"] = row.attempt
            ends = {"sender": {"id": account.id}, "recipient": {"id": address}}
            return Happened("echo", {**ends, "timestamp": sent, "message": message})
        at = _ms(row.at + scenario.webhook_delay_ms / 1000 * _PACE[state])
        if state is State.DELIVERED:
            delivery: Item = {"watermark": sent}
            if (row.number * 37 % 100) < scenario.delivery_mids * 100:
                delivery["mids"] = [mid]
            return Happened("delivery", _from(account, address, at, delivery=delivery))
        return Happened("read", _from(account, address, at, read=_seen(account, row)))


def _seen(account: ThreadAccount, row: Row) -> Item:
    """Messenger tells up to when was read, Instagram which message."""
    if account.kind == "instagram":
        return {"mid": ids.mid("instagram", row.number)}
    return {"watermark": _ms(row.at)}


def _ms(at: float) -> int:
    return int(at * 1000)


def _from(account: ThreadAccount, address: str, at_ms: int, **what: Item) -> Item:
    return {"sender": {"id": address}, "recipient": {"id": account.id}, "timestamp": at_ms, **what}


def _shown(world: World, content: Item) -> Item:
    """A message of the business as its echo shows it."""
    found = [content["attachment"]] if "attachment" in content else content.get("attachments", [])
    shown: Item = {"text": content["text"]} if "text" in content else {}
    if found:
        shown["attachments"] = [_shown_file(world, one) for one in found]
    return shown


def _shown_file(world: World, attachment: Item) -> Item:
    payload = attachment.get("payload") or {}
    if "attachment_id" in payload:
        file = world.media.get(str(payload["attachment_id"]))
        payload = {"url": (file.link or address_of(world, file.id)) if file else ""}
    return {"type": attachment["type"], "payload": payload}


def address_of(world: World, file_id: str) -> str:
    """Where a file can be fetched by anybody for a while, as from Meta's CDN."""
    return f"{world.base_url}{CDN}{world.media.address(file_id)}"


def _put(world: World, account: ThreadAccount, person: int, kind: str, at: float, **what: Item) -> None:
    address = world.people.address(person)
    world.webhooks.put(account, Happened(kind, _from(account, address, _ms(at), **what)))


def write(
    world: World, account: ThreadAccount, person: int, inbound: Inbound, *, quick_reply: str = ""
) -> None:
    """The customer sends a text, a file or a sticker, or taps a quick reply (its payload)."""
    message: Item = {"mid": inbound.id, **inbound.details}
    if inbound.media and not inbound.details:
        payload = {"url": address_of(world, inbound.media)}
        message["attachments"] = [{"type": inbound.kind, "payload": payload}]
    if inbound.text and (not inbound.media or inbound.kind != "file"):
        message["text"] = inbound.text
    if quick_reply:
        message["quick_reply"] = {"payload": quick_reply}
    _put(world, account, person, "message", inbound.at, message=message)


def postback(world: World, account: ThreadAccount, person: int, inbound: Inbound, payload: str) -> None:
    """The customer taps a button of a template."""
    tapped = {"mid": inbound.id, "title": inbound.text, "payload": payload}
    _put(world, account, person, "postback", inbound.at, postback=tapped)


def react(world: World, account: ThreadAccount, person: int, mid: str, emoji: str) -> None:
    """The customer reacts to a message; without an emoji the reaction is taken back."""
    reaction: Item = {"mid": mid, "action": "react" if emoji else "unreact"}
    if emoji:
        reaction |= {"reaction": "love" if emoji.startswith("❤") else "other", "emoji": emoji}
    _put(world, account, person, "reaction", world.now(), reaction=reaction)


def see(world: World, account: ThreadAccount, person: int) -> bool:
    """The customer opens the thread and sees all of it; whether there was anything."""
    rows = [row for row in world.journal.of_person(person) if row.state.reached]
    for row in rows:
        world.journal.advance(row.number, State.READ)
    if rows:
        world.version += 1
        _put(world, account, person, "read", world.now(), read=_seen(account, rows[-1]))
    return bool(rows)


def unsend(world: World, account: ThreadAccount, person: int, mid: str) -> None:
    """The customer takes back a message, which Instagram tells."""
    _put(world, account, person, "message", world.now(), message={"mid": mid, "is_deleted": True})
