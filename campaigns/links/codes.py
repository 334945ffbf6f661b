"""The code of a short link: person, place and proof in 20 characters. Nothing is written before somebody taps.

Six bytes are the recipient's id, one is the link's place in the broadcast, eight are a keyed MAC over both. The key is
derived from SECRET_KEY; codes made under SECRET_KEY_FALLBACKS go on working.
"""

from __future__ import annotations

import hmac
import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from functools import lru_cache

from django.conf import settings

PURPOSE = b"campaigns.links"
ID_BYTES, MAC_BYTES = 6, 8
CODE_LENGTH = 20
_CODE = re.compile(rf"([A-Za-z0-9_-]{{{CODE_LENGTH}}})(?![A-Za-z0-9_-])")


def short_link(recipient: int, place: int) -> str:
    """The address that stands for a link of a broadcast in one recipient's text."""
    return f"{settings.PUBLIC_URL}/l/{code_of(recipient, place)}"


def any_short_link() -> str:
    """As long as every other; leads nowhere."""
    return f"{settings.PUBLIC_URL}/l/{'x' * CODE_LENGTH}"


def code_of(recipient: int, place: int) -> str:
    """Always the same for the same recipient and place under one SECRET_KEY."""
    payload = recipient.to_bytes(ID_BYTES, "big") + bytes((place,))
    return urlsafe_b64encode(payload + _mac(settings.SECRET_KEY, payload)).decode()


def read_code(code: str) -> tuple[int, int] | None:
    """Recipient and place of a code we made, else None. Words that a phone took for part of the address, because they
    followed it without a blank, do no harm."""
    match = _CODE.match(code)
    if match is None:
        return None
    raw = urlsafe_b64decode(match[1])
    payload, mac = raw[:-MAC_BYTES], raw[-MAC_BYTES:]
    keys = (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)
    if not any(hmac.compare_digest(mac, _mac(key, payload)) for key in keys):
        return None
    return int.from_bytes(payload[:ID_BYTES], "big"), payload[ID_BYTES]


def _mac(secret: str, payload: bytes) -> bytes:
    return hmac.digest(_key(secret), payload, "sha256")[:MAC_BYTES]


@lru_cache(maxsize=8)
def _key(secret: str) -> bytes:
    return hmac.digest(secret.encode(), PURPOSE, "sha256")
