"""What is a link in a text, and where it ends."""

import pytest

from campaigns.links.finding import links_in, shortened

FOUND = {
    "Sale: https://shop.example/sale": ["https://shop.example/sale"],
    "HTTP://SHOP.EXAMPLE": ["HTTP://SHOP.EXAMPLE"],
    "See https://shop.example/sale.": ["https://shop.example/sale"],
    "(https://shop.example/a_(b))": ["https://shop.example/a_(b)"],
    "[https://shop.example/?q=1!]": ["https://shop.example/?q=1"],
    "https://a.example/x, https://b.example:8443/y?z=1#top; bye": [
        "https://a.example/x",
        "https://b.example:8443/y?z=1#top",
    ],
    "*https://shop.example/a* and _https://youtu.be/b_": ["https://shop.example/a", "https://youtu.be/b"],
    "https://youtu.be/dQw4w9WgXc_": ["https://youtu.be/dQw4w9WgXc_"],
    "新品上架：https://shop.example/new。快來看": ["https://shop.example/new"],
    "（https://shop.example/new）、「https://b.example」": ["https://shop.example/new", "https://b.example"],
    "點擊https://shop.example/sale查看，或https://shop.example都可以": [
        "https://shop.example/sale",
        "https://shop.example",
    ],
    "https://shop.example/sale，": ["https://shop.example/sale"],
    "https://商店.台灣/特價": [],
    "https://商店.example/sale 來": ["https://商店.example/sale"],
    "https://shop.example/🎁": ["https://shop.example/"],
    "{{ name }}https://shop.example/a {{ name|there }}": ["https://shop.example/a"],
    "https://192.0.2.1/x": ["https://192.0.2.1/x"],
}
KEPT_AS_WRITTEN = [
    "",
    "shop.example/sale",
    "ftp://shop.example/a",
    "https://",
    "https://localhost/a",  # no customer gets there
    "https://shop.example/{{ number }}",
    "https://{{ name }}.example/",
    "https://shop.example/?q={{ name }}&x=1",
    "{{ name|https://shop.example/a }}",
    "https://me:secret@shop.example/",
    "https://me.you@shop.example/",
    "https://zh.wikipedia.org/wiki/香港",  # phones and people disagree where these end
    "https://shop.example/?q=鞋",
    f"https://{'a' * 64}.example/",
]


@pytest.mark.parametrize(("text", "urls"), FOUND.items(), ids=str)
def test_addresses_are_found_where_they_end(text, urls):
    found = links_in(text)
    assert [each.url for each in found] == urls
    assert all(text[each.start : each.end] == each.url for each in found)


@pytest.mark.parametrize("text", KEPT_AS_WRITTEN)
def test_what_is_no_whole_address_stays_as_it_was_written(text):
    assert links_in(text) == []
    assert shortened(text, "short") == text


def test_a_length_counts_the_short_form():
    assert shortened("a https://shop.example/x。b https://b.example, c", "S") == "a S。b S, c"
