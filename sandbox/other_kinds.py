"""What customers send that is neither text nor file: stickers and places, as each provider tells of them."""

from pathlib import Path
from typing import Any

from sandbox import ids
from sandbox.accounts import Account, FacebookPage, LineChannel, WhatsAppNumber
from sandbox.messenger.events import address_of
from sandbox.world import World

STICKER = (Path(__file__).parent / "phones/sticker.webp").read_bytes()
MIME = "image/webp"
PLACE = {
    "title": "Taipei 101",
    "address": "台北市信義區信義路五段 7 號",
    "latitude": 25.0339,
    "longitude": 121.5645,
}
KINDS: dict[str, tuple[str, ...]] = {  # what a customer can send, by kind of channel
    "line": ("sticker", "location"),
    "whatsapp": ("sticker", "location"),
    "facebook": ("sticker",),
    "instagram": ("sticker",),
}


def sticker(world: World, account: Account) -> tuple[dict[str, Any], str]:
    """A sticker as the provider's message has it, and the id of its picture here.

    LINE names it and hands no picture over; Instagram says no more than that something cannot be shown.
    """
    stored = world.media.store(account.number, MIME, STICKER, name="sticker.webp")
    if isinstance(account, LineChannel):
        named = {"packageId": "446", "stickerId": "1988", "stickerResourceType": "STATIC"}
        return named | {"keywords": ["happy", "smile"], "quoteToken": ids.token(24)}, stored.id
    if isinstance(account, WhatsAppNumber):
        return {"id": stored.id, "mime_type": MIME, "sha256": stored.sha256, "animated": False}, stored.id
    if isinstance(account, FacebookPage):
        payload = {"url": address_of(world, stored.id), "sticker_id": 369239263222822}
        return {"attachments": [{"type": "sticker", "payload": payload}]}, stored.id
    return {"is_unsupported": True}, stored.id


def place(account: Account) -> dict[str, Any]:
    """A place on the map as the provider's message has it."""
    if isinstance(account, LineChannel):
        return dict(PLACE)
    plain = {"latitude": PLACE["latitude"], "longitude": PLACE["longitude"]}
    return plain | {"name": PLACE["title"], "address": PLACE["address"]}
