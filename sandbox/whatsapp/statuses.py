"""The webhooks of the Cloud API: statuses of what was sent, and whatever customers do.

https://developers.facebook.com/docs/whatsapp/cloud-api/webhooks/
"""

import hashlib
import hmac
import json
import random
from dataclasses import dataclass
from enum import IntEnum
from typing import Any

from sandbox import ids
from sandbox.accounts import WhatsAppNumber
from sandbox.graph.errors import webhook_error
from sandbox.journal import Row, State
from sandbox.webhooks import Post
from sandbox.whatsapp.addresses import bsuid, is_bsuid
from sandbox.world import World

_NAMES = {State.SENT: "sent", State.DELIVERED: "delivered", State.READ: "read", State.FAILED: "failed"}


class Price(IntEnum):
    """What a message is charged as; kept with its journal row."""

    FREE_SERVICE = 0
    SERVICE = 1
    MARKETING = 2
    UTILITY = 3
    AUTHENTICATION = 4


@dataclass(slots=True)
class StatusUpdate:
    """One step of a message. `at` is Unix seconds, `code` the error of a failed one."""

    row: int
    state: State
    at: float
    code: int = 0


@dataclass(slots=True)
class Change:
    """Anything else: the `field` of the webhook and its value without the metadata."""

    field: str
    value: dict[str, Any]


def follow_up(world: World, number: WhatsAppNumber, row: int, last: State, code: int) -> None:
    """Send the statuses up to `last`, each a little later than the one before."""
    scenario = world.scenarios.of(number.id)
    step, at = scenario.webhook_delay_ms / 1000, 0.0
    if last is State.READ and random.random() >= scenario.read_share:
        last = State.DELIVERED
    if last >= State.DELIVERED and last < State.FAILED and random.random() >= scenario.delivered_share:
        last = State.SENT
    steps = [State.FAILED] if code else [s for s in (State.SENT, State.DELIVERED, State.READ) if s <= last]
    for state in steps:
        at += step * random.uniform(0.5, 1.5) * (3 if state is State.READ else 1)
        world.webhooks.put(number, StatusUpdate(row, state, world.now() + at, code), after_s=at)


class Packer:
    """Turns updates of a number into one signed call."""

    def __init__(self, world: World) -> None:
        self._world = world

    def __call__(self, account: WhatsAppNumber, updates: list[Any], repeated: bool) -> Post:
        metadata = {"display_phone_number": account.digits, "phone_number_id": account.id}
        head = {"messaging_product": "whatsapp", "metadata": metadata}
        changes = []
        statuses = [u for u in updates if isinstance(u, StatusUpdate) and u.row in self._world.journal]
        if statuses:
            changes.append({"field": "messages", "value": {**head, **self._statuses(statuses)}})
        changes += [
            {"field": change.field, "value": {**head, **change.value}}
            for change in updates
            if isinstance(change, Change)
        ]
        entry = {"id": account.waba_id, "changes": changes}
        body = json.dumps(
            {"object": "whatsapp_business_account", "entry": [entry]}, separators=(",", ":")
        ).encode()  # \uXXXX for everything beyond ASCII, as Meta sends it
        url = account.override_url or account.webhook_url
        return Post(url, body, _headers(account.app_secret, body), _headers("wrong secret", body))

    def _statuses(self, updates: list[StatusUpdate]) -> dict[str, Any]:
        world, statuses, contacts = self._world, [], {}
        for update in updates:
            row = world.journal.row(update.row)
            if world.journal.advance(update.row, update.state):
                world.version += 1
            address = world.people.address(row.person)
            statuses.append(self._status(update, row, address))
            if update.state is not State.FAILED:
                contacts[address] = contact(world, row.person, address)
        value: dict[str, Any] = {"statuses": statuses}
        if contacts:
            value["contacts"] = list(contacts.values())
        return value

    def _status(self, update: StatusUpdate, row: Row, address: str) -> dict[str, Any]:
        known = self._world.people.known(row.person)
        status: dict[str, Any] = {
            "id": ids.wamid(update.row),
            "status": _NAMES[update.state],
            "timestamp": str(int(update.at)),
            "recipient_user_id": bsuid(address),
        }
        if not is_bsuid(address) and not (known and known.phone_hidden):
            status["recipient_id"] = address
        if row.attempt:
            status["biz_opaque_callback_data"] = row.attempt
        if update.state is State.FAILED:
            status["errors"] = [webhook_error(update.code)]
        elif update.state in (State.SENT, State.DELIVERED):
            status["pricing"] = pricing(Price(self._world.journal.price(update.row)))
        return status


def pricing(price: Price) -> dict[str, Any]:
    """Per-message pricing as billed since 2026-10: service messages cost beyond the free thousand a month."""
    free = price is Price.FREE_SERVICE
    return {
        "billable": not free,
        "pricing_model": "PMP",
        "type": "free_customer_service" if free else "regular",
        "category": "service" if free else price.name.lower(),
    }


def contact(world: World, person: int, address: str) -> dict[str, Any]:
    """The person as webhooks show them: without the number where it is hidden."""
    known = world.people.known(person)
    shown: dict[str, Any] = {
        "profile": {"name": known.name if known and known.name else f"WhatsApp {address[-4:]}"},
        "user_id": bsuid(address),
    }
    if not is_bsuid(address) and not (known and known.phone_hidden):
        shown["wa_id"] = address
    return shown


def _headers(secret: str, body: bytes) -> dict[str, str]:
    digest = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
    return {
        "content-type": "application/json",
        "user-agent": "facebookexternalua",
        "x-hub-signature-256": f"sha256={digest}",
    }
