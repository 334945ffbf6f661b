"""No body breaks the sandbox: every value of a good one is replaced by odd ones, in turn."""

import copy
import json

import pytest

MEI = "U3f1c9a0be27d4485a1c2e5f6079b8d34"
NUMBER = "106500700800900"
ODD = [
    None,
    True,
    -1,
    1.5,
    "",
    "\ud83c",
    "x" * 6000,
    [],
    [[]],
    [None],
    {},
    {"type": []},
    {"text": {"a": [1]}},
]
LINE_BODY = {
    "to": MEI,
    "notificationDisabled": False,
    "customAggregationUnits": ["unit_1"],
    "messages": [
        {
            "type": "text",
            "text": "Hi $",
            "emojis": [{"index": 3, "productId": "5ac1bfd5040ab15980c9b435", "emojiId": "001"}],
            "quickReply": {"items": [{"type": "action"}]},
            "sender": {"name": "Shop"},
        },
        {"type": "location", "title": "Shop", "address": "Taipei", "latitude": 25.0, "longitude": 121.5},
        {
            "type": "template",
            "altText": "Choose",
            "template": {
                "type": "buttons",
                "text": "?",
                "actions": [{"type": "postback", "label": "A", "data": "a"}],
            },
        },
        {"type": "sticker", "packageId": "446", "stickerId": "1988"},
    ],
}
WHATSAPP_BODIES = [
    {"type": "text", "text": {"body": "Hi", "preview_url": True}, "context": {"message_id": "wamid.x"}},
    {"type": "image", "image": {"link": "https://shop.test/a.jpg", "caption": "New"}},
    {"type": "location", "location": {"latitude": 25.0, "longitude": 121.5, "name": "Shop"}},
    {"type": "contacts", "contacts": [{"name": {"formatted_name": "Mei Lin", "first_name": "Mei"}}]},
    {"type": "reaction", "reaction": {"message_id": "wamid.x", "emoji": "👍"}},
    {
        "type": "interactive",
        "interactive": {
            "type": "button",
            "header": {"type": "image", "image": {"link": "https://shop.test/a.jpg"}},
            "body": {"text": "Keep it?"},
            "footer": {"text": "Soon"},
            "action": {"buttons": [{"type": "reply", "reply": {"id": "y", "title": "Yes"}}]},
        },
    },
    {
        "type": "interactive",
        "interactive": {
            "type": "list",
            "body": {"text": "Choose"},
            "action": {
                "button": "Sizes",
                "sections": [{"title": "S", "rows": [{"id": "s", "title": "Small"}]}],
            },
        },
    },
    {
        "type": "interactive",
        "interactive": {
            "type": "cta_url",
            "body": {"text": "See"},
            "action": {
                "name": "cta_url",
                "parameters": {"display_text": "Open", "url": "https://shop.test/"},
            },
        },
    },
    {
        "type": "template",
        "template": {
            "name": "spring_sale",
            "language": {"code": "en_US"},
            "components": [
                {
                    "type": "header",
                    "parameters": [{"type": "image", "image": {"link": "https://shop.test/h.jpg"}}],
                },
                {
                    "type": "body",
                    "parameters": [{"type": "text", "text": "Mei"}, {"type": "text", "text": "20%"}],
                },
            ],
        },
    },
]


def places(value, path=()):
    """Every path to a value inside `value`."""
    if path:
        yield path
    if isinstance(value, dict | list):
        for key in value if isinstance(value, dict) else range(len(value)):
            yield from places(value[key], (*path, key))


def variants(body):
    for path in places(body):
        for odd in ODD:
            changed = copy.deepcopy(body)
            holder = changed
            for key in path[:-1]:
                holder = holder[key]
            holder[path[-1]] = odd
            yield changed


def check(http, path, token, body):
    answers = set()
    for changed in variants(body):
        answer = http.post(path, changed, token=token)
        assert answer.status in (200, 400, 404), f"{answer.status} for {json.dumps(changed)[:400]}"
        assert answer.headers["content-type"] == "application/json"
        answers.add(answer.status)
    assert http.get("/phones").status == 200
    for number in range(len(http.get("/_sandbox/people").json()["results"])):
        assert http.get(f"/phones/{number}").status == 200
    assert 400 in answers


@pytest.fixture(autouse=True)
def unlimited(http):
    http.post("/_sandbox/scenario", {"rate_limits": False})


def test_no_push_breaks_it(http):
    check(http, "/v2/bot/message/push", "line-token", LINE_BODY)


@pytest.mark.parametrize("body", WHATSAPP_BODIES, ids=lambda body: body["type"])
def test_no_whatsapp_message_breaks_it(http, body):
    whole = {
        "messaging_product": "whatsapp",
        "to": "+886912000111",
        "biz_opaque_callback_data": "1.1.1",
        **body,
    }
    check(http, f"/v25.0/{NUMBER}/messages", "whatsapp-token", whole)


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("scenario", {"latency_ms": 0, "recipients": {"1": "expired"}, "accounts": {"1": {"cut_rate": 0}}}),
        ("inbound", {"channel": "line", "from": "Mei", "text": "hi", "media": {"mime": "image/png", "base64": "AA=="}}),
        ("accounts", {"kind": "line", "channel_id": "9", "access_token": "t9", "channel_secret": "s",
                      "bot_user_id": "u", "quota": 3, "people": [{"user_id": MEI, "name": "Mei"}]}),
        ("people", {"account": NUMBER, "people": [{"phone": "+886912000111", "last_inbound_at": 1}]}),
    ],
)  # fmt: skip
def test_no_control_call_breaks_it(http, path, body):
    check(http, f"/_sandbox/{path}", "", body)
