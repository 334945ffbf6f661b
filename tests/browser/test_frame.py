"""Every page of the rail and of the settings opens as it should, for eyes and for assistive technology."""

import pytest

from tests.browser.conftest import PASSWORD

LOOKS = {
    "en-light": {"locale": "en-US", "color_scheme": "light"},
    "zh-hant-dark-phone": {
        "locale": "zh-TW",
        "color_scheme": "dark",
        "viewport": {"width": 390, "height": 844},
        "has_touch": True,
        "is_mobile": True,
    },
    "zh-hans-dark": {"locale": "zh-CN", "color_scheme": "dark"},
}
LANGUAGE_TAGS = {"en-US": "en", "zh-TW": "zh-Hant", "zh-CN": "zh-Hans"}


def pages_of(page):
    """The addresses that the page's own navigations lead to."""
    links = page.locator("nav a[href^='/']")
    return list(dict.fromkeys(link.get_attribute("href") for link in links.all()))


@pytest.mark.parametrize("look", LOOKS)
def test_every_page_of_the_rail_opens_clean(new_page, sign_in, axe, look):
    page = sign_in(new_page(**LOOKS[look]), "owner@demo.test")
    seen, queue = set(), pages_of(page)
    assert len(queue) >= 2
    while queue:
        path = queue.pop(0)
        seen.add(path)
        assert page.goto(path).status == 200, path
        assert page.locator("html").get_attribute("lang") == LANGUAGE_TAGS[LOOKS[look]["locale"]]
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), f"{path} scrolls sideways"
        axe(page)
        queue += [new for new in pages_of(page) if new not in seen and new not in queue]


def test_a_wrong_password_says_so_and_keeps_the_address(page, stack, axe):
    page.goto("/accounts/login/")
    axe(page)
    page.locator("input[name=login]").fill("sales@demo.test")
    page.locator("input[name=password]").fill(PASSWORD + "x")
    page.locator("input[name=password]").press("Enter")
    page.get_by_role("alert").first.wait_for()
    assert page.locator("input[name=login]").input_value() == "sales@demo.test"


def test_a_visitor_is_asked_to_sign_in_and_comes_back(page):
    page.goto("/settings/profile")
    assert "/accounts/login/" in page.url and "next=" in page.url
    page.locator("input[name=login]").fill("sales@demo.test")
    page.locator("input[name=password]").fill(PASSWORD)
    page.locator("input[name=password]").press("Enter")
    page.wait_for_url("**/settings/profile")
