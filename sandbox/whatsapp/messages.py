"""`POST /{number}/messages`: what is accepted, refused at once, or refused later by webhook.

https://developers.facebook.com/docs/whatsapp/cloud-api/reference/messages
"""

from typing import Any

import orjson

from sandbox import ids
from sandbox.accounts import WhatsAppNumber
from sandbox.graph.errors import GraphError, invalid, missing
from sandbox.http import Fate, Request, Response, json_response
from sandbox.journal import State, part_of
from sandbox.links import is_local
from sandbox.people import Person
from sandbox.scenario import Scenario
from sandbox.whatsapp import daily_limit, media, statuses, validation
from sandbox.whatsapp.addresses import address_of_bsuid, bsuid, is_bsuid, wa_id
from sandbox.whatsapp.bodies import read_body
from sandbox.whatsapp.outcomes import THROTTLED_TRIES, Outcome, outcome_of
from sandbox.whatsapp.statuses import Change, Price, follow_up
from sandbox.world import World

WINDOW_S = 24 * 3600
PAIR_EVERY_S, PAIR_BURST = 6.0, 45


def send(world: World, number: WhatsAppNumber, request: Request) -> Response:
    body = read_body(request)
    if body.get("messaging_product") != "whatsapp":
        raise GraphError(100, message="(#100) The parameter messaging_product is required.")
    if body.get("status") == "read":
        return _mark_read(world, body)
    scenario = world.scenarios.of(number.id)
    _check_account(number, scenario)
    if scenario.rate_limits and not world.buckets.take(
        number.id, per_second=number.throughput, burst=number.throughput
    ):
        raise GraphError(130429)
    message = validation.check(world, number, body)
    address = _recipient(number, body)
    outcome, name = outcome_of(address, scenario, message.category)
    if outcome.refusal and not _was_patient(world, number, address):
        raise GraphError(outcome.refusal)
    if outcome.broken:
        return Response(500, b"<html><body>Sorry, something went wrong.</body></html>", "text/html")
    person = world.people.meet(number.number, address)
    if scenario.rate_limits and not world.buckets.take(person, per_second=1 / PAIR_EVERY_S, burst=PAIR_BURST):
        raise GraphError(131056)
    if scenario.rate_limits and message.category is not None:
        daily_limit.begin(world, number, person)
    if outcome.refusal:
        outcome = Outcome()
    row = _write_down(world, number, person, body, message, outcome)
    if name == "opted_out":
        _stop_marketing(world, number, person, address)
    world.accepted += 1
    answer = json_response(_answer(body, address, row, message))
    if outcome.hangs:
        answer.fate = Fate.HANG
    return answer


def _check_account(number: WhatsAppNumber, scenario: Scenario) -> None:
    if scenario.account_error:
        raise GraphError(scenario.account_error)
    if number.status != "CONNECTED":
        raise GraphError(133010)


def _recipient(number: WhatsAppNumber, body: dict[str, Any]) -> str:
    """The address of the person: digits, or a BSUID that hides none. Raises GraphError."""
    if (to := body.get("to")) is not None:
        if not isinstance(to, str):
            raise invalid("Param to must be a string.")
        address = address_of_bsuid(to) if is_bsuid(to) else wa_id(to)
    elif (recipient := body.get("recipient")) is not None:
        if not isinstance(recipient, str) or not is_bsuid(recipient):
            raise invalid("Param recipient is not a valid business-scoped user id.")
        address = address_of_bsuid(recipient)
    else:
        raise missing("to")
    if address == number.digits:
        raise GraphError(131021)
    return address


def _was_patient(world: World, number: WhatsAppNumber, address: str) -> bool:
    """Whether this recipient has been refused often enough to be let through."""
    tries = world.refused_tries[number.id, address] = world.refused_tries[number.id, address] + 1
    return tries > THROTTLED_TRIES


def _write_down(
    world: World,
    number: WhatsAppNumber,
    person: int,
    body: dict[str, Any],
    message: validation.Checked,
    outcome: Outcome,
) -> int:
    """Put the message into the journal and send its statuses; returns the row."""
    known = world.people.known(person)
    code = outcome.code or _late_refusal(known, message, world.now())
    state = outcome.state if outcome.state > State.READ else State.ACCEPTED
    if code:
        state = State.FAILED
    opaque = str(body.get("biz_opaque_callback_data") or "")
    row = world.journal.add(
        world.now(),
        number.number,
        person,
        orjson.dumps(message.content),
        attempt=opaque,
        part=part_of(opaque)[1],
        state=state,
        price=Price.FREE_SERVICE if state is State.FAILED else _price(number, message),
    )
    world.version += 1
    last = outcome.state if outcome.state <= State.READ else State.ACCEPTED
    if not code and message.link and is_local(message.link):
        world.begin(_follow_up_link(world, number, row, last, message))
    else:
        follow_up(world, number, row, last, code)
    return row


def _late_refusal(known: Person | None, message: validation.Checked, now: float) -> int:
    """The code with which WhatsApp refuses after having accepted; 0 for none."""
    if message.unfit_media:
        return 131053
    if known is None:
        return 0
    if message.category is None and not known.wrote_within(WINDOW_S, now):
        return 131047
    return 131050 if message.category == "MARKETING" and known.stopped_marketing else 0


def _price(number: WhatsAppNumber, message: validation.Checked) -> Price:
    if message.category is not None:
        return Price[message.category]
    if number.free_service_left > 0:
        number.free_service_left -= 1
        return Price.FREE_SERVICE
    return Price.SERVICE


async def _follow_up_link(
    world: World, number: WhatsAppNumber, row: int, last: State, message: validation.Checked
) -> None:
    """Look at the linked file first, as Meta does; what cannot be fetched fails by webhook."""
    fits = await media.link_is_sendable(world, message.kind, message.link)
    if row not in world.journal:
        return  # a reset came between
    if not fits:
        world.journal.fail(row)
    follow_up(world, number, row, last, 0 if fits else 131053)


def _stop_marketing(world: World, number: WhatsAppNumber, person: int, address: str) -> None:
    """The person stops offers, once: WhatsApp tells the business by `user_preferences`."""
    known = world.people.know(person)
    if known.stopped_marketing:
        return
    known.stopped_marketing = True
    world.webhooks.put(number, preference(world, person, address, "stop"))


def preference(world: World, person: int, address: str, value: str) -> Change:
    shown = statuses.contact(world, person, address)
    verb = "stop" if value == "stop" else "resume"
    entry: dict[str, Any] = {
        **{key: shown[key] for key in ("wa_id", "user_id") if key in shown},
        "detail": f"User requested to {verb} marketing messages",
        "category": "marketing_messages",
        "value": value,
        "timestamp": int(world.now()),
    }
    return Change("user_preferences", {"contacts": [shown], "user_preferences": [entry]})


def _answer(body: dict[str, Any], address: str, row: int, message: validation.Checked) -> dict[str, Any]:
    given = body.get("to") or body.get("recipient")
    contact: dict[str, Any] = {"input": given}
    if is_bsuid(str(given)):
        contact["user_id"] = bsuid(address)
    else:
        contact["wa_id"] = address
    sent: dict[str, Any] = {"id": ids.wamid(row)}
    if message.category is not None:
        sent["message_status"] = "accepted"
    return {"messaging_product": "whatsapp", "contacts": [contact], "messages": [sent]}


def _mark_read(world: World, body: dict[str, Any]) -> Response:
    if not ids.may_be_inbound(str(body.get("message_id", ""))):
        raise invalid("Message ID is invalid.")
    return json_response({"success": True})
