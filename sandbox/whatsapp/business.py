"""Numbers and WhatsApp accounts: what a connection asks before it trusts its settings."""

import secrets
from typing import Any

from sandbox.accounts import WhatsAppNumber
from sandbox.client import Unreachable
from sandbox.graph.errors import GraphError, invalid
from sandbox.http import Request, Response, json_response
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
        "quality_rating": "GREEN",
        "code_verification_status": "VERIFIED",
        "name_status": "APPROVED",
        "platform_type": "CLOUD_API",
        "throughput": {"level": level},
        "account_mode": "LIVE",
        "is_on_biz_app": number.throughput == 20,
        "whatsapp_business_manager_messaging_limit": "TIER_UNLIMITED" if level == "HIGH" else "TIER_10K",
        "webhook_configuration": {"application": number.override_url or number.webhook_url},
        "health_status": {
            "can_send_message": "AVAILABLE" if number.status == "CONNECTED" else "BLOCKED",
            "entities": [{"entity_type": "PHONE_NUMBER", "id": number.id, "can_send_message": "AVAILABLE"}],
        },
    }


def _picked(everything: dict[str, Any], request: Request, usual: str) -> dict[str, Any]:
    """The asked fields and always the id; those without a value are left out, as Graph does it."""
    names = (request.query.get("fields") or usual).split(",")
    return {name: everything[name] for name in dict.fromkeys([*names, "id"]) if name in everything}


def number(world: World, number: WhatsAppNumber, request: Request) -> Response:
    return json_response(_picked(_all_fields(number), request, _USUAL_FIELDS))


def phone_numbers(world: World, waba_id: str, request: Request) -> Response:
    found = [_picked(_all_fields(n), request, _USUAL_FIELDS) for n in world.accounts.numbers_of(waba_id)]
    return json_response({"data": found, "paging": {"cursors": {"before": "QVFIEx1", "after": "QVFIEx2"}}})


def account(world: World, waba_id: str, request: Request) -> Response:
    first = world.accounts.numbers_of(waba_id)[0]
    everything = {
        "id": waba_id,
        "name": first.waba_name,
        "currency": "USD",
        "timezone_id": "42",
        "message_template_namespace": f"{int(waba_id):x}" if waba_id.isdigit() else waba_id,
        "account_review_status": "APPROVED",
        "business_verification_status": "verified",
        "health_status": {"can_send_message": "AVAILABLE", "entities": []},
    }
    return json_response(_picked(everything, request, "id,name,currency,timezone_id"))


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


def debug_token(world: World, request: Request) -> Response:
    """Says which WhatsApp accounts a token may use; asked with an app token `APPID|SECRET` or itself."""
    asked = request.query.get("input_token", "")
    caller = request.bearer or request.query.get("access_token", "")
    owners = world.accounts.numbers_with(asked)
    may_ask = {f"{n.app_id}|{n.app_secret}" for n in world.accounts.of_kind(WhatsAppNumber)} | {asked}
    if caller not in may_ask:
        raise GraphError(190, message="Invalid OAuth access token - Cannot parse access token")
    valid = bool(owners) and not all(world.scenarios.of(n.id).token_revoked for n in owners)
    if not valid:
        problem = {"code": 190, "message": "The access token could not be decrypted"}
        return json_response({"data": {"is_valid": False, "error": problem, "scopes": []}})
    targets = sorted({n.waba_id for n in owners})
    scopes = ["whatsapp_business_management", "whatsapp_business_messaging"]
    return json_response(
        {
            "data": {
                "app_id": owners[0].app_id,
                "type": "SYSTEM_USER",
                "application": "Sandbox app",
                "is_valid": True,
                "expires_at": 0,
                "data_access_expires_at": 0,
                "user_id": "122000333444555",
                "scopes": scopes,
                "granular_scopes": [{"scope": scope, "target_ids": targets} for scope in scopes],
            }
        }
    )
