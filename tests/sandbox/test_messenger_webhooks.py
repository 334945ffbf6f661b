"""Webhooks of Pages and Instagram accounts, and what their customers do.

https://developers.facebook.com/docs/messenger-platform/webhooks
"""

import hashlib
import hmac

import pytest

from .conftest import INSTAGRAM, PAGE
from .test_messenger import KINDS, PSID, file_message, journal, send

IDS = {"facebook": PAGE["page_id"], "instagram": INSTAGRAM["ig_id"]}


def items(calls, key=""):
    found = [item for call in calls for entry in call.json()["entry"] for item in entry["messaging"]]
    return [item for item in found if not key or key in item]


def echoes(calls):
    return [item for item in items(calls, "message") if item["message"].get("is_echo")]


def inbound(http, kind, **what):
    answer = http.post("/_sandbox/inbound", {"channel": kind, "from": PSID, **what})
    assert answer.status == 200, answer.body
    return answer.json()


def test_a_page_hears_echo_delivery_and_read(http, page_webhooks):
    http.post("/_sandbox/scenario", {"read_share": 1})
    mid = send(http, message={"text": "春季 🌸", "metadata": "broadcaster:9.1.1"}).json()["message_id"]
    page_webhooks.wait(lambda calls: items(calls, "read"))
    (echo,) = echoes(page_webhooks.calls)
    at = echo["timestamp"]
    assert echo == {
        "sender": {"id": PAGE["page_id"]},
        "recipient": {"id": PSID},
        "timestamp": at,
        "message": {
            "mid": mid,
            "is_echo": True,
            "text": "春季 🌸",
            "app_id": 555000111222333,
            "metadata": "broadcaster:9.1.1",
        },
    }
    (delivery,) = items(page_webhooks.calls, "delivery")
    assert (delivery["sender"], delivery["delivery"]) == ({"id": PSID}, {"watermark": at, "mids": [mid]})
    (read,) = items(page_webhooks.calls, "read")
    assert (read["recipient"], read["read"]) == ({"id": PAGE["page_id"]}, {"watermark": at})
    assert journal(http)[0]["state"] == "read"


def test_what_was_read_later_covers_what_came_before(http, page_webhooks):
    http.post("/_sandbox/scenario", {"read_share": 0})
    send(http, message={"text": "first"})
    page_webhooks.wait(lambda calls: items(calls, "delivery"))
    http.post("/_sandbox/scenario", {"read_share": 1})
    send(http, message={"text": "second"})
    page_webhooks.wait(lambda calls: items(calls, "read"))
    assert [row["state"] for row in journal(http)] == ["read", "read"]


def test_an_instagram_account_hears_echo_and_seen_but_no_delivery(http, instagram_webhooks):
    http.post("/_sandbox/scenario", {"read_share": 1})
    mid = send(http, "instagram", {"text": "Hello", "metadata": "broadcaster:9.1.1"}).json()["message_id"]
    instagram_webhooks.wait(lambda calls: items(calls, "read"))
    (echo,) = echoes(instagram_webhooks.calls)
    assert echo["message"] == {"mid": mid, "is_echo": True, "text": "Hello"}
    assert items(instagram_webhooks.calls, "read")[0]["read"] == {"mid": mid}
    assert items(instagram_webhooks.calls, "delivery") == []


def test_instagram_may_bring_the_metadata_back(http, instagram_webhooks):
    http.post("/_sandbox/scenario", {"instagram_metadata": True})
    send(http, "instagram", {"text": "Hello", "metadata": "broadcaster:9.1.1"})
    instagram_webhooks.wait(echoes)
    assert echoes(instagram_webhooks.calls)[0]["message"]["metadata"] == "broadcaster:9.1.1"


@KINDS
def test_calls_are_signed_and_escaped(http, receiver, kind):
    account = {"facebook": PAGE, "instagram": INSTAGRAM}[kind]
    http.post("/_sandbox/accounts", {**account, "webhook_url": receiver.url})
    told = inbound(http, kind, text="有貨嗎？ 🌸")
    call = receiver.wait(lambda calls: calls)[0]
    secret = account["app_secret"].encode()
    wanted = "sha256=" + hmac.new(secret, call.body, hashlib.sha256).hexdigest()
    assert call.headers["x-hub-signature-256"] == wanted
    assert call.body.isascii()
    body = call.json()
    assert body["object"] == {"facebook": "page", "instagram": "instagram"}[kind]
    assert body["entry"][0]["id"] == IDS[kind]
    (item,) = body["entry"][0]["messaging"]
    assert (item["sender"], item["recipient"]) == ({"id": PSID}, {"id": IDS[kind]})
    assert item["message"] == {"mid": told["message_id"], "text": "有貨嗎？ 🌸"}


def test_deliveries_may_name_no_message(http, page_webhooks):
    http.post("/_sandbox/scenario", {"delivery_mids": 0})
    send(http)
    page_webhooks.wait(lambda calls: items(calls, "delivery"))
    assert set(items(page_webhooks.calls, "delivery")[0]["delivery"]) == {"watermark"}


def test_copies_in_disorder_say_the_same(http, page_webhooks):
    http.post(
        "/_sandbox/scenario",
        {"webhook_duplicates": 2, "webhook_shuffle": True, "read_share": 1, "webhook_batch": 7},
    )
    for n in range(10):
        send(http, message={"text": str(n)})
    page_webhooks.wait(lambda calls: len(items(calls)) >= 90)
    for told in (echoes(page_webhooks.calls), items(page_webhooks.calls, "delivery")):
        assert (len(told), len({str(item) for item in told})) == (30, 10)


@pytest.mark.parametrize(("ending", "echoed"), [("0000", True), ("0999", False)])
def test_people_from_whom_little_or_nothing_is_heard(http, page_webhooks, ending, echoed):
    fated = "74125896" + ending
    assert send(http, to=fated).status == 200
    assert send(http, to=PSID).status == 200
    page_webhooks.wait(lambda calls: items(calls, "delivery"))
    heard = [
        item
        for item in items(page_webhooks.calls)
        if fated in (item["sender"]["id"], item["recipient"]["id"])
    ]
    assert len(heard) == echoed
    assert len(journal(http, fated)) == echoed


@KINDS
def test_only_subscribed_fields_are_told(http, receiver, kind):
    account = {"facebook": PAGE, "instagram": INSTAGRAM}[kind]
    http.post("/_sandbox/accounts", {**account, "webhook_url": receiver.url})
    path, token = f"/v25.0/{IDS[kind]}/subscribed_apps", account["access_token"]
    seen = {"facebook": "message_reads", "instagram": "messaging_seen"}[kind]
    assert http.post(f"{path}?subscribed_fields={seen}", token=token).json() == {"success": True}
    assert http.get(path, token=token).json()["data"][0]["subscribed_fields"] == [seen]
    send(http, kind)
    inbound(http, kind, text="unheard")
    inbound(http, kind, action="seen")
    (item,) = receiver.wait(lambda calls: items(calls))
    assert "read" in item
    assert http.post(f"{path}?subscribed_fields=gossip", token=token).status == 400
    assert http.call("DELETE", path, token=token).json() == {"success": True}
    assert http.get(path, token=token).json() == {"data": []}


@KINDS
def test_pictures_of_customers_can_be_fetched_by_anybody(http, sandbox, receiver, kind):
    account = {"facebook": PAGE, "instagram": INSTAGRAM}[kind]
    http.post("/_sandbox/accounts", {**account, "webhook_url": receiver.url})
    inbound(http, kind, media={"mime": "image/png", "base64": "iVBORw0KGgo=", "name": "a.png"})
    (item,) = receiver.wait(items)
    (attachment,) = item["message"]["attachments"]
    url = attachment["payload"]["url"]
    assert (attachment["type"], url.startswith(sandbox)) == ("image", True)
    answer = http.get(url.removeprefix(sandbox))
    assert (answer.body, answer.headers["content-type"]) == (b"\x89PNG\r\n\x1a\n", "image/png")


@KINDS
def test_customers_react_tap_and_see(http, receiver, kind):
    account = {"facebook": PAGE, "instagram": INSTAGRAM}[kind]
    http.post("/_sandbox/accounts", {**account, "webhook_url": receiver.url})
    http.post("/_sandbox/scenario", {"read_share": 0})
    button = {"type": "postback", "title": "Keep it", "payload": "keep"}
    template = send(
        http, kind, file_message("template", template_type="button", text="Keep it?", buttons=[button])
    ).json()["message_id"]
    reply = {"content_type": "text", "title": "Red", "payload": "red"}
    asked = send(http, kind, {"text": "Colour?", "quick_replies": [reply]}).json()["message_id"]
    inbound(http, kind, action="button", text="Keep it", payload="keep", context=template)
    inbound(http, kind, action="button", text="Red", payload="red", context=asked)
    inbound(http, kind, action="react", context=asked)
    inbound(http, kind, action="unreact", context=asked)
    inbound(http, kind, action="seen")
    receiver.wait(lambda calls: items(calls, "read") and len(items(calls, "reaction")) == 2)
    (postback,) = [item["postback"] for item in items(receiver.calls, "postback")]
    assert (postback["title"], postback["payload"]) == ("Keep it", "keep")
    (tapped,) = [i["message"] for i in items(receiver.calls, "message") if "quick_reply" in i["message"]]
    assert (tapped["text"], tapped["quick_reply"]) == ("Red", {"payload": "red"})
    reactions = sorted(
        (item["reaction"] for item in items(receiver.calls, "reaction")), key=len, reverse=True
    )
    assert reactions[0] == {"mid": asked, "action": "react", "reaction": "love", "emoji": "❤"}
    assert reactions[1] == {"mid": asked, "action": "unreact"}
    (read,) = items(receiver.calls, "read")
    assert ("watermark" in read["read"], read["read"].get("mid")) == (
        kind == "facebook",
        asked if kind == "instagram" else None,
    )
    assert {row["state"] for row in journal(http)} == {"read"}


def test_a_reaction_opens_the_window_of_a_page_only(http):
    for kind, wanted in (("facebook", 200), ("instagram", 403)):
        people = [{"address": PSID, "last_inbound_at": 1_700_000_000}]
        mid = send(http, kind).json()["message_id"]
        http.post("/_sandbox/people", {"account": IDS[kind], "people": people})
        assert send(http, kind).status == 403
        inbound(http, kind, action="react", context=mid)
        assert send(http, kind).status == wanted


def test_instagrams_customers_take_messages_back(http, instagram_webhooks):
    mid = inbound(http, "instagram", text="oops")["message_id"]
    inbound(http, "instagram", action="unsend", context=mid)
    instagram_webhooks.wait(lambda calls: len(items(calls)) == 2)
    assert {"mid": mid, "is_deleted": True} in [item["message"] for item in items(instagram_webhooks.calls)]
    refused = http.post(
        "/_sandbox/inbound", {"channel": "facebook", "from": PSID, "action": "unsend", "context": mid}
    )
    assert refused.status == 400


@KINDS
def test_any_name_stands_for_a_person_without_a_fate(http, kind):
    person = inbound(http, kind, **{"from": "林美玲", "text": "hi"})["person"]
    assert person.isdigit()
    assert send(http, kind, to=person).status == 200


@KINDS
@pytest.mark.parametrize(
    "what", [{"action": "react"}, {"action": "follow"}, {"action": "stop"}, {"text": ""}]
)
def test_impossible_acts_are_refused(http, kind, what):
    assert http.post("/_sandbox/inbound", {"channel": kind, "from": PSID, **what}).status == 400
