"""Templates at the sandbox: made, judged by webhook, changed, deleted, as Meta's documents say."""

import json
import urllib.request

import pytest

from .conftest import WHATSAPP

TOKEN = "whatsapp-token"
WABA = WHATSAPP["waba_id"]
TEMPLATES = f"/v25.0/{WABA}/message_templates"
BODY = {
    "type": "BODY",
    "text": "Hello {{1}}, your order is ready.",
    "example": {"body_text": [["Mei"]]},
}


def create(http, name="order_ready", *components, **more):
    body = {
        "name": name,
        "language": "en",
        "category": "UTILITY",
        "components": list(components) or [BODY],
        **more,
    }
    return http.post(TEMPLATES, body, token=TOKEN)


def look(http, name):
    return http.get(f"{TEMPLATES}?name={name}", token=TOKEN).json()["data"]


def verdicts(calls, name=""):
    return [
        (change["field"], change["value"].get("event"), change["value"].get("reason"))
        for call in calls
        for entry in call.json()["entry"]
        for change in entry["changes"]
        if change["value"].get("message_template_name", "").startswith(name)
    ]


def until(event):
    return lambda calls: any(found[1] == event for found in verdicts(calls)) and verdicts(calls)


@pytest.mark.parametrize(
    ("ending", "event", "reason"),
    [("ready", "APPROVED", "NONE"), ("reject", "REJECTED", "INVALID_FORMAT"), ("pause", "PAUSED", "NONE")],
)
def test_the_name_chooses_the_verdict(http, whatsapp_webhooks, ending, event, reason):
    answer = create(http, f"order_{ending}").json()
    assert answer["status"] == "PENDING"
    found = whatsapp_webhooks.wait(until(event))
    assert found[-1] == ("message_template_status_update", event, reason)
    assert look(http, f"order_{ending}")[0]["status"] == event
    entry = whatsapp_webhooks.calls[-1].json()["entry"][0]
    assert entry["id"] == WABA
    assert isinstance(entry["time"], int)
    assert entry["changes"][0]["value"]["message_template_id"] == int(answer["id"])


@pytest.mark.parametrize(
    ("components", "subcode"),
    [
        ([{"type": "FOOTER", "text": "Bye"}], 2388072),
        ([{"type": "BODY", "text": "x" * 1025}], 2388040),
        ([BODY | {"text": "{{1}}, your order is ready now"}], 2388299),
        ([BODY | {"text": "Hi {{1}} !"}], 2388293),
        ([{"type": "BODY", "text": BODY["text"]}], 2388072),
        ([BODY, {"type": "FOOTER", "text": "Bye {{1}}"}], 2388073),
        ([BODY, {"type": "HEADER", "format": "IMAGE"}], 2388047),
        (
            [BODY, {"type": "HEADER", "format": "IMAGE", "example": {"header_handle": ["4:invented"]}}],
            2388047,
        ),
    ],
)
def test_what_meta_refuses_is_refused_in_words_for_people(http, components, subcode):
    answer = create(http, "refused_pending", *components)
    error = answer.json()["error"]
    assert (answer.status, error["code"], error["error_subcode"]) == (400, 100, subcode)
    assert error["error_user_title"]
    assert error["error_user_msg"]


def test_names_are_taken_once_and_rest_after_deletion(http):
    create(http, "order_pending")
    assert create(http, "order_pending").json()["error"]["error_subcode"] == 2388024
    body = {"account": WABA, "name": "order_pending", "language": "en", "event": "APPROVED"}
    http.post("/_sandbox/templates", body)
    assert http.call("DELETE", f"{TEMPLATES}?name=order_pending", token=TOKEN).json() == {"success": True}
    assert look(http, "order_pending") == []
    assert create(http, "order_pending").json()["error"]["error_subcode"] == 2388023


def test_an_approved_template_is_edited_once_a_day(http):
    template_id = create(http, "order_pending").json()["id"]
    body = {"account": WABA, "name": "order_pending", "language": "en", "event": "APPROVED"}
    edit = {"components": [{"type": "BODY", "text": "Hello again"}]}
    http.post("/_sandbox/templates", body)
    assert http.post(f"/v25.0/{template_id}", edit, token=TOKEN).json()["success"] is True
    assert look(http, "order_pending")[0]["status"] == "PENDING"
    http.post("/_sandbox/templates", body)
    assert http.post(f"/v25.0/{template_id}", edit, token=TOKEN).status == 400


def test_a_utility_template_that_promotes_counts_as_marketing(http):
    answer = create(http, "sale_pending", {"type": "BODY", "text": "Our sale begins today"})
    assert answer.json()["category"] == "MARKETING"


def test_control_calls_rate_move_and_judge(http, whatsapp_webhooks):
    create(http, "order_pending")
    about = {"account": WABA, "name": "order_pending", "language": "en"}
    for what in ({"quality": "RED"}, {"category": "MARKETING", "notice": True}, {"event": "DISABLED"}):
        assert http.post("/_sandbox/templates", about | what).status == 200
    whatsapp_webhooks.wait(until("DISABLED"))
    assert {field for field, _event, _reason in verdicts(whatsapp_webhooks.calls)} == {
        "message_template_quality_update",
        "template_category_update",
        "message_template_status_update",
    }
    assert http.post("/_sandbox/templates", about | {"name": "nobody"}).status == 400
    assert http.post("/_sandbox/templates", about).status == 400


def send_piece(http, session, data, offset):
    request = urllib.request.Request(f"{http.base}/v25.0/{session}", data, method="POST")
    request.add_header("Authorization", f"OAuth {TOKEN}")
    request.add_header("file_offset", str(offset))
    with urllib.request.urlopen(request, timeout=20) as answer:
        return json.loads(answer.read())


def test_an_upload_comes_in_pieces_and_ends_in_a_handle(http):
    about = "file_name=h.jpg&file_length=6&file_type=image/jpeg"
    session = http.post(f"/v25.0/555000111222333/uploads?{about}", token=TOKEN).json()["id"]
    assert send_piece(http, session, b"abc", 0)["file_offset"] == 3
    assert http.get(f"/v25.0/{session}", token=TOKEN).json()["file_offset"] == 3
    done = send_piece(http, session, b"def", 3)
    assert done["h"].startswith("4:")
    header = {"type": "HEADER", "format": "IMAGE", "example": {"header_handle": [done["h"]]}}
    assert create(http, "picture_pending", header, BODY).status == 200


def test_an_account_registered_anew_keeps_its_templates(http):
    create(http, "kept_pending")
    again = {key: value for key, value in WHATSAPP.items() if key != "templates"}
    http.post("/_sandbox/accounts", again)
    assert look(http, "kept_pending")
