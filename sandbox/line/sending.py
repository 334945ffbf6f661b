"""Push, multicast, reply and their validation: what LINE accepts, and whom it reaches.

https://developers.line.biz/en/docs/messaging-api/retrying-api-request/
"""

import time
import uuid
from typing import Any

import orjson

from sandbox import ids
from sandbox.accounts import LineChannel
from sandbox.http import Request, Response, json_response
from sandbox.journal import State
from sandbox.line import errors
from sandbox.line.errors import LineError
from sandbox.line.validation import (
    QUOTABLE,
    USER_ID,
    check_chat,
    check_messages,
    check_options,
    check_people,
    read_json,
)
from sandbox.world import World

REPLY_TOKEN_S = 60.0
STATES_REACHED_BY_PUSH = ("friend", "recent")
VALIDATED = ("reply", "push", "multicast", "narrowcast", "broadcast")


def push(world: World, channel: LineChannel, request: Request, _: list[str]) -> Response:
    body = read_json(request)
    chat = check_chat(body)
    messages = check_messages(body)
    check_options(body, units=True)
    key = _retry_key(request)
    if repeated := _repeated(world, channel, key, request):
        return repeated
    state = _state(world, channel, chat)
    if state == "unknown" or not USER_ID.fullmatch(chat):
        raise LineError(400, errors.NOT_SENT)
    people = [chat] if state in STATES_REACHED_BY_PUSH else []
    _spend_quota(channel, len(people))
    rows = _deliver(world, channel, people, messages, key)
    _lose(world, channel, [] if people else [chat], messages, key)
    return _accept(world, channel, key, request, {"sentMessages": _sent_messages(messages, rows)})


def multicast(world: World, channel: LineChannel, request: Request, _: list[str]) -> Response:
    body = read_json(request)
    to = check_people(body)
    messages = check_messages(body)
    check_options(body, units=True)
    key = _retry_key(request)
    if repeated := _repeated(world, channel, key, request):
        return repeated
    states = [_state(world, channel, user_id) for user_id in to]
    if "unknown" in states and world.scenarios.of(channel.id).line_unknown_ids == "refuse":
        raise LineError(400, errors.NOT_SENT)
    people = [user_id for user_id, state in zip(to, states, strict=True) if state == "friend"]
    _spend_quota(channel, len(set(people)))
    _deliver(world, channel, people, messages, key)
    _lose(world, channel, [user_id for user_id in to if user_id not in people], messages, key)
    return _accept(world, channel, key, request, {})


def reply(world: World, channel: LineChannel, request: Request, _: list[str]) -> Response:
    """Answers an event: free, uncounted, once per token and within a minute."""
    body = read_json(request)
    messages = check_messages(body)
    check_options(body, units=False)
    if "x-line-retry-key" in request.headers:
        raise LineError(400, "The retry key cannot be used with this endpoint")
    person, given_at = world.reply_tokens.get(str(body.get("replyToken")), (-1, 0.0))
    if person < 0 or world.people.account(person) != channel.number or time.time() - given_at > REPLY_TOKEN_S:
        raise LineError(400, errors.REPLY_REFUSED)
    del world.reply_tokens[body["replyToken"]]
    rows = _deliver(world, channel, [world.people.address(person)], messages, "")
    world.accepted += 1
    return json_response({"sentMessages": _sent_messages(messages, rows)})


def validate(world: World, channel: LineChannel, request: Request, filled: list[str]) -> Response:
    """Checks message objects for one kind of sending, without sending."""
    if filled[0] not in VALIDATED:
        raise LineError(404, "Not found")
    check_messages(read_json(request))
    return json_response({})


def _retry_key(request: Request) -> str:
    key = request.headers.get("x-line-retry-key", "")
    if key:
        try:
            uuid.UUID(key)
        except ValueError:
            raise LineError(400, "The value for the 'X-Line-Retry-Key' header is invalid") from None
    return key


def _repeated(world: World, channel: LineChannel, key: str, request: Request) -> Response | None:
    """The 409 for a key that was accepted less than a day ago; a push gets its message ids again."""
    at, request_id, answer, body = world.retry_keys.get((channel.id, key), (0.0, "", b"{}", 0))
    if not request_id or world.now() - at > world.scenarios.of(channel.id).retry_key_s:
        return None
    world.changed_retries += body != hash(request.body)
    response = json_response({"message": errors.KEY_ACCEPTED, **orjson.loads(answer)}, 409)
    response.headers["x-line-accepted-request-id"] = request_id
    return response


def _accept(
    world: World, channel: LineChannel, key: str, request: Request, answer: dict[str, Any]
) -> Response:
    response = json_response(answer)
    request_id = response.headers["x-line-request-id"] = ids.request_id()
    world.accepted += 1
    if key:
        kept = bytes(memoryview(orjson.dumps(answer)))  # in its true size
        world.retry_keys[channel.id, key] = (world.now(), request_id, kept, hash(request.body))
    return response


def _state(world: World, channel: LineChannel, user_id: str) -> str:
    """How the person stands to the account; see `people.LINE_STATES`."""
    scenario = world.scenarios.of(channel.id)
    if fate := scenario.recipients.get(user_id):
        return fate
    number = world.people.find(channel.number, user_id)
    if number is None:
        return "friend" if scenario.line_unknown_ids == "deliver" else "unknown"
    person = world.people.known(number)
    return person.state if person else "friend"


def _spend_quota(channel: LineChannel, people: int) -> None:
    if channel.quota is not None and channel.used + people > channel.quota:
        raise LineError(429, errors.MONTHLY_LIMIT)
    channel.used += people


def _deliver(
    world: World, channel: LineChannel, people: list[str], messages: list[dict[str, Any]], key: str
) -> list[int]:
    """Write what arrived into the journal; returns the rows of the last person."""
    bodies = [orjson.dumps(message) for message in messages]
    now, rows = world.now(), []
    for user_id in people:
        person = world.people.meet(channel.number, user_id)
        rows = [
            world.journal.add(now, channel.number, person, body, attempt=key, part=position)
            for position, body in enumerate(bodies)
        ]
    world.version += 1
    return rows


def _lose(
    world: World, channel: LineChannel, people: list[str], messages: list[dict[str, Any]], key: str
) -> None:
    """Write down whom an accepted call does not reach; LINE says nothing of them."""
    for user_id in people:
        person = world.people.meet(channel.number, user_id)
        for position, message in enumerate(messages):
            world.journal.add(
                world.now(),
                channel.number,
                person,
                orjson.dumps(message),
                attempt=key,
                part=position,
                state=State.DROPPED,
            )


def _sent_messages(messages: list[dict[str, Any]], rows: list[int]) -> list[dict[str, str]]:
    """One entry per message object; somebody out of reach gets ids all the same, as LINE does it."""
    sent = []
    for position, message in enumerate(messages):
        row = rows[position] if rows else ids.unused_row()
        entry = {"id": ids.line_message_id(row)}
        if message["type"] in QUOTABLE:
            entry["quoteToken"] = ids.token(24)
        sent.append(entry)
    return sent
