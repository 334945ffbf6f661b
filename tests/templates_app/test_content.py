"""Meta's components become values and the same components again; formatting becomes spans; names are told apart."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from channels.adapters.parsing import Malformed
from templates_app.content import (
    Button,
    ButtonKind,
    Content,
    Header,
    HeaderKind,
    Place,
    read_content,
    write_components,
)
from templates_app.markup import Span, spans

POSITIONAL = [
    {"type": "HEADER", "format": "TEXT", "text": "Order {{1}} is here", "example": {"header_text": ["A1"]}},
    {"type": "BODY", "text": "Hi {{1}}, enjoy {{2}} off.", "example": {"body_text": [["Mei", "20%"]]}},
    {"type": "FOOTER", "text": "Bye"},
    {
        "type": "BUTTONS",
        "buttons": [
            {
                "type": "URL",
                "text": "Shop",
                "url": "https://shop.example/c/{{1}}",
                "example": ["https://shop.example/c/mei-7731"],
            },
            {"type": "COPY_CODE", "example": "LUMI10"},
            {"type": "PHONE_NUMBER", "text": "Call", "phone_number": "+85227718800"},
            {"type": "QUICK_REPLY", "text": "Stop"},
        ],
    },
]
NAMED = [
    {
        "type": "HEADER",
        "format": "TEXT",
        "text": "Dear {{first_name}} and all",
        "example": {"header_text_named_params": [{"param_name": "first_name", "example": "Mei"}]},
    },
    {
        "type": "BODY",
        "text": "Hi {{first_name}}, your order {{order_no}} is here.",
        "example": {
            "body_text_named_params": [
                {"param_name": "first_name", "example": "Mei"},
                {"param_name": "order_no", "example": "A1"},
            ]
        },
    },
]


@pytest.mark.parametrize(("components", "named"), [(POSITIONAL, False), (NAMED, True)])
def test_components_are_read_and_written_the_same(components, named):
    assert write_components(read_content(components, named=named)) == components


def test_numbered_variables_of_header_and_body_are_different_parameters():
    found = [(one.name, one.place, one.example) for one in read_content(POSITIONAL, named=False).parameters]
    assert found == [
        ("header.1", Place.HEADER, "A1"),
        ("1", Place.BODY, "Mei"),
        ("2", Place.BODY, "20%"),
        ("button.0", Place.BUTTON, "mei-7731"),
        ("button.1", Place.BUTTON, "LUMI10"),
    ]


def test_a_name_in_header_and_body_is_one_parameter():
    found = [(one.name, one.place) for one in read_content(NAMED, named=True).parameters]
    assert found == [("first_name", Place.HEADER), ("order_no", Place.BODY)]


def test_parts_this_product_does_not_write_are_named():
    components = [
        {"type": "body", "text": "Hello"},
        {"type": "CAROUSEL", "cards": []},
        {"type": "HEADER", "format": "PRODUCT"},
        {"type": "BUTTONS", "buttons": [{"type": "FLOW", "text": "Book"}]},
    ]
    content = read_content(components, named=False)
    assert (content.body, content.foreign) == ("Hello", ("CAROUSEL", "PRODUCT", "FLOW"))


@pytest.mark.parametrize("components", [["BODY"], [{"type": 7}], [{"type": "BODY", "text": ["x"]}]])
def test_what_is_no_component_is_refused(components):
    with pytest.raises(Malformed):
        read_content(components, named=True)


names = st.sampled_from(["first_name", "order_no", "amount"])
texts = st.lists(
    st.one_of(st.sampled_from(["Hello", "您好", "*now*"]), names.map("{{{{{}}}}}".format)), min_size=1
)
buttons = st.lists(
    st.sampled_from(
        [
            Button(ButtonKind.QUICK_REPLY, "Yes"),
            Button(ButtonKind.URL, "Shop", url="https://shop.example/{{1}}", example="mei"),
            Button(ButtonKind.PHONE, "Call", phone="+85227718800"),
            Button(ButtonKind.COPY_CODE, example="LUMI10"),
        ]
    ),
    max_size=4,
)
headers = st.sampled_from(
    [
        None,
        Header(HeaderKind.TEXT, "Dear {{first_name}} and all", {"first_name": "Mei"}),
        Header(HeaderKind.IMAGE, handle="4:aW1h"),
        Header(HeaderKind.LOCATION),
    ]
)


@given(texts, buttons, headers)
def test_every_content_survives_the_way_to_meta_and_back(pieces, them, header):
    text = " ".join(pieces)
    examples = {
        name: f"x{name}" for name in ("first_name", "order_no", "amount") if f"{{{{{name}}}}}" in text
    }
    content = Content(text, examples, header, "Bye", tuple(them))
    assert read_content(write_components(content), named=True) == content


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("plain", [Span("plain")]),
        ("a *b* c", [Span("a "), Span("b", bold=True), Span(" c")]),
        ("*_both_*", [Span("both", bold=True, italic=True)]),
        ("~gone~", [Span("gone", struck=True)]),
        ("```a*b*```", [Span("a*b*", code=True)]),
        ("2*3*4", [Span("2*3*4")]),
        ("* not bold *", [Span("* not bold *")]),
        ("snake_case_name", [Span("snake_case_name")]),
        (
            "Hi *{{first_name}}*!",
            [Span("Hi "), Span("Mei", bold=True, variable="first_name"), Span("!")],
        ),
        ("{{order_no}}", [Span("{{order_no}}", variable="order_no")]),
    ],
)
def test_formatting_becomes_spans(text, expected):
    assert spans(text, {"first_name": "Mei"}) == expected


@given(st.text(alphabet="ab *_~`\n{}", max_size=40))
def test_no_text_is_lost_in_spans(text):
    letters = [letter for letter in text if letter in "ab"]
    assert [letter for span in spans(text) for letter in span.text if letter in "ab"] == letters
