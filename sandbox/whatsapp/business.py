"""Numbers and WhatsApp accounts: what a connection asks before it trusts its settings."""

import secrets
from typing import Any

from sandbox.accounts import WhatsAppNumber
from sandbox.client import Unreachable
from sandbox.graph.errors import GraphError, invalid
from sandbox.graph.fields import picked
from sandbox.http import Request, Response, json_response
from sandbox.whatsapp.analytics import pricing_analytics
from sandbox.whatsapp.bodies import read_body
from sandbox.world import World

_USUAL_FIELDS = (
    "id,verified_name,code_verification_status,display_phone_number,quality_rating,platform_type,throughput"
)


def _all_fields(number: WhatsAppNumber) -> dict[str, Any]:
    level = "HIGH" if number.throughput >= 1000 else "STANDARD"
    return {
        "id": number.id,
        "display_phone_number": number.display_phone_number,
        "verified_name": number.verified_name,
        "status": number.status,
        "quality_rating": number.quality,
        "code_verification_status": "VERIFIED",
        "name_status": "APPROVED",
        "platform_type": "CLOUD_API",
        "throughput": {"level": level},
        "account_mode": "LIVE",
        "is_on_biz_app": number.throughput == 20,
        "whatsapp_business_manager_messaging_limit": number.messaging_limit,
        "webhook_configuration": {"application": number.override_url or number.webhook_url},
        "health_status": {
            "can_send_message": "AVAILABLE" if number.status == "CONNECTED" else "BLOCKED",
            "entities": [{"entity_type": "PHONE_NUMBER", "id": number.id, "can_send_message": "AVAILABLE"}],
        },
    }


def number(world: World, number: WhatsAppNumber, request: Request) -> Response:
    return json_response(picked(_all_fields(number), request, _USUAL_FIELDS))


def phone_numbers(world: World, waba_id: str, request: Request) -> Response:
    found = [picked(_all_fields(n), request, _USUAL_FIELDS) for n in world.accounts.numbers_of(waba_id)]
    return json_response({"data": found, "paging": {"cursors": {"before": "QVFIEx1", "after": "QVFIEx2"}}})


def account(world: World, waba_id: str, request: Request) -> Response:
    first = world.accounts.numbers_of(waba_id)[0]
    everything = {
        "id": waba_id,
        "name": first.waba_name,
        "currency": "USD",
        "timezone_id": "42",
        "message_template_namespace": f"{int(waba_id):x}" if waba_id.isdigit() else waba_id,
        "owner_business_info": {"id": first.business_id or f"9{waba_id}", "name": first.waba_name},
        "account_review_status": "APPROVED",
        "business_verification_status": "verified",
        "health_status": {"can_send_message": "AVAILABLE", "entities": []},
    }
    fields = request.query.get("fields", "")
    if "pricing_analytics" in fields:
        asked = {"id": waba_id, "pricing_analytics": pricing_analytics(world, waba_id, fields)}
        return json_response(asked | {"currency": everything["currency"]})
    return json_response(picked(everything, request, "id,name,currency,timezone_id"))


async def change_number(world: World, number: WhatsAppNumber, request: Request) -> Response:
    """Sets the two-step PIN or the webhook address of this number alone."""
    body = read_body(request)
    configuration = body.get("webhook_configuration")
    if isinstance(configuration, dict):
        return await _override(world, [number], configuration)
    if "pin" in body and not _is_pin(body["pin"]):
        return invalid("Param pin must be 6 digits.").response
    return json_response({"success": True})


async def subscribe(world: World, waba_id: str, request: Request) -> Response:
    """Subscribes the app; with an override address only after that address has answered the challenge."""
    body = read_body(request) if request.body else {}
    if "override_callback_uri" in body:
        return await _override(world, world.accounts.numbers_of(waba_id), body)
    return json_response({"success": True})


async def _override(world: World, numbers: list[WhatsAppNumber], settings: dict[str, Any]) -> Response:
    url, verify_token = settings.get("override_callback_uri", ""), settings.get("verify_token", "")
    if not isinstance(url, str) or len(url) > 200:
        return invalid("Param override_callback_uri must be at most 200 characters long.").response
    if url and not await _verified(world, url, str(verify_token)):
        return GraphError(2200, "The callback URL did not return the challenge.").response
    for number in numbers:
        number.override_url = url
    world.changed()
    return json_response({"success": True})


async def _verified(world: World, url: str, verify_token: str) -> bool:
    """Whether the address answers the challenge of a subscription."""
    challenge = str(secrets.randbelow(10**10))
    joint = "&" if "?" in url else "?"
    query = f"hub.mode=subscribe&hub.challenge={challenge}&hub.verify_token={verify_token}"
    try:
        answer = await world.client.request("GET", f"{url}{joint}{query}")
    except Unreachable:
        return False
    return answer.status == 200 and answer.body.strip() == challenge.encode()


def subscribed_apps(world: World, waba_id: str, request: Request) -> Response:
    entries = []
    for app_id in {n.app_id for n in world.accounts.numbers_of(waba_id)}:
        entry: dict[str, Any] = {
            "whatsapp_business_api_data": {
                "id": app_id,
                "name": "Sandbox app",
                "link": "https://example.test/app",
            }
        }
        override = next((n.override_url for n in world.accounts.numbers_of(waba_id) if n.override_url), "")
        if override:
            entry["override_callback_uri"] = override
        entries.append(entry)
    return json_response({"data": entries})


def unsubscribe(world: World, waba_id: str, request: Request) -> Response:
    for number in world.accounts.numbers_of(waba_id):
        number.override_url = ""
    world.changed()
    return json_response({"success": True})


def register(world: World, number: WhatsAppNumber, request: Request) -> Response:
    body = read_body(request)
    if not _is_pin(body.get("pin")):
        raise invalid("Param pin must be 6 digits.")
    number.status = "CONNECTED"
    world.changed()
    return json_response({"success": True})


def deregister(world: World, number: WhatsAppNumber, request: Request) -> Response:
    number.status = "DISCONNECTED"
    world.changed()
    return json_response({"success": True})


def _is_pin(value: object) -> bool:
    return isinstance(value, str) and len(value) == 6 and value.isdigit()
