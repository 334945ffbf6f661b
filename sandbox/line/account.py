"""Quota, profiles, content, bot information and the webhook settings of a channel."""

import re
import time
from urllib.parse import urlsplit

from sandbox.accounts import LineChannel
from sandbox.client import Unreachable
from sandbox.http import Request, Response, json_response
from sandbox.line import errors, events
from sandbox.line.errors import LineError
from sandbox.line.validation import LOOPBACK, read_json
from sandbox.world import World

VISIBLE_STATES = ("friend", "recent", "stranger")
_MESSAGE_ID = re.compile(r"\d+")


def quota(world: World, channel: LineChannel, request: Request, _: list[str]) -> Response:
    if channel.quota is None:
        return json_response({"type": "none"})
    return json_response({"type": "limited", "value": channel.quota})


def consumption(world: World, channel: LineChannel, request: Request, _: list[str]) -> Response:
    return json_response({"totalUsage": channel.used})


def profile(world: World, channel: LineChannel, request: Request, filled: list[str]) -> Response:
    """404 for the unknown, the blocked and the deleted, as for those who did not consent."""
    number = world.people.find(channel.number, filled[0])
    person = None if number is None else world.people.known(number)
    state = world.scenarios.of(channel.id).recipients.get(filled[0], person.state if person else "friend")
    if number is None or state not in VISIBLE_STATES:
        raise LineError(404, "Not found")
    name = person.name if person and person.name else f"LINE {filled[0][-4:]}"
    return json_response({"displayName": name, "userId": filled[0], "language": "zh-TW"})


def info(world: World, channel: LineChannel, request: Request, _: list[str]) -> Response:
    return json_response(
        {
            "userId": channel.bot_user_id,
            "basicId": channel.basic_id,
            "displayName": channel.name,
            "chatMode": "bot",
            "markAsReadMode": "manual",
        }
    )


def content(world: World, channel: LineChannel, request: Request, filled: list[str]) -> Response:
    """The bytes of a picture or file that a customer sent."""
    file = world.media.get(filled[0]) if _MESSAGE_ID.fullmatch(filled[0]) else None
    if file is None or file.account != channel.number:
        raise LineError(404, "not found")
    return Response(body=file.body, content_type=file.mime)


def get_endpoint(world: World, channel: LineChannel, request: Request, _: list[str]) -> Response:
    if not channel.webhook_url:
        raise LineError(404, "Webhook endpoint not found")
    return json_response({"endpoint": channel.webhook_url, "active": True})


def put_endpoint(world: World, channel: LineChannel, request: Request, _: list[str]) -> Response:
    channel.webhook_url = _endpoint(read_json(request).get("endpoint"))
    world.changed()
    return json_response({})


def _endpoint(value: object) -> str:
    """https, or plain http on this machine. Raises LineError."""
    if not isinstance(value, str) or len(value) > 500:
        raise LineError(400, errors.BAD_ENDPOINT)
    parts = urlsplit(value)
    if parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in LOOPBACK):
        return value
    raise LineError(400, errors.BAD_ENDPOINT)


async def check_endpoint(world: World, channel: LineChannel, request: Request, _: list[str]) -> Response:
    """Posts an empty list of events and tells how the receiver answered."""
    wanted = read_json(request).get("endpoint") if request.body else None
    try:
        endpoint = channel.webhook_url if wanted is None else _endpoint(wanted)
    except LineError as refusal:
        return refusal.response
    if not endpoint:
        return LineError(404, "Webhook endpoint not found").response
    post = events.call(channel, endpoint, [])
    status, reason, detail = 0, "OK", ""
    try:
        answer = await world.client.request(
            "POST", post.url, body=post.body, headers=post.headers, timeout_s=events.ANSWER_WITHIN_S
        )
        status, detail = answer.status, str(answer.status)
        reason = "OK" if 200 <= answer.status < 300 else "ERROR_STATUS_CODE"
    except Unreachable as error:
        late = isinstance(error.__cause__, TimeoutError)
        reason, detail = ("REQUEST_TIMEOUT" if late else "COULD_NOT_CONNECT"), str(error)
    return json_response(
        {
            "success": reason == "OK",
            "timestamp": time.strftime("%Y-%m-%dT%H:%M:%S.000Z", time.gmtime()),
            "statusCode": status,
            "reason": reason,
            "detail": detail,
        }
    )


def mark_as_read(world: World, channel: LineChannel, request: Request, _: list[str]) -> Response:
    token = read_json(request).get("markAsReadToken")
    if not isinstance(token, str) or not token.startswith(events.read_token_prefix(channel)):
        raise LineError(400, errors.NOT_READ)
    return json_response({})


def start_loading(world: World, channel: LineChannel, request: Request, _: list[str]) -> Response:
    body = read_json(request)
    seconds = body.get("loadingSeconds", 20)
    if not isinstance(body.get("chatId"), str):
        raise errors.bad_property("chatId")
    if seconds not in range(5, 61, 5):
        raise errors.bad_property("loadingSeconds")
    return json_response({}, 202)
