"""Filled-in templates: what the provider gets, what people read, and what is refused before anything leaves."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from channels.adapters.base import OutgoingMedia
from templates_app.content import Button, ButtonKind, Content, Header, HeaderKind
from templates_app.rendering import Location, examples_of, problems_of_values, render, show

SHOP = Button(ButtonKind.URL, "Shop", url="https://shop.example/{{1}}", example="mei 7")
CODE = Button(ButtonKind.COPY_CODE, example="LUMI10")
NAMED = Content(
    body="Hi {{first_name}}, *{{amount}}* off.",
    body_examples={"first_name": "Mei", "amount": "20%"},
    header=Header(HeaderKind.TEXT, "For {{first_name}} only", {"first_name": "Mei"}),
    footer="Bye",
    buttons=(Button(ButtonKind.QUICK_REPLY, "Stop"), SHOP, CODE),
)
NUMBERED = Content(
    body="Hi {{2}} and {{1}}!",
    body_examples={"1": "Mei", "2": "Lin"},
    header=Header(HeaderKind.TEXT, "Order {{1}} is here", {"1": "A1"}),
    named=False,
)
PICTURE = OutgoingMedia("https://shop.example/a.jpg", "image/jpeg")
PDF = OutgoingMedia("https://shop.example/a.pdf", "application/pdf", filename="prices.pdf")
PLACE = Location(22.28, 114.15, "Lumi", "1 Queen's Road")


def with_header(kind):
    return Content(body="Hello", header=Header(kind))


def codes(content, values, header=None):
    return {(one.field, one.code) for one in problems_of_values(content, values, header)}


def test_named_values_become_named_parameters():
    assert render(NAMED, examples_of(NAMED)) == [
        {"type": "header", "parameters": [{"type": "text", "parameter_name": "first_name", "text": "Mei"}]},
        {
            "type": "body",
            "parameters": [
                {"type": "text", "parameter_name": "first_name", "text": "Mei"},
                {"type": "text", "parameter_name": "amount", "text": "20%"},
            ],
        },
        {
            "type": "button",
            "sub_type": "url",
            "index": "1",
            "parameters": [{"type": "text", "text": "mei%207"}],
        },
        {
            "type": "button",
            "sub_type": "copy_code",
            "index": "2",
            "parameters": [{"type": "coupon_code", "coupon_code": "LUMI10"}],
        },
    ]


def test_numbered_values_come_in_the_order_of_their_numbers():
    header, body = render(NUMBERED, examples_of(NUMBERED))
    assert [one["text"] for one in header["parameters"]] == ["A1"]
    assert [one["text"] for one in body["parameters"]] == ["Mei", "Lin"]


@pytest.mark.parametrize(
    ("kind", "value", "parameter"),
    [
        (HeaderKind.IMAGE, PICTURE, {"type": "image", "image": {"link": PICTURE.url}}),
        (
            HeaderKind.IMAGE,
            replace(PICTURE, provider_media_id="77"),
            {"type": "image", "image": {"id": "77"}},
        ),
        (
            HeaderKind.DOCUMENT,
            PDF,
            {"type": "document", "document": {"link": PDF.url, "filename": "prices.pdf"}},
        ),
        (
            HeaderKind.LOCATION,
            PLACE,
            {
                "type": "location",
                "location": {
                    "latitude": "22.28",
                    "longitude": "114.15",
                    "name": "Lumi",
                    "address": "1 Queen's Road",
                },
            },
        ),
    ],
)
def test_a_header_gets_its_file_or_place(kind, value, parameter):
    assert render(with_header(kind), {}, value) == [{"type": "header", "parameters": [parameter]}]


def test_what_needs_nothing_sends_no_components():
    assert render(Content(body="Hello", buttons=(Button(ButtonKind.QUICK_REPLY, "Stop"),)), {}) == []


def test_people_read_the_values():
    shown = show(NAMED, {"first_name": "Mei"})
    assert shown.text == "For Mei only\n\nHi Mei, *{{amount}}* off.\n\nBye"
    assert shown.buttons == ("Stop", "Shop")


@pytest.mark.parametrize(
    ("content", "values", "header", "problem"),
    [
        (NUMBERED, {"1": "Mei", "header.1": "A1"}, None, ("parameters.2", "missing")),
        (NUMBERED, {"1": "Mei", "2": " ", "header.1": "A1"}, None, ("parameters.2", "missing")),
        (NUMBERED, {"1": "a\nb", "2": "x", "header.1": "A1"}, None, ("parameters.1", "characters")),
        (NUMBERED, {"1": "a\tb", "2": "x", "header.1": "A1"}, None, ("parameters.1", "characters")),
        (NUMBERED, {"1": "a     b", "2": "x", "header.1": "A1"}, None, ("parameters.1", "characters")),
        (NUMBERED, {"1": "x", "2": "x", "3": "x", "header.1": "A1"}, None, ("parameters.3", "unknown")),
        (NUMBERED, {"1": "x", "2": "x" * 1020, "header.1": "A1"}, None, ("body", "too_long")),
        (NUMBERED, {"1": "x", "2": "x", "header.1": "A" * 60}, None, ("header", "too_long")),
        (NUMBERED, {"1": "x", "2": "x", "header.1": "A"}, PICTURE, ("header", "unexpected")),
        (with_header(HeaderKind.IMAGE), {}, None, ("header", "missing")),
        (with_header(HeaderKind.IMAGE), {}, PDF, ("header", "type")),
        (with_header(HeaderKind.VIDEO), {}, PICTURE, ("header", "type")),
        (with_header(HeaderKind.DOCUMENT), {}, PICTURE, ("header", "type")),
        (with_header(HeaderKind.LOCATION), {}, PICTURE, ("header", "missing")),
        (with_header(HeaderKind.LOCATION), {}, replace(PLACE, latitude=91), ("header", "place")),
        (
            Content(body="Hello", buttons=(CODE,)),
            {"button.0": "X" * 16},
            None,
            ("parameters.button.0", "too_long"),
        ),
        (Content(body="Hello", foreign=("CAROUSEL",)), {}, None, ("template", "foreign")),
    ],
)
def test_what_meta_would_refuse_is_found_before(content, values, header, problem):
    assert codes(content, values, header) == {problem}
    with pytest.raises(ValueError, match=problem[1]):
        render(content, values, header)


values = st.dictionaries(
    st.sampled_from(["1", "2", "header.1", "button.0"]), st.text(alphabet="ab \n", max_size=70)
)


@given(values)
def test_without_problems_every_parameter_is_there_once(given_values):
    if problems_of_values(NUMBERED, given_values):
        return
    header, body = render(NUMBERED, given_values)
    assert len(header["parameters"]) == 1
    assert len(body["parameters"]) == 2
    assert all(one["text"].strip() and "\n" not in one["text"] for one in body["parameters"])
