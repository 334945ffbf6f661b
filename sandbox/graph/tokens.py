"""Access tokens: where a request carries one, whether it is good, and what `debug_token` tells of it.

https://developers.facebook.com/docs/graph-api/guides/secure-requests
"""

import hashlib
import hmac
from urllib.parse import parse_qs

import orjson

from sandbox.accounts import FacebookPage, GraphAccount, LineChannel, WhatsAppNumber
from sandbox.graph.errors import GraphError
from sandbox.http import Request, Response, json_response
from sandbox.world import World

_SCOPES = {
    "whatsapp": ("whatsapp_business_management", "whatsapp_business_messaging"),
    "facebook": ("pages_messaging", "pages_manage_metadata"),
    "instagram": ("instagram_business_basic", "instagram_business_manage_messages"),
}


def token_of(request: Request) -> str:
    """From the header, the address or the body; "" where there is none."""
    if request.bearer:
        return request.bearer
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    if scheme == "OAuth":  # of resumable uploads
        return token.strip()
    if request.raw_query and (given := request.query.get("access_token")):
        return given
    return _in_body(request.body) if b"access_token" in request.body[:20_000] else ""


def _in_body(body: bytes) -> str:
    if body.startswith(b"{"):
        try:
            given = orjson.loads(body).get("access_token", "")
        except orjson.JSONDecodeError:
            return ""
        return given if isinstance(given, str) else ""
    return parse_qs(body.decode("utf-8", "replace")).get("access_token", [""])[0]


def authenticate(world: World, request: Request) -> str:
    """The token, where some account knows it and it is not revoked. Raises GraphError."""
    token = token_of(request)
    if not token:
        raise GraphError(190, message="An access token is required to request this resource.")
    owners = world.accounts.graph_with(token)
    if not owners:
        raise GraphError(190, message="Invalid OAuth access token - Cannot parse access token")
    if all(world.scenarios.of(owner.id).token_revoked for owner in owners):
        raise GraphError(
            190, message="Error validating access token: The session has been invalidated.", subcode=467
        )
    if "appsecret_proof" in request.raw_query:
        given = request.query.get("appsecret_proof", "")
        if not any(hmac.compare_digest(_proof(owner, token), given) for owner in owners):
            raise GraphError(100, message="Invalid appsecret_proof provided in the API argument")
    return token


def _proof(owner: GraphAccount, token: str) -> str:
    return hmac.new(owner.app_secret.encode(), token.encode(), hashlib.sha256).hexdigest()


def debug_token(world: World, request: Request) -> Response:
    """Says what a token may use; asked with an app token `APPID|SECRET` or itself."""
    asked, caller = request.query.get("input_token", ""), token_of(request)
    owners = world.accounts.graph_with(asked)
    apps = [account for account in world.accounts if not isinstance(account, LineChannel)]
    if caller not in {f"{app.app_id}|{app.app_secret}" for app in apps} | {asked}:
        raise GraphError(190, message="Invalid OAuth access token - Cannot parse access token")
    if not owners or all(world.scenarios.of(owner.id).token_revoked for owner in owners):
        problem = {"code": 190, "message": "The access token could not be decrypted"}
        return json_response({"data": {"is_valid": False, "error": problem, "scopes": []}})
    targets = sorted({owner.waba_id if isinstance(owner, WhatsAppNumber) else owner.id for owner in owners})
    scopes = list(dict.fromkeys(scope for owner in owners for scope in _SCOPES[owner.kind]))
    ends = next((owner.token_expires_at for owner in owners if isinstance(owner, WhatsAppNumber)), 0)
    if ends and ends <= world.now():
        problem = {
            "code": 190,
            "subcode": 463,
            "message": "Error validating access token: Session has expired",
        }
        return json_response(
            {"data": {"is_valid": False, "error": problem, "expires_at": ends, "scopes": []}}
        )
    told = {
        "app_id": owners[0].app_id,
        "type": "PAGE" if isinstance(owners[0], FacebookPage) else "SYSTEM_USER",
        "application": "Sandbox app",
        "is_valid": True,
        "expires_at": ends,
        "data_access_expires_at": 0,
        "user_id": "122000333444555",
        "scopes": scopes,
        "granular_scopes": [{"scope": scope, "target_ids": targets} for scope in scopes],
    }
    return json_response({"data": told})
