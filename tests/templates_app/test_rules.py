"""Every rule of Meta's has a content that breaks it and nothing else, and a neighbour that keeps it."""

import itertools
from dataclasses import replace

import pytest
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st

from templates_app.content import Button, ButtonKind, Content, Header, HeaderKind
from templates_app.rules import (
    MB,
    ExampleFile,
    content_problems,
    name_problems,
    setting_problems,
    words_needed,
)

BODY = "Hello {{first_name}}, your order is ready."
GOOD = Content(body=BODY, body_examples={"first_name": "Mei"})
QUICK = Button(ButtonKind.QUICK_REPLY, "Yes")
URL = Button(ButtonKind.URL, "Shop", url="https://shop.example/new")
PHONE = Button(ButtonKind.PHONE, "Call", phone="+852 2771 8800")
CODE = Button(ButtonKind.COPY_CODE, example="LUMI10")


def body(text, **examples):
    return replace(GOOD, body=text, body_examples=examples or {"first_name": "Mei"})


def numbered(text):
    return Content(body=text, body_examples={"1": "x", "2": "x", "name": "x"}, named=False)


def heading(text, **examples):
    return replace(GOOD, header=Header(HeaderKind.TEXT, text, examples))


def buttons(*them):
    return replace(GOOD, buttons=them)


def found(content, example=None):
    return {(problem.field, problem.code) for problem in content_problems(content, example)}


@pytest.mark.parametrize(
    ("content", "field", "code"),
    [
        (body(""), "body", "missing"),
        (body("x" * 1025), "body", "too_long"),
        (body("Your name {{first_name is good to know."), "body", "malformed_variable"),
        (body("Hello {{First Name}}, your order is ready.", **{"First Name": "M"}), "body", "variable_name"),
        (body("Hello {{1}}, your order is ready.", **{"1": "Mei"}), "body", "mixed_variables"),
        (body("{{first_name}}, your order is ready."), "body", "variable_at_edge"),
        (body("Your order is ready, dear {{first_name}}"), "body", "variable_at_edge"),
        (
            body("Hello dear {{a}}{{b}}, your order is ready.", a="1", b="2"),
            "body",
            "adjacent_variables",
        ),
        (body("Hi {{first_name}} !"), "body", "variable_ratio"),
        (replace(GOOD, body_examples={}), "body.examples.first_name", "missing"),
        (numbered("Hello {{2}}, your order is ready."), "body", "variable_gap"),
        (numbered("Hello {{1}} and {{name}}, your order is ready."), "body", "mixed_variables"),
        (heading(""), "header.text", "missing"),
        (heading("x" * 61), "header.text", "too_long"),
        (heading("Two\nlines"), "header.text", "line_break"),
        (heading("A *bold* word"), "header.text", "formatting"),
        (
            heading("Order {{a}} of {{b}} today", a="1", b="2"),
            "header.text",
            "too_many_variables",
        ),
        (heading("Order {{order_no}}", order_no="A1"), "header.text", "variable_at_edge"),
        (heading("Order {{order_no}} is here"), "header.examples.order_no", "missing"),
        (replace(GOOD, header=Header(HeaderKind.IMAGE)), "header.media", "missing"),
        (
            replace(GOOD, header=Header(HeaderKind.IMAGE, handle="https://scontent.example/h.jpg")),
            "header.media",
            "missing",
        ),
        (replace(GOOD, footer="x" * 61), "footer", "too_long"),
        (replace(GOOD, footer="Bye\nbye"), "footer", "line_break"),
        (replace(GOOD, footer="Bye {{first_name}}, bye"), "footer", "variable"),
        (buttons(*[replace(QUICK, text=str(n)) for n in range(11)]), "buttons", "too_many"),
        (buttons(URL, replace(URL, text="B"), replace(URL, text="C")), "buttons", "too_many_url"),
        (buttons(PHONE, replace(PHONE, text="B")), "buttons", "too_many_phone_number"),
        (buttons(CODE, CODE), "buttons", "too_many_copy_code"),
        (buttons(QUICK, URL, replace(QUICK, text="No")), "buttons", "order"),
        (buttons(replace(QUICK, text=" ")), "buttons.0.text", "missing"),
        (buttons(replace(QUICK, text="x" * 26)), "buttons.0.text", "too_long"),
        (buttons(replace(QUICK, text="Yes {{1}}")), "buttons.0.text", "plain"),
        (buttons(QUICK, QUICK), "buttons.1.text", "repeated"),
        (buttons(replace(URL, url="shop.example")), "buttons.0.url", "invalid"),
        (buttons(replace(URL, url="javascript:alert(1)")), "buttons.0.url", "invalid"),
        (buttons(replace(URL, url="https://shop.example/" + "x" * 2000)), "buttons.0.url", "too_long"),
        (buttons(replace(URL, url="https://shop.example/{{1}}/a", example="x")), "buttons.0.url", "variable"),
        (buttons(replace(URL, url="https://wa.me/85227718800")), "buttons.0.url", "short_link"),
        (buttons(replace(URL, url="https://shop.example/{{1}}")), "buttons.0.example", "missing"),
        (buttons(replace(PHONE, phone="call us")), "buttons.0.phone", "invalid"),
        (buttons(replace(PHONE, phone="+" + "1" * 21)), "buttons.0.phone", "too_long"),
        (buttons(replace(CODE, example="")), "buttons.0.example", "missing"),
        (buttons(replace(CODE, example="X" * 16)), "buttons.0.example", "too_long"),
        (replace(GOOD, foreign=("CAROUSEL",)), "components", "foreign"),
    ],
)
def test_a_breach_is_named_with_its_place(content, field, code):
    assert found(content) == {(field, code)}


@pytest.mark.parametrize(
    "content",
    [
        GOOD,
        Content(body="Plain words without any variable"),
        body("您好 {{first_name}}，您的訂單已可取貨。"),
        body("x" * 1024),
        numbered("Hello {{1}}, your order {{2}} is ready to collect."),
        heading("Order {{order_no}} is here", order_no="A1"),
        replace(GOOD, header=Header(HeaderKind.LOCATION)),
        replace(GOOD, header=Header(HeaderKind.IMAGE, handle="4:aW1h")),
        buttons(QUICK, replace(QUICK, text="No"), URL, PHONE, CODE),
        buttons(URL, QUICK),
        buttons(replace(URL, url="https://shop.example/{{1}}", example="mei")),
        buttons(CODE, QUICK),
    ],
)
def test_what_keeps_the_rules_has_no_problem(content):
    assert found(content) == set()


@pytest.mark.parametrize(
    ("kind", "example", "code"),
    [
        (HeaderKind.IMAGE, ExampleFile("image/jpeg", 5 * MB), None),
        (HeaderKind.IMAGE, ExampleFile("image/webp", 5), "type"),
        (HeaderKind.IMAGE, ExampleFile("image/png", 5 * MB + 1), "too_large"),
        (HeaderKind.VIDEO, ExampleFile("video/mp4", 16 * MB), None),
        (HeaderKind.VIDEO, ExampleFile("video/3gpp", 5), "type"),
        (HeaderKind.DOCUMENT, ExampleFile("application/pdf", 100 * MB), None),
        (HeaderKind.DOCUMENT, ExampleFile("text/plain", 5), "type"),
    ],
)
def test_the_example_of_a_header_must_be_of_its_kind_and_size(kind, example, code):
    problems = found(replace(GOOD, header=Header(kind)), example)
    assert problems == ({("header.media", code)} if code else set())


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("", "missing"),
        ("Sale", "alphabet"),
        ("spring sale", "alphabet"),
        ("特價", "alphabet"),
        ("a" * 513, "too_long"),
    ],
)
def test_a_name_that_meta_refuses(name, code):
    assert [problem.code for problem in name_problems(name)] == [code]


def test_names_and_settings_that_meta_takes():
    assert name_problems("spring_sale_2") == []
    assert setting_problems("UTILITY", "zh_HK") == []
    assert {one.field for one in setting_problems("AUTHENTICATION", "xx")} == {"category", "language"}


@pytest.mark.parametrize("language", ["zh-hant", "zh-hans"])
def test_problems_are_told_in_the_readers_language(language):
    english = {problem.text for problem in content_problems(body(""))}
    with translation.override(language):
        assert {problem.text for problem in content_problems(body(""))}.isdisjoint(english)


words = st.lists(st.sampled_from(["order", "ready", "您好", "shop!", "{{a}}", "{{b}}", "\n"]), max_size=14)


@given(words)
def test_a_text_without_problems_breaks_no_rule_of_variables(pieces):
    """What the rules let through begins and ends with words, keeps variables apart and has words enough."""
    text = " ".join(pieces)
    if any(problem.field == "body" for problem in content_problems(body(text, a="1", b="2"))):
        return
    plain = text.split()
    assert plain
    assert not plain[0].startswith("{{")
    assert not plain[-1].startswith("{{")
    assert not any(a.startswith("{{") and b.startswith("{{") for a, b in itertools.pairwise(plain))
    variables = {piece for piece in plain if piece.startswith("{{")}
    assert sum(
        len("您好") if piece == "您好" else 1 for piece in plain if not piece.startswith("{{")
    ) >= words_needed(len(variables))


@given(st.lists(st.sampled_from([QUICK, URL, PHONE, CODE]), max_size=12))
def test_buttons_without_problems_keep_every_limit(chosen):
    them = tuple(replace(one, text=f"{one.text} {n}") if one.text else one for n, one in enumerate(chosen))
    if content_problems(buttons(*them)):
        return
    kinds = [one.kind for one in them]
    assert len(kinds) <= 10
    assert kinds.count(ButtonKind.URL) <= 2
    assert kinds.count(ButtonKind.PHONE) <= 1
    assert kinds.count(ButtonKind.COPY_CODE) <= 1
    places = [place for place, kind in enumerate(kinds) if kind is ButtonKind.QUICK_REPLY]
    assert places == [] or places in (
        list(range(len(places))),
        list(range(len(kinds) - len(places), len(kinds))),
    )
