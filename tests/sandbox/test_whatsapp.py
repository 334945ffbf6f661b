"""The WhatsApp side answers as https://developers.facebook.com/docs/whatsapp/cloud-api says."""

import hashlib
import time

import pytest

TOKEN = "whatsapp-token"
NUMBER = "106500700800900"
WABA = "104511220033445"
MEI = "+886912000111"


def send(http, content, *, to=MEI, opaque="", **more):
    body = {"messaging_product": "whatsapp", "to": to, **content}
    if opaque:
        body["biz_opaque_callback_data"] = opaque
    return http.post(f"/v25.0/{NUMBER}/messages", body, token=more.pop("token", TOKEN), **more)


def text(body="Hello"):
    return {"type": "text", "text": {"body": body}}


def journal(http, recipient=MEI):
    return http.get(f"/_sandbox/journal?recipient={recipient.replace('+', '%2B')}").json()["results"]


def upload(http, data=b"\xff\xd8\xff picture", mime="image/jpeg"):
    boundary = "----b0undary"
    fields = {"messaging_product": "whatsapp", "type": mime}
    parts = [
        f'--{boundary}\r\ncontent-disposition: form-data; name="{k}"\r\n\r\n{v}\r\n'
        for k, v in fields.items()
    ]
    parts.append(
        f'--{boundary}\r\ncontent-disposition: form-data; name="file"; filename="a.jpg"\r\ncontent-type: {mime}\r\n\r\n'
    )
    body = "".join(parts).encode() + data + f"\r\n--{boundary}--\r\n".encode()
    return http.post(
        f"/v25.0/{NUMBER}/media", body, token=TOKEN, Content_Type=f"multipart/form-data; boundary={boundary}"
    )


def statuses(calls):
    return [
        status
        for call in calls
        for entry in call.json()["entry"]
        for change in entry["changes"]
        for status in change["value"].get("statuses", [])
    ]


def test_a_text_is_accepted_and_stands_in_the_journal(http):
    answer = send(http, text(), opaque="9.1.1")
    assert answer.status == 200
    body = answer.json()
    assert body["contacts"] == [{"input": MEI, "wa_id": "886912000111"}]
    assert body["messages"][0]["id"].startswith("wamid.")
    (row,) = journal(http)
    assert (row["attempt"], row["part"], row["body"]) == ("9.1.1", 1, text())
    assert row["id"] == body["messages"][0]["id"]


@pytest.mark.parametrize(
    "content",
    [
        {"text": {"body": "text is the usual kind"}},
        {"type": "image", "image": {"link": "https://shop.test/a.jpg", "caption": "New"}},
        {"type": "video", "video": {"link": "https://shop.test/a.mp4"}},
        {"type": "audio", "audio": {"link": "https://shop.test/a.mp3"}},
        {"type": "document", "document": {"link": "https://shop.test/a.pdf", "filename": "a.pdf"}},
        {"type": "sticker", "sticker": {"link": "https://shop.test/a.webp"}},
        {"type": "location", "location": {"latitude": "25.03", "longitude": 121.56}},
        {"type": "contacts", "contacts": [{"name": {"formatted_name": "Mei Lin", "first_name": "Mei"}}]},
        {
            "type": "interactive",
            "interactive": {
                "type": "button",
                "body": {"text": "Keep it?"},
                "action": {"buttons": [{"type": "reply", "reply": {"id": "y", "title": "Yes"}}]},
            },
        },
        {
            "type": "interactive",
            "interactive": {
                "type": "list",
                "body": {"text": "Choose"},
                "action": {"button": "Sizes", "sections": [{"rows": [{"id": "s", "title": "Small"}]}]},
            },
        },
    ],
)
def test_free_form_kinds_are_accepted(http, content):
    assert send(http, content).status == 200


def button(**changes):
    reply = {"id": "y", "title": "Yes", **changes}
    return {
        "type": "button",
        "body": {"text": "?"},
        "action": {"buttons": [{"type": "reply", "reply": reply}]},
    }


@pytest.mark.parametrize(
    ("content", "code", "details"),
    [
        ({"type": "text", "text": {"body": ""}}, 131008, "The parameter text['body'] is required."),
        ({"type": "text"}, 131008, "The parameter text is required."),
        (
            {"type": "text", "text": {"body": "x" * 4097}},
            100,
            "Param text['body'] must be at most 4096 characters long.",
        ),
        ({"type": "fax", "fax": {}}, 100, None),
        (
            {"type": "image", "image": {"id": "1", "link": "https://a.test/"}},
            100,
            "Param image must have exactly one of id and link.",
        ),
        ({"type": "image", "image": {"id": "12345"}}, 131009, None),
        ({"type": "audio", "audio": {"link": "https://a.test/", "caption": "no"}}, 100, None),
        ({"type": "image", "image": {"link": "https://a.test/", "caption": "x" * 1025}}, 100, None),
        ({"type": "location", "location": {"latitude": 91, "longitude": 0}}, 131009, None),
        ({"type": "contacts", "contacts": [{"name": {"formatted_name": "Mei"}}]}, 131009, None),
        ({"type": "reaction", "reaction": {"message_id": "17", "emoji": "👍"}}, 131009, None),
        (
            {"type": "interactive", "interactive": button(title="x" * 21)},
            131009,
            "Button title length invalid. Min length: 1, Max length: 20",
        ),
        (
            {"type": "interactive", "interactive": {**button(), "action": {"buttons": [{}] * 4}}},
            131009,
            "Invalid buttons count. Min allowed: 1, Max allowed: 3",
        ),
        ({"type": "text", "text": {"body": "x"}, "biz_opaque_callback_data": "x" * 513}, 100, None),
    ],
)
def test_a_wrong_message_is_refused(http, content, code, details):
    answer = send(http, content)
    assert answer.status == 400
    error = answer.json()["error"]
    assert error["code"] == code
    assert error["type"] == "OAuthException"
    assert error["message"].startswith(f"(#{code}) ")
    if details:
        assert error["error_data"] == {"messaging_product": "whatsapp", "details": details}
    assert journal(http) == []


def test_tokens_and_ids_are_checked_as_graph_does(http):
    assert send(http, text(), token="").json()["error"]["code"] == 190
    wrong = send(http, text(), token="stranger")
    assert (wrong.status, wrong.json()["error"]["code"]) == (401, 190)
    unknown = http.post("/v25.0/999/messages", {}, token=TOKEN)
    assert (unknown.status, unknown.json()["error"]["code"], unknown.json()["error"]["error_subcode"]) == (
        400,
        100,
        33,
    )
    http.post("/_sandbox/scenario", {"accounts": {NUMBER: {"token_revoked": True}}})
    assert send(http, text()).json()["error"]["error_subcode"] == 467


def test_an_account_that_cannot_pay_is_refused_at_once(http):
    http.post("/_sandbox/scenario", {"accounts": {NUMBER: {"account_error": 131042}}})
    assert send(http, text()).json()["error"]["code"] == 131042


def test_statuses_come_signed_with_the_opaque_id_and_pricing(http, whatsapp_webhooks):
    http.post("/_sandbox/scenario", {"read_share": 1})
    wamid = send(http, text(), opaque="7.2.1").json()["messages"][0]["id"]

    whatsapp_webhooks.wait(lambda calls: len(statuses(calls)) == 3)
    found = statuses(whatsapp_webhooks.calls)
    assert [status["status"] for status in found] == ["sent", "delivered", "read"]
    assert {status["id"] for status in found} == {wamid}
    assert {status["biz_opaque_callback_data"] for status in found} == {"7.2.1"}
    assert {status["recipient_id"] for status in found} == {"886912000111"}
    assert found[0]["pricing"] == {
        "billable": False,
        "pricing_model": "PMP",
        "type": "free_customer_service",
        "category": "service",
    }
    assert "pricing" not in found[2]
    (row,) = journal(http)
    assert row["state"] == "read"


@pytest.mark.parametrize(
    ("number", "code"),
    [
        ("+886912000126", 131026),
        ("+886912000147", 131047),
        ("+886912000149", 131049),
        ("+886912000172", 130472),
    ],
)
def test_some_numbers_fail_by_webhook(http, whatsapp_webhooks, number, code):
    assert send(http, text(), to=number, opaque="1.1.1").status == 200
    whatsapp_webhooks.wait(lambda calls: statuses(calls))
    (status,) = statuses(whatsapp_webhooks.calls)
    assert (status["status"], status["errors"][0]["code"]) == ("failed", code)
    assert status["biz_opaque_callback_data"] == "1.1.1"
    assert journal(http, number) == []


def test_an_opt_out_also_comes_as_preference(http, whatsapp_webhooks):
    send(http, text(), to="+886912000150")

    def preferences(calls):
        changes = [change for call in calls for entry in call.json()["entry"] for change in entry["changes"]]
        return [c["value"]["user_preferences"][0] for c in changes if c["field"] == "user_preferences"]

    (preference,) = whatsapp_webhooks.wait(preferences)
    assert (preference["value"], preference["wa_id"]) == ("stop", "886912000150")


def test_outcomes_can_be_named_per_recipient(http, whatsapp_webhooks):
    http.post("/_sandbox/scenario", {"recipients": {"+886912000111": "131030", "886912000126": "delivered"}})
    send(http, text())
    send(http, text(), to="+886912000126")
    whatsapp_webhooks.wait(lambda calls: len(statuses(calls)) >= 3)
    failed = [s for s in statuses(whatsapp_webhooks.calls) if s["status"] == "failed"]
    assert [(s["recipient_id"], s["errors"][0]["code"]) for s in failed] == [("886912000111", 131030)]


def test_a_throttled_number_gives_way_after_three_tries(http):
    answers = [send(http, text(), to="+886912000429") for _ in range(4)]
    assert [answer.status for answer in answers] == [429, 429, 429, 200]
    assert answers[0].json()["error"]["code"] == 130429


def test_a_server_error_is_no_json_and_nothing_arrives(http):
    answer = send(http, text(), to="+886912000500")
    assert answer.status == 500
    assert not answer.headers["content-type"].startswith("application/json")
    assert journal(http, "+886912000500") == []


def test_a_hanging_number_gets_the_message_all_the_same(http):
    with pytest.raises(TimeoutError):
        send(http, text(), to="+886912000504", timeout=0.5)
    assert len(journal(http, "+886912000504")) == 1


def test_the_window_of_a_registered_person_is_checked(http, whatsapp_webhooks):
    old, fresh = "886912000112", "886912000113"
    people = [
        {"phone": "+" + old, "last_inbound_at": time.time() - 86_500},
        {"phone": "+" + fresh, "last_inbound_at": time.time() - 3_600},
    ]
    http.post("/_sandbox/people", {"account": NUMBER, "people": people})
    for number in (old, fresh):
        assert send(http, text(), to="+" + number).status == 200
    whatsapp_webhooks.wait(lambda calls: len(statuses(calls)) >= 3)
    failed = [s for s in statuses(whatsapp_webhooks.calls) if s["status"] == "failed"]
    assert [(s["recipient_id"], s["errors"][0]["code"]) for s in failed] == [(old, 131047)]

    http.post("/_sandbox/inbound", {"channel": "whatsapp", "from": "+" + old, "text": "hi"})
    send(http, text("again"), to="+" + old)
    assert [row["body"]["text"]["body"] for row in journal(http, old)] == ["again"]


def test_the_pair_limit_refuses_the_forty_sixth_message(http):
    answers = [send(http, text(str(i))) for i in range(46)]
    assert [answer.status for answer in answers] == [200] * 45 + [400]
    assert answers[-1].json()["error"]["code"] == 131056


def test_a_business_scoped_id_stands_for_the_same_person(http, whatsapp_webhooks):
    http.post("/_sandbox/inbound", {"channel": "whatsapp", "from": MEI, "text": "hi"})
    call = whatsapp_webhooks.wait(lambda calls: calls)[0]
    user_id = call.json()["entry"][0]["changes"][0]["value"]["messages"][0]["from_user_id"]
    assert user_id.startswith("TW.")
    body = {"messaging_product": "whatsapp", "recipient": user_id, "type": "text", "text": {"body": "hello"}}
    answer = http.post(f"/v25.0/{NUMBER}/messages", body, token=TOKEN).json()
    assert answer["contacts"] == [{"input": user_id, "user_id": user_id}]
    assert len(journal(http)) == 1


def test_a_hidden_number_is_not_told(http, whatsapp_webhooks):
    http.post("/_sandbox/people", {"account": NUMBER, "people": [{"phone": MEI, "phone_hidden": True}]})
    http.post("/_sandbox/inbound", {"channel": "whatsapp", "from": MEI, "text": "hi"})
    value = whatsapp_webhooks.wait(lambda calls: calls)[0].json()["entry"][0]["changes"][0]["value"]
    assert "from" not in value["messages"][0]
    assert "wa_id" not in value["contacts"][0]


def test_media_can_be_uploaded_described_fetched_and_deleted(http, sandbox):
    data = b"\xff\xd8\xff\xe0 a picture\r\n\r\n--not the boundary"
    media_id = upload(http, data).json()["id"]
    described = http.get(f"/v25.0/{media_id}", token=TOKEN).json()
    assert described["mime_type"] == "image/jpeg"
    assert described["sha256"] == hashlib.sha256(data).hexdigest()
    path = described["url"].removeprefix(sandbox)
    assert http.get(path, token=TOKEN).body == data
    assert http.get(path).status == 401
    assert send(http, {"type": "image", "image": {"id": media_id}}).status == 200
    assert http.call("DELETE", f"/v25.0/{media_id}", token=TOKEN).json() == {"success": True}
    assert http.get(f"/v25.0/{media_id}", token=TOKEN).json()["error"]["code"] == 100


def test_unfit_media_is_refused(http, whatsapp_webhooks):
    assert upload(http, mime="image/svg+xml").json()["error"]["code"] == 100
    assert upload(http, b"x" * (5 * 1024 * 1024 + 1)).json()["error"]["code"] == 100
    media_id = upload(http).json()["id"]
    send(http, {"type": "video", "video": {"id": media_id}})
    whatsapp_webhooks.wait(lambda calls: statuses(calls))
    assert statuses(whatsapp_webhooks.calls)[0]["errors"][0]["code"] == 131053


def test_a_link_on_this_machine_is_fetched(http, whatsapp_webhooks):
    whatsapp_webhooks.files["/good.png"] = ("image/png", b"\x89PNG")
    for path in ("/good.png", "/gone.png"):
        send(http, {"type": "image", "image": {"link": whatsapp_webhooks.url + path}}, opaque=path)
    whatsapp_webhooks.wait(lambda calls: len(statuses(calls)) >= 3)
    failed = [s for s in statuses(whatsapp_webhooks.calls) if s["status"] == "failed"]
    assert [(s["biz_opaque_callback_data"], s["errors"][0]["code"]) for s in failed] == [
        ("/gone.png", 131053)
    ]
    assert [row["attempt"] for row in journal(http)] == ["/good.png"]


def test_connection_checks_answer(http):
    numbers = http.get(f"/v25.0/{WABA}/phone_numbers?fields=id,status,throughput", token=TOKEN).json()["data"]
    assert numbers == [{"id": NUMBER, "status": "CONNECTED", "throughput": {"level": "STANDARD"}}]
    debug = http.get(
        f"/v25.0/debug_token?input_token={TOKEN}", token="555000111222333|whatsapp-secret"
    ).json()["data"]
    assert debug["is_valid"]
    assert debug["granular_scopes"][0]["target_ids"] == [WABA]
    assert http.post(f"/v25.0/{WABA}/subscribed_apps", token=TOKEN).json() == {"success": True}
    registered = http.post(
        f"/v25.0/{NUMBER}/register", {"messaging_product": "whatsapp", "pin": "135790"}, token=TOKEN
    )
    assert registered.json() == {"success": True}


def test_an_override_address_must_answer_the_challenge(http, receiver):
    wanted = {"override_callback_uri": receiver.url + "/hook", "verify_token": "wrong"}
    refused = http.post(f"/v25.0/{WABA}/subscribed_apps", wanted, token=TOKEN)
    assert refused.json()["error"]["code"] == 2200
    accepted = http.post(
        f"/v25.0/{WABA}/subscribed_apps", {**wanted, "verify_token": "verify-me"}, token=TOKEN
    )
    assert accepted.json() == {"success": True}
    http.post("/_sandbox/inbound", {"channel": "whatsapp", "from": MEI, "text": "hi"})
    assert receiver.wait(lambda calls: calls)[0].path == "/hook"


def test_the_thousand_free_service_messages_are_followed_by_billed_ones(http, whatsapp_webhooks):
    http.post("/_sandbox/scenario", {"rate_limits": False, "magic_numbers": False, "read_share": 0})
    for i in range(1001):
        send(http, text(), to=f"+8869310{i:05d}", opaque=f"{i}.1.1")

    def sent(calls):
        found = {s["biz_opaque_callback_data"]: s for s in statuses(calls) if s["status"] == "sent"}
        return found if len(found) > 900 and "1000.1.1" in found else None

    assert whatsapp_webhooks.wait(sent)["1000.1.1"]["pricing"]["billable"]
