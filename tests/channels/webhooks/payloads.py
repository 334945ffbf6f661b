"""Deliveries as providers make them, and their signatures."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json

SECRET = "channel-secret"
APP_SECRET = "app-secret"


def line_message(number: int, *, sender: str = "Uperson", **more) -> dict:
    return {
        "type": "message",
        "mode": "active",
        "timestamp": 1795243200000 + number,
        "source": {"type": "user", "userId": sender},
        "webhookEventId": f"event-{number}",
        "deliveryContext": {"isRedelivery": False},
        "replyToken": "token",
        "message": {"id": str(number), "type": "text", "text": f"message {number}"},
        **more,
    }


def line_delivery(account_id: str, *events: dict) -> dict:
    return {"destination": account_id, "events": list(events)}


def whatsapp_delivery(account_id: str, *, statuses=(), messages=(), waba_id: str = "104511220033445") -> dict:
    value = {"messaging_product": "whatsapp", "metadata": {"phone_number_id": account_id}}
    if statuses:
        value["statuses"] = list(statuses)
    if messages:
        value["messages"] = list(messages)
    return {
        "object": "whatsapp_business_account",
        "entry": [{"id": waba_id, "changes": [{"field": "messages", "value": value}]}],
    }


def whatsapp_status(number: int, status: str = "delivered") -> dict:
    return {
        "id": f"wamid.{number}",
        "status": status,
        "timestamp": str(1795240000 + number),
        "recipient_id": "886912000111",
        "biz_opaque_callback_data": f"{number}.0.1",
    }


def account_update(waba_id: str, at: int, value: dict) -> dict:
    return {
        "object": "whatsapp_business_account",
        "entry": [{"id": waba_id, "time": at, "changes": [{"field": "account_update", "value": value}]}],
    }


def body_of(payload: object) -> bytes:
    return json.dumps(payload).encode()


def line_signature(body: bytes, secret: str = SECRET) -> dict[str, str]:
    return {"x-line-signature": base64.b64encode(hmac.digest(secret.encode(), body, hashlib.sha256)).decode()}


def meta_signature(body: bytes, secret: str = APP_SECRET) -> dict[str, str]:
    return {"x-hub-signature-256": "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()}
