"""Tokens, profiles and what a connection asks of a Page or an Instagram account.

https://developers.facebook.com/docs/messenger-platform/identity/user-profile
"""

import hashlib
import hmac

from .conftest import INSTAGRAM, PAGE
from .test_messenger import KINDS, PSID, SENDERS, refusal


@KINDS
def test_tokens_and_proofs(http, kind):
    account, token = SENDERS[kind]
    body = {"recipient": {"id": PSID}, "message": {"text": "Hello"}}
    path = f"/v25.0/{account}/messages"
    assert refusal(http.post(path, body)) == (401, 190, 0)
    assert refusal(http.post(path, body, token="stranger")) == (401, 190, 0)
    assert refusal(http.post(path, body, token="whatsapp-token")) == (400, 100, 33)
    secret = {"facebook": b"page-secret", "instagram": b"instagram-secret"}[kind]
    proof = hmac.new(secret, token.encode(), hashlib.sha256).hexdigest()
    assert http.post(f"{path}?appsecret_proof={proof}", body, token=token).status == 200
    assert refusal(http.post(f"{path}?appsecret_proof=0", body, token=token)) == (400, 100, 0)


def test_profiles_are_told_of_those_who_wrote(http):
    written = {"from": PSID, "name": "Mei Lin", "text": "hi"}
    http.post("/_sandbox/inbound", {"channel": "facebook", **written})
    http.post("/_sandbox/inbound", {"channel": "instagram", **written})
    page = http.get(f"/v25.0/{PSID}?fields=first_name,last_name,name,profile_pic", token="page-token").json()
    assert page == {"first_name": "Mei", "last_name": "Lin", "name": "Mei Lin", "id": PSID}
    instagram = http.get(f"/v25.0/{PSID}?fields=name,username", token="instagram-token").json()
    assert instagram == {"name": "Mei Lin", "username": f"person.{PSID[-6:]}", "id": PSID}
    assert http.get("/v25.0/5555502?fields=name", token="page-token").status == 400
    http.post("/_sandbox/inbound", {"channel": "facebook", "from": PSID, "action": "block"})
    assert refusal(http.get(f"/v25.0/{PSID}?fields=name", token="page-token")) == (400, 100, 33)


def test_connection_checks_answer(http):
    page, ig = PAGE["page_id"], INSTAGRAM["ig_id"]
    assert http.get(f"/v25.0/{page}?fields=name", token="page-token").json() == {
        "name": "Spring Shop",
        "id": page,
    }
    linked = http.get(f"/v25.0/{INSTAGRAM['page_id']}?fields=username", token="linked-page-token").json()
    assert linked == {"username": "spring.shop", "id": ig}
    me = http.get("/v25.0/me?fields=user_id,username", token="instagram-token").json()
    assert (me["user_id"], me["username"]) == (ig, "spring.shop")
    assert me["id"] != ig
    debug = http.get("/v25.0/debug_token?input_token=page-token", token="page-token").json()["data"]
    assert (debug["is_valid"], debug["granular_scopes"][0]["target_ids"]) == (True, [page])
