"""What becomes of a number over time: its quality, its limit, its state, its token; and who is told.

https://developers.facebook.com/docs/whatsapp/cloud-api/webhooks/reference
"""

from typing import Any

from sandbox.accounts import WhatsAppNumber
from sandbox.whatsapp.statuses import AccountChange
from sandbox.world import World

QUALITIES = ("GREEN", "YELLOW", "RED", "UNKNOWN")
TIERS = ("TIER_250", "TIER_1K", "TIER_2K", "TIER_10K", "TIER_100K", "TIER_UNLIMITED")
STATES = ("CONNECTED", "FLAGGED", "RATE_LIMITED", "RESTRICTED", "BANNED", "DISCONNECTED")


class BadNumber(ValueError):
    """A number was to become what none can be."""


def steer(world: World, body: dict[str, Any]) -> dict[str, Any]:
    """`POST /_sandbox/numbers`: `{"account": number id}` with `quality`, `tier`, `status`, `throughput`,
    `token_expires_at` (told by no webhook) or `alert` (words of Meta's). Raises BadNumber."""
    number = world.accounts.whatsapp(str(body.get("account")))
    if number is None:
        raise BadNumber("account must name a WhatsApp number")
    _check(body)
    if quality := body.get("quality"):
        event = "UNFLAGGED" if quality == "GREEN" else "FLAGGED"
        number.quality = quality
        _tell(world, number, "phone_number_quality_update", _limits(number) | {"event": event})
    if tier := body.get("tier"):
        rising = TIERS.index(tier) > TIERS.index(number.messaging_limit)
        number.tier = tier
        event = "UPGRADE" if rising else "DOWNGRADE"
        _tell(world, number, "phone_number_quality_update", _limits(number) | {"event": event})
        _tell(world, number, "business_capability_update", {"max_daily_conversations_per_business": tier})
    if status := body.get("status"):
        number.status = status
        restriction = {
            "restriction_type": "RESTRICTED_ADD_PHONE_NUMBER_ACTION",
            "expiration": int(world.now()) + 86400,
        }
        change = {"event": "ACCOUNT_RESTRICTION", "restriction_info": [restriction]}
        _tell(world, number, "account_update", change)
    if "throughput" in body:
        number.throughput = body["throughput"]
        _tell(world, number, "phone_number_quality_update", _limits(number) | {"event": "THROUGHPUT_UPGRADE"})
    if "token_expires_at" in body:
        number.token_expires_at = body["token_expires_at"]
    if alert := body.get("alert"):
        info = {
            "alert_severity": "WARNING",
            "alert_status": "ACTIVE",
            "alert_type": "OTHER",
            "alert_description": alert,
        }
        _tell(
            world,
            number,
            "account_alerts",
            {"entity_type": "PHONE_NUMBER", "entity_id": number.id, "alert_info": info},
        )
    world.changed()
    return {
        "account": number.id,
        "quality": number.quality,
        "tier": number.messaging_limit,
        "status": number.status,
        "throughput": number.throughput,
    }


def _check(body: dict[str, Any]) -> None:
    for name, allowed in (("quality", QUALITIES), ("tier", TIERS), ("status", STATES)):
        if name in body and body[name] not in allowed:
            raise BadNumber(f"{name} is one of {', '.join(allowed)}")
    for name in ("throughput", "token_expires_at"):
        if name in body and (type(body[name]) is not int or body[name] < 0):
            raise BadNumber(f"{name} is a whole number")
    if "alert" in body and not isinstance(body["alert"], str):
        raise BadNumber("alert is text")


def _limits(number: WhatsAppNumber) -> dict[str, Any]:
    return {
        "display_phone_number": number.digits,
        "current_limit": number.messaging_limit,
        "max_daily_conversations_per_business": number.messaging_limit,
    }


def _tell(world: World, number: WhatsAppNumber, field: str, value: dict[str, Any]) -> None:
    world.webhooks.put(number, AccountChange(field, value, int(world.now())))
