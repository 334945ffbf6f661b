"""WhatsApp deliveries as Meta makes them: statuses of people who were sent to, signed with the app's secret."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Sequence
from typing import NamedTuple

import orjson

STATUSES = ("sent", "delivered", "read")
FIRST = 1_795_240_000  # Unix seconds of the first status


class Sent(NamedTuple):
    """A person as the campaign sent to them."""

    recipient: int
    provider_id: str
    phone: str


def delivery(account_id: str, waba_id: str, people: Sequence[Sent], status: str) -> bytes:
    """One delivery with a status of each of `people`."""
    at = str(FIRST + STATUSES.index(status))
    return orjson.dumps(
        {
            "object": "whatsapp_business_account",
            "entry": [
                {
                    "id": waba_id,
                    "changes": [
                        {
                            "field": "messages",
                            "value": {
                                "messaging_product": "whatsapp",
                                "metadata": {
                                    "display_phone_number": "85212345678",
                                    "phone_number_id": account_id,
                                },
                                "statuses": [_status(person, status, at) for person in people],
                            },
                        }
                    ],
                }
            ],
        }
    )


def _status(person: Sent, status: str, at: str) -> dict[str, object]:
    return {
        "id": person.provider_id,
        "status": status,
        "timestamp": at,
        "recipient_id": person.phone.removeprefix("+"),
        "biz_opaque_callback_data": f"{person.recipient}.0.0",
        "pricing": {"billable": True, "pricing_model": "PMP", "category": "service", "type": "regular"},
    }


def signature(secret: str, body: bytes) -> str:
    return "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
