"""`POST /{page or account}/messages`: what is accepted and what is refused; nothing fails later.

https://developers.facebook.com/docs/messenger-platform/reference/send-api
"""

from collections.abc import Coroutine
from typing import Any

import orjson

from sandbox import ids
from sandbox.accounts import ThreadAccount
from sandbox.http import Fate, Request, Response, json_response
from sandbox.journal import part_of
from sandbox.messenger import attachments, events, validation
from sandbox.messenger.attachments import Link
from sandbox.messenger.bodies import read_call
from sandbox.messenger.errors import CLOSED, THROTTLED, UNKNOWN_PERSON, refused
from sandbox.messenger.outcomes import THROTTLED_TRIES, Outcome, outcome_of
from sandbox.messenger.platforms import PLATFORMS, SLOW
from sandbox.messenger.validation import Checked
from sandbox.multipart import Field
from sandbox.scenario import Scenario
from sandbox.world import World

WINDOW_S = 24 * 3600
HUMAN_AGENT_S = 7 * 24 * 3600


def send(world: World, account: ThreadAccount, request: Request) -> Response | Coroutine[Any, Any, Response]:
    body, file = read_call(request)
    scenario = world.scenarios.of(account.id)
    if scenario.account_error:
        raise refused(account, (scenario.account_error, 0))
    address = validation.person_of(account, body)
    acting = validation.check_action(account, body)
    message = Checked({}) if acting else validation.check(world, account, body, file)
    _take(world, account, scenario, message.kinds)
    outcome = _reach(world, account, address, scenario)
    if acting:
        return json_response({"recipient_id": address})
    _check_window(world, account, address, message)
    if outcome.broken:
        return Response(500, b"<html><body>Sorry, something went wrong.</body></html>", "text/html")
    if links := attachments.local(message.links):
        return _send_fetched(world, account, address, message, outcome, links)
    return _accept(world, account, address, message, outcome, file)


async def _send_fetched(
    world: World,
    account: ThreadAccount,
    address: str,
    message: Checked,
    outcome: Outcome,
    links: list[Link],
) -> Response:
    """Meta fetches linked files while the caller waits."""
    await attachments.look_at(world, account, links)
    return _accept(world, account, address, message, outcome, None)


def _take(world: World, account: ThreadAccount, scenario: Scenario, kinds: list[str]) -> None:
    """Count the call against the ceiling of its kind. Raises GraphError."""
    if not scenario.rate_limits:
        return
    slow, platform = any(kind in SLOW for kind in kinds), PLATFORMS[account.kind]
    rate = platform.slow_sends if slow else platform.sends
    if not world.buckets.take((account.id, slow), per_second=rate, burst=rate):
        raise refused(account, THROTTLED[account.kind])


def _reach(world: World, account: ThreadAccount, address: str, scenario: Scenario) -> Outcome:
    """What becomes of whatever is sent to this person. Raises GraphError where that is a refusal."""
    number = world.people.find(account.number, address)
    known = None if number is None else world.people.known(number)
    outcome = outcome_of(account, address, scenario, known.state if known else "")
    if number is None and _is_of_another(world, account, address):
        raise refused(account, UNKNOWN_PERSON[account.kind])
    if outcome.refusal is None:
        return outcome
    if outcome.patient:
        tries = world.refused_tries[account.id, address] = world.refused_tries[account.id, address] + 1
        if tries > THROTTLED_TRIES:
            return Outcome()
    raise refused(account, outcome.refusal)


def _is_of_another(world: World, account: ThreadAccount, address: str) -> bool:
    """Whether the id is scoped to another account of this kind: of no use here."""
    return any(
        world.people.find(other.number, address) is not None
        for other in world.accounts
        if other.kind == account.kind and other.number != account.number
    )


def _check_window(world: World, account: ThreadAccount, address: str, message: Checked) -> None:
    number = world.people.find(account.number, address)
    known = None if number is None else world.people.known(number)
    seconds = HUMAN_AGENT_S if message.late else WINDOW_S
    if known is not None and not known.wrote_within(seconds, world.now()):
        raise refused(account, CLOSED[account.kind])


def _accept(
    world: World,
    account: ThreadAccount,
    address: str,
    message: Checked,
    outcome: Outcome,
    file: Field | None,
) -> Response:
    answer: dict[str, Any] = {"recipient_id": address}
    uploaded = _keep_file(world, account, message, file)
    if uploaded:
        answer["attachment_id"] = uploaded
    person = world.people.meet(account.number, address)
    row = world.journal.add(
        world.now(),
        account.number,
        person,
        orjson.dumps(message.content),
        attempt=message.metadata,
        part=part_of(message.metadata)[1],
        state=events.first_state(outcome.state),
    )
    world.version += 1
    world.accepted += 1
    events.follow_up(world, account, row, outcome.state)
    if outcome.answer:
        return refused(account, outcome.answer).response
    response = json_response(answer | {"message_id": ids.mid(account.kind, row)})
    if outcome.hangs:
        response.fate = Fate.HANG
    return response


def _keep_file(world: World, account: ThreadAccount, message: Checked, file: Field | None) -> str:
    """The id of the file where it came along or is to be used again, "" for neither."""
    attachment = message.content.get("attachment")
    payload = attachment.get("payload") if isinstance(attachment, dict) else None
    if not isinstance(attachment, dict) or (file is None and not isinstance(payload, dict)):
        return ""
    reusable = isinstance(payload, dict) and str(payload.pop("is_reusable", False)).lower() == "true"
    kind = str(attachment["type"])
    if file is not None:
        kept = attachments.store(world, account, kind, file)
        message.content["attachment"] = {"type": kind, "payload": {"attachment_id": kept}}
        return kept if reusable else ""
    if reusable and message.links:
        return attachments.store_link(world, account, kind, message.links[0][1])
    return ""
