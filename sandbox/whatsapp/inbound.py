"""What customers do on WhatsApp, as webhook changes.

https://developers.facebook.com/docs/whatsapp/cloud-api/webhooks/components
"""

import base64
from typing import Any

from sandbox.accounts import WhatsAppNumber
from sandbox.people import Inbound
from sandbox.whatsapp import statuses
from sandbox.whatsapp.addresses import bsuid, is_bsuid
from sandbox.whatsapp.statuses import Change
from sandbox.world import World


def write(
    world: World,
    number: WhatsAppNumber,
    person: int,
    inbound: Inbound,
    *,
    context: str = "",
    button: dict[str, Any] | None = None,
) -> None:
    """The customer sends a text, a file, a sticker or a place, or taps a button (`button`: the object of its kind)."""
    address = world.people.address(person)
    shown = statuses.contact(world, person, address)
    message: dict[str, Any] = {
        "from_user_id": bsuid(address),
        "id": inbound.id,
        "timestamp": str(int(inbound.at)),
        "type": inbound.kind,
    }
    if "wa_id" in shown and not is_bsuid(address):
        message["from"] = address
    if context:
        message["context"] = {"from": number.digits, "id": context}
    if inbound.kind == "text":
        message["text"] = {"body": inbound.text}
    elif button is not None:
        message[inbound.kind] = button
    elif inbound.details:
        message[inbound.kind] = inbound.details
    else:
        message[inbound.kind] = _file(world, inbound)
    world.webhooks.put(number, Change("messages", {"contacts": [shown], "messages": [message]}))


def _file(world: World, inbound: Inbound) -> dict[str, Any]:
    file = world.media.get(inbound.media)
    if file is None:
        return {}
    described: dict[str, Any] = {
        "id": file.id,
        "mime_type": file.mime,
        "sha256": base64.b64encode(bytes.fromhex(file.sha256)).decode(),
    }
    if inbound.kind == "document":
        described["filename"] = file.name or "file"
    if inbound.text:
        described["caption"] = inbound.text
    return described
