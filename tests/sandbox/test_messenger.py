"""Sending as a Page or an Instagram account: what is accepted, and every refusal with its code and subcode.

https://developers.facebook.com/docs/messenger-platform/reference/send-api
https://developers.facebook.com/docs/messenger-platform/error-codes
"""

import asyncio
import json
import time
import urllib.parse

import pytest

from sandbox.app import Sandbox
from sandbox.http import Request
from sandbox.limits import Buckets

from .conftest import INSTAGRAM, PAGE, Reply

PSID = "7412589630147853"
SENDERS = {"facebook": (PAGE["page_id"], "page-token"), "instagram": (INSTAGRAM["ig_id"], "instagram-token")}
KINDS = pytest.mark.parametrize("kind", ["facebook", "instagram"])


def send(http, kind="facebook", message=None, *, to=PSID, **more):
    account, token = SENDERS[kind]
    body = {"recipient": {"id": to}, "message": {"text": "Hello"} if message is None else message, **more}
    return http.post(f"/v25.0/{account}/messages", body, token=token)


def refusal(answer):
    error = answer.json()["error"]
    return answer.status, error["code"], error.get("error_subcode", 0)


def journal(http, recipient=PSID):
    return http.get(f"/_sandbox/journal?recipient={recipient}").json()["results"]


def file_message(kind, **payload):
    return {"attachment": {"type": kind, "payload": payload or {"url": f"https://shop.test/a.{kind}"}}}


@KINDS
def test_a_text_is_accepted_and_stands_in_the_journal(http, kind):
    answer = send(http, kind, {"text": "春季特賣 🌸"})
    told = answer.json()
    assert (answer.status, told["recipient_id"]) == (200, PSID)
    assert told["message_id"].startswith({"facebook": "m_", "instagram": "aWdf"}[kind])
    (row,) = journal(http)
    assert (row["channel"], row["id"], row["body"]) == (kind, told["message_id"], {"text": "春季特賣 🌸"})
    assert answer.headers["facebook-api-version"] == "v25.0"


def test_metadata_names_attempt_and_part(http):
    for attempt in ("1", "2"):
        send(http, message={"text": "Hello", "metadata": f"broadcaster:9021.1.{attempt}"})
    first, again = journal(http)
    assert (first["attempt"], first["part"], first["body"]) == ("broadcaster:9021.1.1", 1, {"text": "Hello"})
    assert again["attempt"] == "broadcaster:9021.1.2"
    assert http.get("/_sandbox/summary").json()["duplicates"] == 1


def test_published_ways_to_write_a_request_are_all_taken(http):
    """JSON with the token in the address or the body, and a form whose objects are JSON in text."""
    page = PAGE["page_id"]
    recipient, message = {"id": PSID}, {"text": "hello, world!"}
    plain = {"recipient": recipient, "messaging_type": "RESPONSE", "message": message}
    answers = [http.post(f"/v25.0/{page}/messages?access_token=page-token", plain)]
    answers.append(http.post("/v25.0/me/messages", {**plain, "access_token": "page-token"}))
    form = urllib.parse.urlencode(
        {"recipient": json.dumps(recipient), "message": json.dumps(message), "access_token": "page-token"}
    )
    kind = "application/x-www-form-urlencoded"
    answers.append(http.post("/v25.0/me/messages", form.encode(), Content_Type=kind))
    assert [answer.status for answer in answers] == [200] * 3
    assert [row["body"] for row in journal(http)] == [message] * 3


def test_with_facebook_login_instagram_is_written_to_under_the_page(http):
    body = {"recipient": {"id": PSID}, "message": {"text": "Hello"}}
    for node in (INSTAGRAM["page_id"], "me"):
        assert http.post(f"/v25.0/{node}/messages", body, token="linked-page-token").status == 200
    assert {row["account"] for row in journal(http)} == {INSTAGRAM["ig_id"]}
    foreign = http.post(f"/v25.0/{INSTAGRAM['ig_id']}/messages", body, token="linked-page-token")
    assert refusal(foreign) == (400, 100, 33)


def test_one_page_serves_both_kinds_of_people(http):
    page = PAGE["page_id"]
    http.post("/_sandbox/accounts", {**INSTAGRAM, "page_id": page})
    http.post("/_sandbox/people", {"account": INSTAGRAM["ig_id"], "people": [{"igsid": "55555001"}]})
    for to in ("55555001", PSID):
        body = {"recipient": {"id": to}, "message": {"text": "Hello"}}
        assert http.post(f"/v25.0/{page}/messages", body, token="page-token").status == 200
    assert [journal(http, to)[0]["channel"] for to in ("55555001", PSID)] == ["instagram", "facebook"]


@pytest.mark.parametrize(
    ("kind", "length", "status"),
    [
        ("facebook", "x" * 1999, 200),
        ("facebook", "x" * 2000, 400),
        ("facebook", "🍎" * 999, 200),
        ("facebook", "🍎" * 1000, 400),
        ("instagram", "x" * 1000, 200),
        ("instagram", "x" * 1001, 400),
        ("instagram", "字" * 333, 200),
        ("instagram", "字" * 334, 400),
        ("instagram", "🍎" * 250, 200),
        ("instagram", "🍎" * 251, 400),
    ],
)
def test_texts_are_counted_as_each_platform_counts(http, kind, length, status):
    answer = send(http, kind, {"text": length})
    assert answer.status == status
    if status == 400:
        assert refusal(answer) == (400, 100, 0)
        assert answer.json()["error"]["message"].startswith("(#100) Length of param message[text]")


NEITHER = (100, 2534015)


@pytest.mark.parametrize(
    ("message", "page", "instagram"),
    [
        ({}, (100, 2018034), (100, 2018034)),
        ({"text": " \n"}, (100, 2018034), (100, 2018034)),
        ({"text": "a", **file_message("image")}, (100, 0), NEITHER),
        (file_message("sculpture"), (100, 0), NEITHER),
        (file_message("image", url="https://a.test/a", attachment_id="1"), (100, 0), (100, 0)),
        (file_message("image", url="http://shop.test/a.jpg"), (100, 2018008), (100, 2018008)),
        (file_message("image", url="ftp://shop.test/a.jpg"), (100, 2018008), (100, 2018008)),
        (file_message("image", attachment_id="404"), (100, 2018074), (100, 2018074)),
        ({"attachments": [file_message("video")["attachment"]]}, (100, 0), NEITHER),
        ({"attachments": [file_message("image")["attachment"]] * 31}, (100, 0), NEITHER),
        ({"attachments": [file_message("image")["attachment"]] * 11}, None, NEITHER),
        ({"sticker_id": "369239263222822"}, None, NEITHER),
        ({"attachment": {"type": "like_heart"}}, (100, 0), None),
        ({"attachment": {"type": "MEDIA_SHARE", "payload": {"id": "17900000000000001"}}}, (100, 0), None),
        ({"attachment": {"type": "MEDIA_SHARE", "payload": {"id": "mine"}}}, (100, 0), NEITHER),
        ({"text": "a", "metadata": "x" * 1000}, (100, 0), (100, 0)),
        ({"text": "a", "quick_replies": []}, (100, 0), (100, 0)),
        (
            {"text": "a", "quick_replies": [{"content_type": "text", "title": "x" * 21, "payload": "p"}]},
            (100, 0),
            (100, 0),
        ),
        (
            {"text": "a", "quick_replies": [{"content_type": "text", "title": "x", "payload": "p" * 1001}]},
            (100, 0),
            (100, 0),
        ),
        ({"text": "a", "quick_replies": [{"content_type": "user_email"}]}, None, (100, 0)),
        (
            {
                "text": "a",
                "quick_replies": [{"content_type": "text", "title": "x", "payload": "p"}] * 14,
            },
            (100, 0),
            (100, 0),
        ),
        (file_message("template", template_type="poster"), (100, 0), (100, 0)),
        (file_message("template", template_type="generic", elements=[]), (194, 0), (194, 0)),
        (
            file_message("template", template_type="generic", elements=[{"title": "a"}] * 11),
            (105, 0),
            (105, 0),
        ),
        (file_message("template", template_type="button", text="a", buttons=[]), (194, 0), (194, 0)),
        (
            file_message("template", template_type="button", text="a", buttons=[{"type": "postback"}]),
            (100, 0),
            (100, 0),
        ),
    ],
)
def test_messages_that_are_not_taken(http, message, page, instagram):
    for kind, wanted in (("facebook", page), ("instagram", instagram)):
        answer = send(http, kind, message)
        assert (refusal(answer) if answer.status != 200 else None) == (wanted and (400, *wanted)), kind


@pytest.mark.parametrize(
    ("changes", "page", "instagram"),
    [
        ({"recipient": None}, (100, 0), (100, 0)),
        ({"recipient": {}}, (100, 0), (100, 0)),
        ({"recipient": {"id": PSID, "user_ref": "a"}}, (100, 0), (100, 0)),
        ({"recipient": {"comment_id": "1"}}, (100, 0), (100, 0)),
        ({"recipient": {"id": "mei.lin"}}, (100, 2018001), (100, 2534014)),
        ({"messaging_type": "HELLO"}, (100, 0), (100, 0)),
        ({"messaging_type": "MESSAGE_TAG"}, (100, 0), (100, 0)),
        ({"messaging_type": "MESSAGE_TAG", "tag": "ACCOUNT_UPDATE"}, (100, 0), (100, 0)),
        ({"messaging_type": "MESSAGE_TAG", "tag": "CONFIRMED_EVENT_UPDATE"}, (100, 0), (100, 0)),
        ({"messaging_type": "MESSAGE_TAG", "tag": "POST_PURCHASE_UPDATE"}, (100, 0), (100, 0)),
        ({"notification_type": "LOUD"}, (100, 0), (100, 0)),
        ({"reply_to": "m_1"}, (100, 0), (100, 0)),
        ({"sender_action": "typing_on"}, (100, 2018014), (100, 2018014)),
    ],
)
def test_requests_that_are_not_taken(http, changes, page, instagram):
    for kind, wanted in (("facebook", page), ("instagram", instagram)):
        assert refusal(send(http, kind, **changes)) == (400, *wanted), kind
    assert journal(http) == []


@KINDS
@pytest.mark.parametrize("message", [{"attachment": {"type": "image"}}, {"attachment": "a.jpg"}])
def test_an_attachment_must_be_an_object_with_a_payload(http, kind, message):
    assert refusal(send(http, kind, message))[:2] == (400, 100)


@KINDS
def test_actions_of_the_sender_write_nothing(http, kind):
    account, token = SENDERS[kind]
    mid = send(http, kind).json()["message_id"]
    react = {"sender_action": "react", "payload": {"message_id": mid, "reaction": "❤️"}}
    for action in ({"sender_action": "typing_on"}, {"sender_action": "mark_seen"}, react):
        answer = http.post(f"/v25.0/{account}/messages", {"recipient": {"id": PSID}, **action}, token=token)
        assert (answer.status, answer.json()) == (200, {"recipient_id": PSID})
    assert len(journal(http)) == 1
    for action, subcode in (({"sender_action": "dance"}, 0), ({"sender_action": "react"}, 2018048)):
        answer = http.post(f"/v25.0/{account}/messages", {"recipient": {"id": PSID}, **action}, token=token)
        assert refusal(answer) == (400, 100, subcode)


@KINDS
def test_the_window_and_the_human_agent(http, kind):
    account, now = SENDERS[kind][0], time.time()
    day = 24 * 3600
    people = {"10000001": now - day + 60, "10000002": now - day - 60, "10000003": now - 7 * day - 60}
    described = [{"address": address, "last_inbound_at": at} for address, at in people.items()]
    http.post("/_sandbox/people", {"account": account, "people": described})
    late = {"messaging_type": "MESSAGE_TAG", "tag": "HUMAN_AGENT"}
    plain = [send(http, kind, to=address).status for address in people]
    tagged = [send(http, kind, to=address, **late).status for address in people]
    assert (plain, tagged) == ([200, 403, 403], [200, 200, 403])
    closed = {"facebook": 2018278, "instagram": 2534022}[kind]
    assert refusal(send(http, kind, to="10000002")) == (403, 10, closed)
    http.post("/_sandbox/inbound", {"channel": kind, "from": "10000002", "text": "hi"})
    assert send(http, kind, to="10000002").status == 200


@pytest.mark.parametrize(
    ("ending", "page", "instagram"),
    [
        ("26", (403, 10, 2018108), (400, 551, 0)),
        ("47", (403, 10, 2018278), (403, 10, 2534022)),
        ("49", (400, 551, 1545041), (400, 551, 1545041)),
        ("50", (403, 10, 1893015), (400, 551, 1545041)),
        ("72", (400, 100, 2018001), (400, 100, 2534014)),
        ("0429", (429, 613, 0), (429, 613, 2534040)),
    ],
)
def test_people_with_a_fate(http, ending, page, instagram):
    to = "74125896" + ending
    assert refusal(send(http, to=to)) == page
    assert refusal(send(http, "instagram", to=to)) == instagram
    assert journal(http, to) == []
    http.post("/_sandbox/scenario", {"magic_numbers": False})
    assert send(http, to=to).status == 200


@pytest.mark.parametrize(
    ("outcome", "wanted"),
    [
        ("blocked", (400, 551, 1545041)),
        ("deleted", (400, 100, 2018001)),
        ("media_error", (400, 100, 2018008)),
        ("10/1893063", (403, 10, 1893063)),
        ("2018300", (400, 2018300, 0)),
        ("200/1545041", (403, 200, 1545041)),
        ("1200", (500, 1200, 0)),
        ("368", (400, 368, 0)),
        ("2", (500, 2, 0)),
        ("1/1357046", (500, 1, 1357046)),
    ],
)
def test_an_outcome_by_name_or_code(http, outcome, wanted):
    http.post("/_sandbox/scenario", {"recipients": {PSID: outcome}})
    assert refusal(send(http)) == wanted
    assert journal(http) == []


def test_patience_ends_a_throttled_person(http):
    answers = [send(http, to="741258960429").status for _ in range(4)]
    assert answers == [429, 429, 429, 200]


def test_what_fails_after_it_was_sent_stands_in_the_journal(http):
    http.post("/_sandbox/scenario", {"recipients": {PSID: "sent_with_error"}})
    assert refusal(send(http)) == (500, 1, 1357046)
    assert len(journal(http)) == 1
    hanging = "741258960504"
    page, token = SENDERS["facebook"]
    with pytest.raises(TimeoutError):
        body = {"recipient": {"id": hanging}, "message": {"text": "Hello"}}
        http.post(f"/v25.0/{page}/messages", body, token=token, timeout=0.5)
    assert len(journal(http, hanging)) == 1


def test_a_bare_500_delivers_nothing(http):
    answer = send(http, to="741258960500")
    assert (answer.status, answer.headers["content-type"]) == (500, "text/html")
    assert journal(http, "741258960500") == []


@KINDS
def test_a_person_of_another_account_is_unknown_here(http, kind):
    other = {"facebook": {**PAGE, "page_id": "104857600054321"}, "instagram": {**INSTAGRAM, "ig_id": "17841"}}
    tokens = (
        {"access_token": "other-token", "page_token": "other-page-token"}
        if kind == "instagram"
        else {"access_token": "other-token"}
    )
    described = {**other[kind], **tokens, "people": [{"address": "60000001"}]}
    assert http.post("/_sandbox/accounts", described).status == 200
    subcode = {"facebook": 2018001, "instagram": 2534014}[kind]
    assert refusal(send(http, kind, to="60000001")) == (400, 100, subcode)


@KINDS
def test_a_blocking_person_is_out_of_reach(http, kind):
    http.post("/_sandbox/inbound", {"channel": kind, "from": PSID, "action": "block"})
    assert refusal(send(http, kind)) == (400, 551, 1545041)
    http.post("/_sandbox/inbound", {"channel": kind, "from": PSID, "action": "unblock"})
    assert send(http, kind).status == 200


@pytest.mark.parametrize(
    ("kind", "message", "ceiling", "wanted"),
    [
        ("facebook", {"text": "a"}, 300, (429, 613, 0)),
        ("facebook", file_message("video"), 10, (429, 613, 0)),
        ("facebook", file_message("audio"), 10, (429, 613, 0)),
        ("instagram", {"text": "a"}, 100, (429, 613, 2534040)),
        ("instagram", file_message("video"), 10, (429, 613, 2534040)),
    ],
)
def test_ceilings_can_be_switched_off(kind, message, ceiling, wanted):
    seconds = 0.0  # the hands of the clock are ours, so that no machine is too slow to reach the ceiling
    sandbox = Sandbox()
    sandbox.world.buckets = Buckets(lambda: seconds)

    def post(path, body, **headers):
        request = Request("POST", path, "", headers, json.dumps(body).encode())
        answer = sandbox.handle(request)
        return Reply(answer.status, answer.headers, answer.body)

    def send():
        account, token = SENDERS[kind]
        body = {"recipient": {"id": PSID}, "message": message}
        return post(f"/v25.0/{account}/messages", body, authorization=f"Bearer {token}")

    async def prove():
        nonlocal seconds
        assert post("/_sandbox/accounts", {"facebook": PAGE, "instagram": INSTAGRAM}[kind]).status == 200
        assert {send().status for _ in range(ceiling)} == {200}
        assert refusal(send()) == wanted
        seconds = 1 / ceiling
        assert [send().status for _ in range(2)] == [200, 429]
        post("/_sandbox/scenario", {"rate_limits": False})
        assert {send().status for _ in range(20)} == {200}

    asyncio.run(prove())


@KINDS
def test_the_scenario_throttles_and_breaks_accounts(http, kind):
    account = SENDERS[kind][0]
    http.post("/_sandbox/scenario", {"accounts": {account: {"throttle_rate": 1}}})
    assert refusal(send(http, kind)) == (429, 613, {"facebook": 0, "instagram": 2534040}[kind])
    http.post("/_sandbox/scenario", {"accounts": {account: {"throttle_rate": 0, "account_error": 80006}}})
    answer = send(http, kind)
    assert refusal(answer) == (429, 80006, 0)
    usage = json.loads(answer.headers["x-business-use-case-usage"])[account][0]
    assert usage["estimated_time_to_regain_access"] == 1
    http.post("/_sandbox/scenario", {"accounts": {account: {"account_error": 0, "token_revoked": True}}})
    assert refusal(send(http, kind)) == (401, 190, 467)


def test_refusals_look_like_metas(http):
    error = send(http, to="7412589647").json()["error"]
    trace = error.pop("fbtrace_id")
    assert trace
    assert error == {
        "message": "(#10) This message is sent outside of allowed window.",
        "type": "OAuthException",
        "code": 10,
        "error_subcode": 2018278,
    }
    assert send(http, "instagram", to="7412589647").json()["error"]["type"] == "IGApiException"
