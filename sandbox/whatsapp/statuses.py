"""The webhooks of the Cloud API: statuses of what was sent, and whatever customers do.

https://developers.facebook.com/docs/whatsapp/cloud-api/webhooks/
"""

import json
import random
from dataclasses import dataclass
from enum import IntEnum
from typing import Any

from sandbox import ids
from sandbox.accounts import WhatsAppNumber
from sandbox.graph.errors import webhook_error
from sandbox.graph.signing import signed
from sandbox.journal import State
from sandbox.webhooks import Post
from sandbox.whatsapp.addresses import bsuid, is_bsuid
from sandbox.world import World

_STEPS = (State.SENT, State.DELIVERED, State.READ)
_PACE = {State.SENT: 1, State.DELIVERED: 2, State.READ: 5, State.FAILED: 1}  # in `webhook_delay_ms`
_NAMES = {State.SENT: "sent", State.DELIVERED: "delivered", State.READ: "read", State.FAILED: "failed"}


class Price(IntEnum):
    """What a message is charged as; kept with its journal row."""

    FREE_SERVICE = 0
    SERVICE = 1
    MARKETING = 2
    UTILITY = 3
    AUTHENTICATION = 4


@dataclass(slots=True)
class Change:
    """Anything else: the `field` of the webhook and its value without the metadata."""

    field: str
    value: dict[str, Any]


@dataclass(frozen=True, slots=True)
class AccountChange:
    """What concerns the whole WhatsApp account: no number is named. `at`: Unix seconds, the same in every copy."""

    field: str
    value: dict[str, Any]
    at: int


def follow_up(world: World, number: WhatsAppNumber, row: int, last: State, code: int) -> None:
    """Send the statuses up to `last`, each a little later than the one before; only a failure where a code is given.

    A status on its way is one number, row and state together: there may be a million of them.
    """
    scenario = world.scenarios.of(number.id)
    if code:
        world.failures[row] = code
    if last is State.READ and random.random() >= scenario.read_share:
        last = State.DELIVERED
    if State.DELIVERED <= last <= State.READ and random.random() >= scenario.delivered_share:
        last = State.SENT
    step = scenario.webhook_delay_ms / 1000
    for state in (State.FAILED,) if code else _STEPS[: _STEPS.index(last) + 1] if last in _STEPS else ():
        world.webhooks.put(number, row * 8 + state, after_s=step * _PACE[state] * random.uniform(0.5, 1.5))


class Packer:
    """Turns updates of a number into one signed call."""

    def __init__(self, world: World) -> None:
        self._world = world

    def __call__(self, number: WhatsAppNumber, updates: list[Any], repeated: bool) -> Post | None:
        steps = [(update >> 3, State(update & 7)) for update in updates if isinstance(update, int)]
        steps = [(row, state) for row, state in steps if row in self._world.journal]
        for row, state in steps:
            if self._world.journal.advance(row, state):
                self._world.version += 1
        url = number.override_url or number.webhook_url
        if not url:
            return None
        metadata = {"display_phone_number": number.digits, "phone_number_id": number.id}
        head = {"messaging_product": "whatsapp", "metadata": metadata}
        changes = [
            {"field": change.field, "value": {**head, **change.value}}
            for change in updates
            if isinstance(change, Change)
        ]
        if steps:
            changes.append({"field": "messages", "value": {**head, **self._statuses(number, steps)}})
        entries: list[dict[str, Any]] = [
            {
                "id": number.waba_id,
                "time": change.at,
                "changes": [{"field": change.field, "value": change.value}],
            }
            for change in updates
            if isinstance(change, AccountChange)
        ]
        if changes:
            entries.append({"id": number.waba_id, "changes": changes})
        # \uXXXX for everything beyond ASCII, as Meta sends it
        body = json.dumps(
            {"object": "whatsapp_business_account", "entry": entries}, separators=(",", ":")
        ).encode()
        return signed(url, number.app_secret, body)

    def _statuses(self, number: WhatsAppNumber, steps: list[tuple[int, State]]) -> dict[str, Any]:
        world, statuses = self._world, []
        contacts: dict[int, dict[str, Any]] = {}
        step_s = world.scenarios.of(number.id).webhook_delay_ms / 1000
        for row_number, state in steps:
            row = world.journal.row(row_number)
            person = contacts.get(row.person)
            if person is None:
                person = contacts[row.person] = contact(world, row.person, world.people.address(row.person))
            status: dict[str, Any] = {
                "id": ids.wamid(row_number),
                "status": _NAMES[state],
                "timestamp": str(int(row.at + step_s * _PACE[state])),  # a copy must say the same
                "recipient_user_id": person["user_id"],
            }
            if "wa_id" in person:
                status["recipient_id"] = person["wa_id"]
            if row.attempt:
                status["biz_opaque_callback_data"] = row.attempt
            if state is State.FAILED:
                status["errors"] = [webhook_error(world.failures.get(row_number, 131000))]
            elif state is not State.READ:
                status["pricing"] = pricing(Price(world.journal.price(row_number)))
            statuses.append(status)
        if all(state is State.FAILED for _, state in steps):
            return {"statuses": statuses}
        return {"contacts": list(contacts.values()), "statuses": statuses}


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
