"""What a connection asks before it trusts its settings: the account, its webhooks, the people who wrote.

https://developers.facebook.com/docs/messenger-platform/identity/user-profile
https://developers.facebook.com/docs/instagram-platform/instagram-api-with-instagram-login
"""

from typing import Any

from sandbox.accounts import InstagramAccount, ThreadAccount
from sandbox.graph.fields import picked
from sandbox.http import Request, Response, json_response
from sandbox.messenger.bodies import read_call
from sandbox.messenger.errors import refused, wrong
from sandbox.messenger.events import FIELDS
from sandbox.world import World

HIDDEN = ("blocked", "deleted", "unknown")
# Fields that an app may ask for and the sandbox never has news of.
SILENT = {
    "message_edit",
    "message_edits",
    "messaging_feedback",
    "messaging_handover",
    "messaging_handovers",
    "messaging_optins",
    "messaging_policy_enforcement",
    "messaging_referral",
    "messaging_referrals",
    "standby",
}


def about(world: World, account: ThreadAccount, request: Request) -> Response:
    if isinstance(account, InstagramAccount):
        scoped = str(int(account.ig_id) // 7 + 10**15) if account.ig_id.isdigit() else account.ig_id
        asked_as_me = request.path.rstrip("/").endswith("/me")
        everything = {
            "id": scoped if asked_as_me else account.ig_id,
            "user_id": account.ig_id,
            "username": account.username,
            "name": account.name,
            "account_type": "BUSINESS",
        }
        return json_response(picked(everything, request, "id,username"))
    linked = world.accounts.instagram_of_page(account.id)
    page: dict[str, Any] = {"id": account.id, "name": account.name, "category": "Shopping & retail"}
    if linked:
        page["instagram_business_account"] = {"id": linked.id}
    return json_response(picked(page, request, "id,name"))


def subscribe(world: World, account: ThreadAccount, request: Request) -> Response:
    asked = read_call(request)[0].get("subscribed_fields", "")
    names = [one.strip() for one in (asked if isinstance(asked, list) else str(asked).split(",")) if one]
    known = {*FIELDS[account.kind], *SILENT}
    if not names or any(name not in known for name in names):
        raise wrong(account, f"Param subscribed_fields must be one or more of {{{', '.join(sorted(known))}}}")
    account.subscribed_fields = ",".join(names)
    world.changed()
    return json_response({"success": True})


def subscribed(world: World, account: ThreadAccount, request: Request) -> Response:
    fields = [name for name in account.subscribed_fields.split(",") if name]
    app = {"id": account.app_id, "name": "Sandbox app", "subscribed_fields": fields}
    return json_response({"data": [app] if fields else []})


def unsubscribe(world: World, account: ThreadAccount, request: Request) -> Response:
    account.subscribed_fields = ""
    world.changed()
    return json_response({"success": True})


def profile(world: World, found: tuple[ThreadAccount, int], request: Request) -> Response:
    """Told of those who wrote or were introduced, never of those who blocked the account."""
    account, number = found
    address, known = world.people.address(number), world.people.known(number)
    state = world.scenarios.of(account.id).recipients.get(address) or (known.state if known else "unknown")
    if known is None or state in HIDDEN:
        raise refused(account, (100, 33), "Object with ID '" + address + "' does not exist")
    name = known.name or f"{account.kind.title()} {address[-4:]}"
    first, _, last = name.partition(" ")
    everything: dict[str, Any] = {"id": address, "name": name, "first_name": first, "last_name": last}
    usual = "first_name,last_name,id"
    if account.kind == "instagram":
        usual = "name,username,id"
        everything |= {
            "username": f"person.{address[-6:]}",
            "follower_count": 321,
            "is_verified_user": False,
            "is_user_follow_business": True,
            "is_business_follow_user": False,
        }
    return json_response(picked(everything, request, usual))
