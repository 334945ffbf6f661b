"""Checks of a send: who, under which rule, and what.

https://developers.facebook.com/docs/messenger-platform/reference/send-api
"""

import re
from dataclasses import dataclass, field
from typing import Any

from sandbox import ids
from sandbox.accounts import InstagramAccount, ThreadAccount
from sandbox.messenger import attachments
from sandbox.messenger.attachments import Link
from sandbox.messenger.errors import (
    ACTION_FAILED,
    EMPTY,
    MIXED,
    SINGLE_IMAGE,
    UNKNOWN_PERSON,
    not_taken,
    refused,
    wrong,
)
from sandbox.messenger.platforms import PLATFORMS
from sandbox.messenger.templates import check_template
from sandbox.multipart import Field
from sandbox.world import World

PERSON = re.compile(r"\d{5,40}")
ACTIONS = ("typing_on", "typing_off", "mark_seen", "react", "unreact")
HUMAN_AGENT = "HUMAN_AGENT"
TYPES = ("RESPONSE", "UPDATE", "MESSAGE_TAG")
NOTIFICATIONS = ("REGULAR", "SILENT_PUSH", "NO_PUSH")
CONTENTS = ("text", "attachment", "attachments", "sticker_id")
LONGEST_METADATA, MOST_REPLIES, LONGEST_REPLY, LONGEST_PAYLOAD = 999, 13, 20, 1000


@dataclass(slots=True)
class Checked:
    """A message that may be accepted; `links` are files to be fetched first, `kinds` all kinds of its files."""

    content: dict[str, Any]
    metadata: str = ""
    late: bool = False  # a member's own answer, which may come after the window
    links: list[Link] = field(default_factory=list)
    kinds: list[str] = field(default_factory=list)


def person_of(account: ThreadAccount, body: dict[str, Any]) -> str:
    """The scoped id in `recipient`. Raises GraphError."""
    recipient = body.get("recipient")
    if not isinstance(recipient, dict) or len(recipient) != 1:
        raise wrong(account, "The parameter recipient is required, with exactly one key")
    address = recipient.get("id")
    if address is None:
        raise wrong(account, f"recipient.{next(iter(recipient))} is not available here")
    if not isinstance(address, str | int) or not PERSON.fullmatch(str(address)):
        raise refused(account, UNKNOWN_PERSON[account.kind])
    return str(address)


def check_action(account: ThreadAccount, body: dict[str, Any]) -> str:
    """The sender action, "" for a message. Raises GraphError."""
    action = body.get("sender_action")
    if action is None:
        return ""
    if body.get("message"):
        raise refused(account, MIXED)
    if action not in ACTIONS:
        raise wrong(account, f"sender_action must be one of {', '.join(ACTIONS)}")
    if action in ("react", "unreact"):
        payload = body.get("payload")
        target = payload.get("message_id") if isinstance(payload, dict) else None
        if not isinstance(target, str) or ids.row_of_mid(target) is None:
            raise refused(account, ACTION_FAILED)
    return str(action)


def check(world: World, account: ThreadAccount, body: dict[str, Any], file: Field | None) -> Checked:
    """The message in the body. Raises GraphError."""
    message = body.get("message")
    if not isinstance(message, dict) or not any(message.get(name) for name in CONTENTS):
        raise refused(account, EMPTY)
    given = [name for name in CONTENTS if message.get(name) is not None]
    if len(given) > 1:
        raise not_taken(account, f"Cannot send both {given[0]} and {given[1]} in one message")
    checked = Checked({given[0]: message[given[0]]}, _metadata(account, message), _may_be_late(account, body))
    if body.get("notification_type", "REGULAR") not in NOTIFICATIONS:
        raise wrong(account, f"notification_type must be one of {', '.join(NOTIFICATIONS)}")
    _check_content(world, account, given[0], message, checked, file)
    if message.get("quick_replies") is not None:
        _check_replies(account, message["quick_replies"])
        checked.content["quick_replies"] = message["quick_replies"]
    if (quoted := body.get("reply_to")) is not None:
        if not isinstance(quoted, dict) or not isinstance(quoted.get("mid"), str):
            raise wrong(account, "reply_to needs the mid of a message")
        checked.content["reply_to"] = quoted
    return checked


def _metadata(account: ThreadAccount, message: dict[str, Any]) -> str:
    metadata = message.get("metadata", "")
    if not isinstance(metadata, str) or len(metadata) > LONGEST_METADATA:
        raise wrong(account, f"Length of param message[metadata] must be less than {LONGEST_METADATA + 1}")
    return metadata


def _may_be_late(account: ThreadAccount, body: dict[str, Any]) -> bool:
    """Whether a person writes under the one tag that is left. Retired tags are refused like unknown ones."""
    kind, tag = body.get("messaging_type", "RESPONSE"), body.get("tag")
    if kind not in TYPES:
        raise wrong(account, f"Param messaging_type must be one of {{{', '.join(TYPES)}}}")
    if kind != "MESSAGE_TAG":
        return False
    if tag != HUMAN_AGENT:
        raise wrong(account, f"Invalid message tag {tag}")
    return True


def _check_content(
    world: World,
    account: ThreadAccount,
    name: str,
    message: dict[str, Any],
    checked: Checked,
    file: Field | None,
) -> None:
    content = message[name]
    if name == "text":
        _check_text(account, content)
    elif name == "attachments" and isinstance(content, list):
        _check_pictures(world, account, content, checked)
    elif name == "sticker_id":
        if account.kind != "facebook" or not str(content).isdigit():
            raise not_taken(account, "sticker_id is not the id of a sticker")
    elif file is not None:
        checked.kinds.append(attachments.attach(account, message, file))
    elif isinstance(content, dict):  # Instagram's own sample writes one attachment under `attachments`
        checked.content = {"attachment": content}
        _check_attachment(world, account, content, checked)
    else:
        raise not_taken(account, f"Param message[{name}] must be an object")


def _check_text(account: ThreadAccount, text: object) -> None:
    platform = PLATFORMS[account.kind]
    if not isinstance(text, str) or not text.strip():
        raise refused(account, EMPTY)
    if platform.measure(text) > platform.longest_text:
        longest = f"{platform.longest_text} {platform.counted_in}"
        raise wrong(account, f"Length of param message[text] must be less than or equal to {longest}")


def _check_attachment(
    world: World, account: ThreadAccount, attachment: dict[str, Any], checked: Checked
) -> None:
    kind, payload = attachment.get("type"), attachment.get("payload")
    platform = PLATFORMS[account.kind]
    if kind not in platform.media and kind not in platform.attachments:
        raise not_taken(account, f"Attachments of type {kind} cannot be sent")
    if kind == "like_heart":
        return
    if not isinstance(payload, dict):
        raise wrong(account, "Param message[attachment][payload] must be an object")
    if kind == "template":
        check_template(account, payload)
    elif kind == "MEDIA_SHARE":
        if not str(payload.get("id", "")).isdigit():
            raise not_taken(account, "payload.id is not the id of a post of this account")
    else:
        checked.links += attachments.check_file(world, account, str(kind), payload)
        checked.kinds.append(str(kind))


def _check_pictures(world: World, account: ThreadAccount, pictures: list[Any], checked: Checked) -> None:
    most = PLATFORMS[account.kind].images
    if not 1 <= len(pictures) <= most:
        raise not_taken(account, f"attachments takes 1 to {most} images")
    if len(pictures) > 1 and isinstance(account, InstagramAccount) and not account.multi_image:
        raise refused(account, SINGLE_IMAGE)
    for picture in pictures:
        if not isinstance(picture, dict) or picture.get("type") != "image":
            raise not_taken(account, "attachments takes images only")
        _check_attachment(world, account, picture, checked)


def _check_replies(account: ThreadAccount, replies: object) -> None:
    if not isinstance(replies, list) or not 1 <= len(replies) <= MOST_REPLIES:
        raise wrong(account, f"quick_replies takes 1 to {MOST_REPLIES} answers")
    for reply in replies:
        kind = reply.get("content_type") if isinstance(reply, dict) else None
        if kind not in PLATFORMS[account.kind].reply_kinds:
            raise wrong(account, f"Quick replies of content_type {kind} cannot be sent")
        if kind != "text":
            continue
        title, payload = reply.get("title"), reply.get("payload")
        if not isinstance(title, str) or not 0 < len(title) <= LONGEST_REPLY:
            raise wrong(account, f"The title of a quick reply must have 1 to {LONGEST_REPLY} characters")
        if not isinstance(payload, str) or not 0 < len(payload) <= LONGEST_PAYLOAD:
            raise wrong(account, f"The payload of a quick reply must have 1 to {LONGEST_PAYLOAD} characters")
