"""Checks of request bodies, with LINE's own words for what is wrong.

https://developers.line.biz/en/reference/messaging-api/#message-objects
"""

import re
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import orjson

from sandbox.http import Request
from sandbox.line.errors import LineError, Problem, bad_body, bad_property

MAX_PEOPLE = 500
MAX_OBJECTS = 5
USER_ID = re.compile(r"U[0-9a-f]{32}")
CHAT_ID = re.compile(r"[UCR][0-9a-f]{32}")
UNIT_NAME = re.compile(r"[A-Za-z0-9_]{1,30}")
LOOPBACK = ("127.0.0.1", "localhost", "::1")

EMPTY = "May not be empty"
Check = Callable[[Any], str | None]
"""Says what is wrong with a value that is there; None where nothing is."""


def utf16_units(text: str) -> int:
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def length(longest: int, *, shortest: int = 0) -> Check:
    def check(value: Any) -> str | None:
        if not isinstance(value, str):
            return "Must be a string"
        if shortest == 0 and not value:
            return EMPTY
        fits = shortest <= utf16_units(value) <= longest
        return None if fits else f"Length must be between {shortest} and {longest}"

    return check


def size(smallest: int, largest: int) -> Check:
    def check(value: Any) -> str | None:
        fits = isinstance(value, list) and smallest <= len(value) <= largest
        return None if fits else f"Size must be between {smallest} and {largest}"

    return check


def url(value: Any) -> str | None:
    """LINE takes https only; a loopback address may be plain, since nobody has a certificate for it."""
    if not isinstance(value, str) or not value:
        return EMPTY
    if utf16_units(value) > 2000:
        return "Length must be between 0 and 2000"
    parts = urlsplit(value)
    if not parts.hostname or any(character.isspace() for character in value):
        return "Invalid URI"
    if parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in LOOPBACK):
        return None
    return "Invalid URI scheme" if parts.scheme else "Invalid URI"


def number(smallest: float, largest: float) -> Check:
    def check(value: Any) -> str | None:
        if isinstance(value, bool) or not isinstance(value, int | float):
            return "Must be a number"
        return None if smallest <= value <= largest else f"Must be between {smallest:g} and {largest:g}"

    return check


def anything(value: Any) -> str | None:
    return None if isinstance(value, dict) and value else EMPTY


REQUIRED: dict[str, dict[str, Check]] = {
    "text": {"text": length(5000)},
    "textV2": {"text": length(5000)},
    "image": {"originalContentUrl": url, "previewImageUrl": url},
    "video": {"originalContentUrl": url, "previewImageUrl": url},
    "audio": {"originalContentUrl": url, "duration": number(1, 86_400_000)},
    "sticker": {"packageId": length(20), "stickerId": length(20)},
    "location": {
        "title": length(100),
        "address": length(100),
        "latitude": number(-90, 90),
        "longitude": number(-180, 180),
    },
    "imagemap": {"baseUrl": url, "altText": length(1500), "baseSize": anything, "actions": size(1, 50)},
    "template": {"altText": length(1500), "template": anything},
    "flex": {"altText": length(1500), "contents": anything},
    "coupon": {"couponId": length(100)},
}
OPTIONAL: dict[str, Check] = {
    "trackingId": length(100),
    "deliveryTag": length(30),
}
QUOTABLE = {"text", "textV2", "sticker", "image", "video", "template", "flex"}


def read_json(request: Request) -> dict[str, Any]:
    """The request body as an object. Raises LineError."""
    kind = request.headers.get("content-type", "")
    if kind.partition(";")[0].strip().lower() != "application/json":
        raise LineError(415, f"The content type, {kind or 'null'}, is not supported")
    try:
        body = orjson.loads(request.body)
    except orjson.JSONDecodeError as error:
        line, column = error.lineno, error.colno
    else:
        if isinstance(body, dict):
            return body
        line, column = 1, 1
    raise LineError(400, f"The request body could not be parsed as JSON (line: {line}, column: {column})")


def check_messages(body: dict[str, Any]) -> list[dict[str, Any]]:
    """The message objects of the body. Raises LineError."""
    messages = body.get("messages")
    if messages is None:
        raise bad_body([Problem("messages", EMPTY)])
    if not isinstance(messages, list):
        raise bad_property("messages")
    if wrong := size(1, MAX_OBJECTS)(messages):
        raise bad_body([Problem("messages", wrong)])
    problems: list[Problem] = []
    for position, message in enumerate(messages):
        if not isinstance(message, dict):
            raise bad_property(f"messages[{position}]")
        problems += _object_problems(message, f"messages[{position}]")
    if problems:
        raise bad_body(problems)
    return messages


def _object_problems(message: dict[str, Any], path: str) -> list[Problem]:
    kind = message.get("type")
    if not isinstance(kind, str) or kind not in REQUIRED:
        return [
            Problem(f"{path}.type", f"Must be one of the following values: [{', '.join(sorted(REQUIRED))}]")
        ]
    problems = [
        Problem(f"{path}.{name}", EMPTY if message.get(name) is None else wrong)
        for name, check in REQUIRED[kind].items()
        if (wrong := EMPTY if message.get(name) is None else check(message[name]))
    ]
    problems += [
        Problem(f"{path}.{name}", wrong)
        for name, check in OPTIONAL.items()
        if message.get(name) is not None and (wrong := check(message[name]))
    ]
    if kind == "text" and not problems and "emojis" in message:
        problems += _emoji_problems(message, path)
    problems += _common_problems(message, path)
    return problems


def _emoji_problems(message: dict[str, Any], path: str) -> list[Problem]:
    """Each emoji must stand on a `$`, counted in UTF-16 units."""
    emojis = message["emojis"]
    if wrong := size(0, 20)(emojis):
        return [Problem(f"{path}.emojis", wrong)]
    units = message["text"].encode("utf-16-le", "surrogatepass")
    problems = []
    for position, emoji in enumerate(emojis):
        index = emoji.get("index") if isinstance(emoji, dict) else None
        if not isinstance(index, int) or units[2 * index : 2 * index + 2] != b"$\x00":
            problems.append(
                Problem(f"{path}.emojis[{position}].index", "Must be the position of a $ in the text")
            )
    return problems


def _common_problems(message: dict[str, Any], path: str) -> list[Problem]:
    problems = []
    quick_reply, sender = message.get("quickReply"), message.get("sender")
    if isinstance(quick_reply, dict) and (wrong := size(1, 13)(quick_reply.get("items"))):
        problems.append(Problem(f"{path}.quickReply.items", wrong))
    if isinstance(sender, dict) and sender.get("name") and (wrong := length(20)(sender["name"])):
        problems.append(Problem(f"{path}.sender.name", wrong))
    return problems


def check_options(body: dict[str, Any], *, units: bool) -> None:
    """The fields beside the messages. Raises LineError."""
    if not isinstance(body.get("notificationDisabled", False), bool):
        raise bad_property("notificationDisabled")
    names = body.get("customAggregationUnits")
    if names is None:
        return
    if not units or not isinstance(names, list):
        raise bad_property("customAggregationUnits")
    if wrong := size(0, 1)(names):
        raise bad_body([Problem("customAggregationUnits", wrong)])
    if not all(isinstance(name, str) and UNIT_NAME.fullmatch(name) for name in names):
        raise bad_property("customAggregationUnits[0]")


def check_people(body: dict[str, Any]) -> list[str]:
    """The user ids of a multicast; one malformed id refuses them all. Raises LineError."""
    people = body.get("to")
    if people is None:
        raise bad_body([Problem("to", EMPTY)])
    if not isinstance(people, list):
        raise bad_property("to")
    if wrong := size(1, MAX_PEOPLE)(people):
        raise bad_body([Problem("to", wrong)])
    for position, user_id in enumerate(people):
        if not isinstance(user_id, str) or not USER_ID.fullmatch(user_id):
            raise bad_property(f"to[{position}]")
    return people


def check_chat(body: dict[str, Any]) -> str:
    """The user, group or room of a push. Raises LineError."""
    chat = body.get("to")
    if chat is None:
        raise bad_body([Problem("to", EMPTY)])
    if not isinstance(chat, str) or not CHAT_ID.fullmatch(chat):
        raise bad_property("to")
    return chat
