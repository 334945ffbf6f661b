"""Message templates at the sandbox: sent with their parameters, refused where they do not fit, listed by page."""

import pytest

from tests.sandbox.test_whatsapp import TOKEN, WABA, send


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


def test_templates_are_listed_by_page(http):
    first = http.get(f"/v25.0/{WABA}/message_templates?limit=2&fields=name,status", token=TOKEN).json()
    assert [t["name"] for t in first["data"]] == ["spring_sale", "paused_one"]
    rest = http.get(first["paging"]["next"].removeprefix(http.base), token=TOKEN).json()
    assert [t["name"] for t in rest["data"]] == ["order_ready"]
    assert "next" not in rest["paging"]
