"""The LINE side answers as https://developers.line.biz/en/reference/messaging-api/ says."""

import uuid

import pytest

TOKEN = "line-token"
MEI = "U3f1c9a0be27d4485a1c2e5f6079b8d34"
AN = "U77aa00bb11cc22dd33ee44ff55006611"


def text(words="Hello"):
    return {"type": "text", "text": words}


def push(http, body, **headers):
    return http.post("/v2/bot/message/push", body, token=TOKEN, **headers)


def multicast(http, body, **headers):
    return http.post("/v2/bot/message/multicast", body, token=TOKEN, **headers)


def journal(http, recipient):
    return http.get(f"/_sandbox/journal?recipient={recipient}").json()["results"]


def test_push_reaches_the_person_with_ids_for_every_object(http):
    picture = {
        "type": "image",
        "originalContentUrl": "https://s.test/a.jpg",
        "previewImageUrl": "https://s.test/b.jpg",
    }
    answer = push(http, {"to": MEI, "messages": [text(), picture]})

    assert answer.status == 200
    assert uuid.UUID(answer.headers["x-line-request-id"])
    sent = answer.json()["sentMessages"]
    rows = journal(http, MEI)
    assert [row["body"] for row in rows] == [text(), picture]
    assert [row["id"] for row in rows] == [entry["id"] for entry in sent]
    assert all(entry["quoteToken"] for entry in sent)


def test_every_answer_has_a_request_id_of_its_own(http):
    first, second = push(http, {}), push(http, {})
    assert first.headers["x-line-request-id"] != second.headers["x-line-request-id"]


@pytest.mark.parametrize(
    ("body", "message", "details"),
    [
        ({"to": MEI}, "The request body has 1 error(s)", [("messages", "May not be empty")]),
        (
            {"to": MEI, "messages": []},
            "The request body has 1 error(s)",
            [("messages", "Size must be between 1 and 5")],
        ),
        (
            {"to": MEI, "messages": [text()] * 6},
            "The request body has 1 error(s)",
            [("messages", "Size must be between 1 and 5")],
        ),
        (
            {"to": MEI, "messages": [text(""), text("🍎" * 2501)]},
            "The request body has 2 error(s)",
            [
                ("messages[0].text", "May not be empty"),
                ("messages[1].text", "Length must be between 0 and 5000"),
            ],
        ),
        (
            {"to": MEI, "messages": [{"type": "image", "originalContentUrl": "http://shop.test/a.jpg"}]},
            "The request body has 2 error(s)",
            [
                ("messages[0].originalContentUrl", "Invalid URI scheme"),
                ("messages[0].previewImageUrl", "May not be empty"),
            ],
        ),
        (
            {"to": MEI, "messages": [{"type": "text", "text": "a", "emojis": [{"index": 0}]}]},
            "The request body has 1 error(s)",
            [("messages[0].emojis[0].index", "Must be the position of a $ in the text")],
        ),
        (
            {"to": "Uxyz", "messages": [text()]},
            "The property, to, in the request body is invalid (line: -, column: -)",
            [],
        ),
    ],
)
def test_a_wrong_body_is_refused_with_lines_words(http, body, message, details):
    answer = push(http, body)
    assert answer.status == 400
    problem = answer.json()
    assert problem["message"] == message
    assert [(d["property"], d["message"]) for d in problem.get("details", [])] == details
    assert journal(http, MEI) == []


def test_five_thousand_utf16_units_are_accepted(http):
    assert push(http, {"to": MEI, "messages": [text("🍎" * 2500)]}).status == 200


def test_an_unknown_kind_is_refused_with_the_known_ones(http):
    problem = push(http, {"to": MEI, "messages": [{"type": "file"}]}).json()
    assert problem["details"][0]["property"] == "messages[0].type"
    assert problem["details"][0]["message"].startswith("Must be one of the following values: [")


def test_bad_json_and_content_type_and_size(http):
    assert (
        push(http, b'{"to": ')
        .json()["message"]
        .startswith("The request body could not be parsed as JSON (line: 1,")
    )
    refused = push(http, b"to=1", Content_Type="application/x-www-form-urlencoded")
    assert (refused.status, refused.json()["message"]) == (
        415,
        "The content type, application/x-www-form-urlencoded, is not supported",
    )
    assert push(http, b'{"a": "' + b"x" * 2_100_000 + b'"}').status == 413


def test_tokens_are_checked(http):
    missing = http.post("/v2/bot/message/push", {"to": MEI, "messages": [text()]})
    wrong = http.post("/v2/bot/message/push", {"to": MEI, "messages": [text()]}, token="stranger")
    http.post("/_sandbox/scenario", {"accounts": {"1650000001": {"token_revoked": True}}})
    revoked = push(http, {"to": MEI, "messages": [text()]})

    assert [missing.status, wrong.status, revoked.status] == [401, 401, 401]
    assert wrong.json()["message"] == (
        "Authentication failed. Confirm that the access token in the authorization header is valid."
    )
    assert revoked.json()["message"].startswith("Authentication failed due to the following reason:")


def test_one_malformed_id_refuses_the_whole_multicast(http):
    answer = multicast(http, {"to": [MEI, "C" + "0" * 32], "messages": [text()]})
    assert (answer.status, answer.json()["message"]) == (
        400,
        "The property, to[1], in the request body is invalid (line: -, column: -)",
    )
    assert journal(http, MEI) == []


def test_multicast_takes_five_hundred_people(http):
    people = [f"U{i:032x}" for i in range(501)]
    assert multicast(http, {"to": people, "messages": [text()]}).status == 400
    assert multicast(http, {"to": people[:500], "messages": [text()]}).json() == {}
    assert http.get("/_sandbox/summary").json()["people"] == 500


def test_a_retry_key_is_accepted_once_and_its_answer_can_be_had_again(http):
    key, body = str(uuid.uuid4()), {"to": MEI, "messages": [text()]}
    first = push(http, body, X_Line_Retry_Key=key)
    again = push(http, body, X_Line_Retry_Key=key)

    assert again.status == 409
    assert again.headers["x-line-accepted-request-id"] == first.headers["x-line-request-id"]
    assert again.headers["x-line-request-id"] != first.headers["x-line-request-id"]
    assert again.json() == {"message": "The retry key is already accepted", **first.json()}
    assert [row["attempt"] for row in journal(http, MEI)] == [key]
    assert http.get("/_sandbox/summary").json()["duplicates"] == 0
    assert http.get("/_sandbox/summary").json()["changed_retries"] == 0
    push(http, {"to": MEI, "messages": [text("other")]}, X_Line_Retry_Key=key)
    assert http.get("/_sandbox/summary").json()["changed_retries"] == 1


def test_a_retry_key_older_than_its_life_sends_again(http):
    key, body = str(uuid.uuid4()), {"to": [MEI], "messages": [text()]}
    assert multicast(http, body, X_Line_Retry_Key=key).status == 200
    http.post("/_sandbox/scenario", {"retry_key_s": 0})
    assert multicast(http, body, X_Line_Retry_Key=key).status == 200
    assert http.get("/_sandbox/summary").json()["duplicates"] == 1


def test_a_refused_key_may_be_used_again(http):
    key = str(uuid.uuid4())
    assert push(http, {"to": MEI, "messages": []}, X_Line_Retry_Key=key).status == 400
    assert push(http, {"to": MEI, "messages": [text()]}, X_Line_Retry_Key=key).status == 200


def test_who_is_reached_depends_on_the_friendship(http):
    states = {
        f"U{i:032x}": s for i, s in enumerate(["friend", "blocked", "stranger", "recent", "deleted"], start=1)
    }
    http.post(
        "/_sandbox/people",
        {"account": "1650000001", "people": [{"user_id": u, "state": s} for u, s in states.items()]},
    )
    assert multicast(http, {"to": list(states), "messages": [text("all")]}).status == 200
    for user_id in states:
        assert push(http, {"to": user_id, "messages": [text("one")]}).status == 200

    reached = {state: [row["body"]["text"] for row in journal(http, user)] for user, state in states.items()}
    assert reached == {
        "friend": ["all", "one"],
        "blocked": [],
        "stranger": [],
        "recent": ["one"],
        "deleted": [],
    }
    profiles = {
        state: http.get(f"/v2/bot/profile/{user}", token=TOKEN).status for user, state in states.items()
    }
    assert profiles == {"friend": 200, "blocked": 404, "stranger": 200, "recent": 200, "deleted": 404}


def test_an_unknown_id_refuses_a_push(http):
    http.post("/_sandbox/scenario", {"line_unknown_ids": "refuse"})
    unknown = "U" + "f" * 32
    assert push(http, {"to": unknown, "messages": [text()]}).json()["message"] == "Failed to send messages"
    assert multicast(http, {"to": [MEI, unknown], "messages": [text()]}).status == 400


def test_the_monthly_quota_counts_people_and_refuses_the_rest(http, sandbox):
    http.post("/_sandbox/accounts", {"kind": "line", "channel_id": "1650000009", "access_token": "small",
                                     "channel_secret": "s", "bot_user_id": "U" + "9" * 32, "quota": 3})  # fmt: skip
    body = {"to": [MEI, AN], "messages": [text("a"), text("b")]}
    assert http.post("/v2/bot/message/multicast", body, token="small").status == 200
    refused = http.post("/v2/bot/message/multicast", body, token="small")

    assert (refused.status, refused.json()["message"]) == (429, "You have reached your monthly limit.")
    assert http.get("/v2/bot/message/quota", token="small").json() == {"type": "limited", "value": 3}
    assert http.get("/v2/bot/message/quota/consumption", token="small").json() == {"totalUsage": 2}
    assert http.get("/v2/bot/message/quota", token=TOKEN).json() == {"type": "none"}


def test_validation_does_not_send(http):
    assert http.post("/v2/bot/message/validate/multicast", {"messages": [text()]}, token=TOKEN).json() == {}
    assert http.post("/v2/bot/message/validate/push", {"messages": [text("")]}, token=TOKEN).status == 400
    assert http.get("/_sandbox/summary").json()["accepted"] == 0


def test_the_webhook_address_can_be_set_and_tested(http, receiver):
    path = "/v2/bot/channel/webhook/endpoint"
    assert http.get(path, token=TOKEN).status == 404
    assert http.call("PUT", path, {"endpoint": "http://elsewhere.test/hook"}, token=TOKEN).json() == {
        "message": "Invalid webhook endpoint URL"
    }
    assert http.call("PUT", path, {"endpoint": f"{receiver.url}/hook"}, token=TOKEN).status == 200
    assert http.get(path, token=TOKEN).json() == {"endpoint": f"{receiver.url}/hook", "active": True}

    receiver.statuses = [200, 500]
    good = http.post("/v2/bot/channel/webhook/test", token=TOKEN).json()
    bad = http.post("/v2/bot/channel/webhook/test", token=TOKEN).json()
    nobody = http.post(
        "/v2/bot/channel/webhook/test", {"endpoint": "http://127.0.0.1:9/hook"}, token=TOKEN
    ).json()
    assert (good["success"], good["reason"], good["statusCode"]) == (True, "OK", 200)
    assert (bad["success"], bad["reason"], bad["statusCode"]) == (False, "ERROR_STATUS_CODE", 500)
    assert (nobody["success"], nobody["reason"]) == (False, "COULD_NOT_CONNECT")
    assert receiver.calls[0].json() == {"destination": "Ub0c1d2e3f405162738495a6b7c8d9e0f", "events": []}


def test_a_rate_limit_refuses_and_can_be_switched_off(http):
    def ask():
        return http.post("/v2/bot/channel/webhook/test", {"endpoint": "not an address"}, token=TOKEN)

    answers = [ask() for _ in range(61)]  # 60 an hour
    assert [answer.status for answer in answers] == [400] * 60 + [429]
    assert answers[-1].json()["message"] == "The API rate limit has been exceeded. Try again later."
    http.post("/_sandbox/scenario", {"rate_limits": False})
    assert ask().status == 400


def test_reading_is_marked_with_the_token_of_a_message(http, line_webhooks):
    http.post("/_sandbox/inbound", {"channel": "line", "from": MEI, "text": "hi"})
    event = line_webhooks.wait(lambda calls: [e for call in calls for e in call.json()["events"]])[0]
    token = event["message"]["markAsReadToken"]
    assert http.post("/v2/bot/chat/markAsRead", {"markAsReadToken": token}, token=TOKEN).json() == {}
    assert http.post("/v2/bot/chat/markAsRead", {"markAsReadToken": "x"}, token=TOKEN).status == 400
