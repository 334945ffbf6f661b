"""Message templates at the sandbox: sent with their parameters, refused where they do not fit, listed by page."""

import pytest

from tests.sandbox.conftest import WHATSAPP
from tests.sandbox.test_whatsapp import TOKEN, WABA, journal, send


def template(name="spring_sale", language="en_US", components=None):
    header = {
        "type": "header",
        "parameters": [{"type": "image", "image": {"link": "https://shop.test/h.jpg"}}],
    }
    body = {"type": "body", "parameters": [{"type": "text", "text": "Mei"}, {"type": "text", "text": "20%"}]}
    components = [header, body] if components is None else components
    content = {"name": name, "language": {"code": language}, "components": components}
    return {"type": "template", "template": content}


def test_a_template_is_accepted_with_its_parameters(http):
    answer = send(http, template())
    assert answer.json()["messages"][0]["message_status"] == "accepted"


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (template("nobody_knows"), 132001),
        (template(language="zh_TW"), 132001),
        (template("paused_one", components=[]), 132015),
        (template(components=[]), 132012),
        (template(components=template()["template"]["components"][:1]), 132000),
        (
            template(
                "order_ready",
                "zh_TW",
                [{"type": "body", "parameters": [{"type": "text", "parameter_name": "wrong", "text": "美"}]}],
            ),
            100,
        ),
        (
            template(
                "order_ready",
                "zh_TW",
                [
                    {
                        "type": "body",
                        "parameters": [{"type": "text", "parameter_name": "first_name", "text": "a\nb"}],
                    }
                ],
            ),
            132018,
        ),
    ],
)
def test_a_template_that_does_not_fit_is_refused(http, content, code):
    assert send(http, content).json()["error"]["code"] == code


def test_limits_on_marketing_hold_up_no_other_template_and_windows_none(http):
    name = {"type": "body", "parameters": [{"type": "text", "parameter_name": "first_name", "text": "美"}]}
    for ending, arrive in (
        ("26", set()),
        ("47", {"order_ready", "spring_sale"}),
        ("49", {"order_ready"}),
        ("50", {"order_ready"}),
        ("72", {"order_ready"}),
    ):
        to = f"+8869120011{ending}"
        for content in (template("order_ready", "zh_TW", [name]), template()):
            assert send(http, content, to=to).status == 200
        assert {row["body"]["template"]["name"] for row in journal(http, to.removeprefix("+"))} == arrive, (
            ending
        )


def test_templates_are_listed_by_page(http):
    first = http.get(f"/v25.0/{WABA}/message_templates?limit=2&fields=name,status", token=TOKEN).json()
    assert [t["name"] for t in first["data"]] == ["spring_sale", "paused_one"]
    rest = http.get(first["paging"]["next"].removeprefix(http.base), token=TOKEN).json()
    assert [t["name"] for t in rest["data"]] == ["order_ready"]
    assert "next" not in rest["paging"]


ALL_KINDS = {
    "name": "all_kinds",
    "language": "en",
    "components": [
        {"type": "HEADER", "format": "LOCATION"},
        {"type": "BODY", "text": "Hello and welcome"},
        {
            "type": "BUTTONS",
            "buttons": [
                {"type": "QUICK_REPLY", "text": "Yes"},
                {"type": "URL", "text": "Shop", "url": "https://shop.test/{{1}}"},
                {"type": "COPY_CODE", "example": "LUMI10"},
            ],
        },
    ],
}
PLACE = {"latitude": "22.3", "longitude": "114.2", "name": "Lumi", "address": "1 Queen's Road"}


def filled(place=PLACE, url="mei", code="LUMI10", index="1"):
    components = [
        {"type": "header", "parameters": [{"type": "location", "location": place}]},
        {
            "type": "button",
            "sub_type": "url",
            "index": index,
            "parameters": [{"type": "text", "text": url}],
        },
        {
            "type": "button",
            "sub_type": "copy_code",
            "index": "2",
            "parameters": [{"type": "coupon_code", "coupon_code": code}],
        },
    ]
    return template("all_kinds", "en", components)


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (filled(), None),
        (filled(place={}), 132012),
        (filled(url=""), 132012),
        (filled(code=""), 132012),
        (filled(index="0"), 132000),
    ],
)
def test_places_and_buttons_are_filled_in(http, content, code):
    http.post("/_sandbox/accounts", WHATSAPP | {"templates": [ALL_KINDS]})
    assert send(http, content).json().get("error", {}).get("code") == code
