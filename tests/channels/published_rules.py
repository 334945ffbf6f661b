"""What the providers' documents say a message may look like, written down apart from our adapters.

A rule answers with what is wrong; nothing means that the provider's reference has this request.

LINE: https://developers.line.biz/en/reference/messaging-api/#message-objects
WhatsApp: https://developers.facebook.com/docs/whatsapp/cloud-api/reference/messages
Messenger: https://developers.facebook.com/docs/messenger-platform/reference/send-api
Instagram: https://developers.facebook.com/docs/instagram-platform/instagram-api-with-instagram-login/messaging-api
"""

from __future__ import annotations

import json
import re
from urllib.parse import urlsplit

from linebot.v3 import messaging

# --- LINE ---------------------------------------------------------------------------------------------------

LINE_REQUESTS = {
    "/v2/bot/message/push": messaging.PushMessageRequest,
    "/v2/bot/message/multicast": messaging.MulticastRequest,
    "/v2/bot/message/reply": messaging.ReplyMessageRequest,
}
LINE_MESSAGES = {  # required fields beside `type`, and optional ones we use none of
    "text": {"text"},
    "image": {"originalContentUrl", "previewImageUrl"},
    "video": {"originalContentUrl", "previewImageUrl"},
    "audio": {"originalContentUrl", "duration"},
}


def line(path: str, headers: dict[str, str], body: dict) -> list[str]:
    wrong = []
    model = LINE_REQUESTS[path]
    if known := model.from_dict(body).to_dict():
        wrong += [f"{name} is not in LINE's {model.__name__}" for name in body.keys() - known.keys()]
    if path.endswith("multicast") and not 1 <= len(body["to"]) <= 500:
        wrong.append("multicast takes 1 to 500 people")
    if path.endswith("reply") == ("X-Line-Retry-Key" in headers):
        wrong.append("a retry key belongs to every push and multicast, and to no reply")
    if not 1 <= len(body["messages"]) <= 5:
        wrong.append("one to five messages")
    for message in body["messages"]:
        wrong += _line_message(message)
    return wrong


def _line_message(message: dict) -> list[str]:
    wrong = []
    fields = LINE_MESSAGES.get(message["type"])
    if fields is None or message.keys() - {"type"} != fields:
        return [f"{message['type']} does not have exactly the fields {fields}"]
    if message["type"] == "text" and not 1 <= utf16(message["text"]) <= 5000:
        wrong.append("texts have 1 to 5000 UTF-16 units")
    for name in fields & {"originalContentUrl", "previewImageUrl"}:
        wrong += public_address(message[name], longest=2000)
    if message["type"] == "audio" and not (type(message["duration"]) is int and message["duration"] > 0):
        wrong.append("a duration is a whole number of milliseconds above 0")
    return wrong


# --- WhatsApp -------------------------------------------------------------------------------------------------

WHATSAPP_TOP = {
    "messaging_product",
    "recipient_type",
    "to",
    "recipient",
    "type",
    "biz_opaque_callback_data",
    "context",
}
WHATSAPP_MEDIA = {
    "image": {"caption"},
    "video": {"caption"},
    "audio": set(),
    "document": {"caption", "filename"},
}


def whatsapp(path: str, headers: dict[str, str], body: dict) -> list[str]:
    kind = body.get("type", "")
    wrong = [f"{name} is no field of a message" for name in body.keys() - WHATSAPP_TOP - {kind}]
    if body.get("messaging_product") != "whatsapp":
        wrong.append("messaging_product is whatsapp")
    if not re.fullmatch(r"/[0-9]+/messages", path):
        wrong.append(f"{path} is not a number's messages")
    if ("to" in body) == ("recipient" in body):
        wrong.append("either `to` (a phone number) or `recipient` (a business-scoped user id)")
    if "to" in body and not re.fullmatch(r"\+?[0-9]{5,20}", body["to"]):
        wrong.append("`to` is a phone number")
    if len(body.get("biz_opaque_callback_data", "")) > 512:
        wrong.append("callback data has at most 512 characters")
    if kind == "text":
        return wrong + _whatsapp_text(body["text"])
    if kind not in WHATSAPP_MEDIA:
        return [*wrong, f"{kind!r} is not a kind of message we send"]
    return wrong + _whatsapp_media(kind, body[kind])


def _whatsapp_text(text: dict) -> list[str]:
    wrong = [f"text has no {name}" for name in text.keys() - {"body", "preview_url"}]
    if not 1 <= len(text["body"]) <= 4096 or not text["body"].strip():
        wrong.append("texts have 1 to 4096 characters")
    return wrong


def _whatsapp_media(kind: str, content: dict) -> list[str]:
    wrong = [f"{kind} has no {name}" for name in content.keys() - {"id", "link"} - WHATSAPP_MEDIA[kind]]
    if ("id" in content) == ("link" in content):
        wrong.append("either an uploaded file's id or a link")
    if "link" in content:
        wrong += public_address(content["link"])
    if len(content.get("caption", "")) > 1024:
        wrong.append("captions have at most 1024 characters")
    return wrong


# --- Messenger and Instagram ----------------------------------------------------------------------------------

THREAD_TOP = {"recipient", "message", "messaging_type", "tag", "reply_to"}


def facebook(path: str, headers: dict[str, str], body: dict) -> list[str]:
    wrong = _thread(path, body, longest=utf16(body["message"].get("text", "")) < 2000)
    if body.get("messaging_type") not in ("RESPONSE", "MESSAGE_TAG"):
        wrong.append("messaging_type is required")
    if len(body["message"].get("metadata", "")) >= 1000:
        wrong.append("metadata has fewer than 1000 characters")
    return wrong


def instagram(path: str, headers: dict[str, str], body: dict) -> list[str]:
    wrong = _thread(path, body, longest=len(body["message"].get("text", "").encode()) <= 1000)
    if "metadata" in body["message"]:
        wrong.append("Instagram returns no metadata")
    return wrong


def _thread(path: str, body: dict, *, longest: bool) -> list[str]:
    message = body["message"]
    wrong = [f"{name} is no field of the Send API" for name in body.keys() - THREAD_TOP]
    wrong += [f"a message has no {name}" for name in message.keys() - {"text", "attachment", "metadata"}]
    if not re.fullmatch(r"/[0-9]+/messages", path):
        wrong.append(f"{path} is not an account's messages")
    if body["recipient"].keys() != {"id"} or not body["recipient"]["id"].isdigit():
        wrong.append("one recipient, by the id scoped to the account")
    if ("text" in message) == ("attachment" in message):
        wrong.append("either a text or an attachment")
    if not longest:
        wrong.append("the text is too long")
    if body.get("messaging_type") == "MESSAGE_TAG" and body.get("tag") != "HUMAN_AGENT":
        wrong.append("the only tag of ours is HUMAN_AGENT")
    if "attachment" in message:
        wrong += _attachment(message["attachment"])
    return wrong


def _attachment(attachment: dict) -> list[str]:
    wrong = []
    if attachment.keys() != {"type", "payload"}:
        wrong.append("an attachment has type and payload")
    if attachment["type"] not in {"image", "video", "audio", "file"}:
        wrong.append(f"{attachment['type']} is no kind of attachment")
    if attachment["payload"].keys() not in ({"url"}, {"attachment_id"}):
        wrong.append("either an address or an uploaded file")
    if "url" in attachment["payload"]:
        wrong += public_address(attachment["payload"]["url"])
    return wrong


# --- What all share -------------------------------------------------------------------------------------------

RULES = {"line": line, "whatsapp": whatsapp, "facebook": facebook, "instagram": instagram}


def breaches(kind: str, request) -> list[str]:
    """What a built request does against the published rules of its provider."""
    headers = dict(request.headers)
    wrong = []
    if request.method != "POST":
        wrong.append("messages are posted")
    if headers.get("Content-Type", "").partition(";")[0] != "application/json":
        wrong.append("bodies are JSON")
    if not headers.get("Authorization", "").startswith("Bearer "):
        wrong.append("the token travels as a bearer")
    return wrong + RULES[kind](request.path, headers, json.loads(request.body))


def public_address(url: str, longest: int = 4096) -> list[str]:
    address = urlsplit(url)
    if address.scheme != "https" or not address.hostname or len(url) > longest:
        return [f"{url[:60]} is no https address of at most {longest} characters"]
    return []


def utf16(text: str) -> int:
    return len(text.encode("utf-16-le")) // 2
