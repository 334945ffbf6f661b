"""What customers do on LINE, as webhook events: messages, follow and unfollow.

https://developers.line.biz/en/reference/messaging-api/#webhook-event-objects
"""

import base64
import hashlib
import hmac
import json
import time
from typing import Any

from sandbox import ids
from sandbox.accounts import LineChannel
from sandbox.people import Inbound
from sandbox.webhooks import Post
from sandbox.world import World

ANSWER_WITHIN_S = 2.0
AGENT = "LineBotWebhook/2.0"


def signature(secret: str, body: bytes) -> str:
    return base64.b64encode(hmac.new(secret.encode(), body, hashlib.sha256).digest()).decode()


def pack(channel: LineChannel, updates: list[Any], repeated: bool) -> Post | None:
    """One webhook call with these events; a repetition says so in each of them."""
    return call(channel, channel.webhook_url, updates, repeated) if channel.webhook_url else None


def call(channel: LineChannel, url: str, updates: list[Any], repeated: bool = False) -> Post:
    """The call to a certain address."""
    events = [
        {**event, "deliveryContext": {"isRedelivery": True}} if repeated else event for event in updates
    ]
    payload = {"destination": channel.bot_user_id, "events": events}
    body = json.dumps(payload, ensure_ascii=False, separators=(",", ":")).encode()

    def headers(secret: str) -> dict[str, str]:
        return {
            "content-type": "application/json; charset=utf-8",
            "user-agent": AGENT,
            "x-line-signature": signature(secret, body),
        }

    return Post(url, body, headers(channel.channel_secret), headers("wrong secret"))


def read_token_prefix(channel: LineChannel) -> str:
    return hashlib.sha256(channel.channel_id.encode()).hexdigest()[:12]


def event(world: World, person: int, kind: str, *, answerable: bool = True, **fields: Any) -> dict[str, Any]:
    now = time.time()
    token = {}
    if answerable:
        token["replyToken"] = ids.token()
        world.reply_tokens[token["replyToken"]] = (person, now)
    return {
        "type": kind,
        "mode": "active",
        "timestamp": int(now * 1000),
        "source": {"type": "user", "userId": world.people.address(person)},
        "webhookEventId": ids.ulid(now),
        "deliveryContext": {"isRedelivery": False},
        **token,
        **fields,
    }


def write(world: World, channel: LineChannel, person: int, inbound: Inbound) -> None:
    """The customer sends a text, a file, a sticker or a place."""
    message: dict[str, Any] = {
        "id": inbound.id,
        "type": inbound.kind,
        "markAsReadToken": read_token_prefix(channel) + ids.token(10),
    }
    if inbound.details:
        message |= inbound.details
    elif inbound.kind == "text":
        message |= {"quoteToken": ids.token(24), "text": inbound.text}
    elif inbound.kind == "file":
        file = world.media.get(inbound.media)
        message |= {"fileName": inbound.text or "file", "fileSize": len(file.body) if file else 0}
    else:
        message |= {"quoteToken": ids.token(24), "contentProvider": {"type": "line"}}
        if inbound.kind in ("video", "audio"):
            message["duration"] = 1000
    world.webhooks.put(channel, event(world, person, "message", message=message))


def follow(world: World, channel: LineChannel, person: int) -> None:
    """The customer adds the account as a friend, or lets it in again."""
    known = world.people.know(person)
    again, known.state = known.state == "blocked", "friend"
    world.webhooks.put(channel, event(world, person, "follow", follow={"isUnblocked": again}))


def unfollow(world: World, channel: LineChannel, person: int) -> None:
    """The customer blocks the account."""
    world.people.know(person).state = "blocked"
    world.webhooks.put(channel, event(world, person, "unfollow", answerable=False))


def postback(world: World, channel: LineChannel, person: int, data: str) -> None:
    """The customer taps a button that carries data."""
    world.webhooks.put(channel, event(world, person, "postback", postback={"data": data}))
