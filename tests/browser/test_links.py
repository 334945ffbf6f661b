"""Short links in a real browser: the switch while one types, and a tap on a customer's phone."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.test_broadcast_flow import SENT_MS, send, write
from tests.browser.test_composer import composer, saved  # noqa: F401  (a fixture)
from tests.campaigns.links.test_finding import FOUND, KEPT_AS_WRITTEN


def test_scripts_find_the_links_that_the_server_finds(composer):  # noqa: F811
    texts = [*FOUND, *KEPT_AS_WRITTEN]
    found = composer.evaluate(
        """async (texts) => {
            const { linksIn } = await import("/static/js/composer/links.js");
            return texts.map((text) => linksIn(text).map(({ url }) => url.toLowerCase()));
        }""",
        texts,
    )
    expected = {text: [url.lower() for url in FOUND.get(text, [])] for text in texts}
    assert dict(zip(texts, found, strict=True)) == expected


def test_the_switch_comes_with_a_link_and_says_what_is_sent(composer, axe):  # noqa: F811
    switch = composer.get_by_role("switch", name="Short links that show who tapped")
    expect(switch).to_be_hidden()
    write(composer, "See https://shop.example/" + "a" * 200)
    expect(switch).to_be_checked()
    bubble = composer.locator("#phone [data-bubbles] [data-words]")
    expect(bubble).to_have_text(re.compile(r"^See http://[^ ]+/l/…$"))
    axe(composer)
    switch.uncheck()
    expect(bubble).to_contain_text("https://shop.example/aaa")
    saved(composer)
    composer.reload()
    expect(switch).not_to_be_checked()


@pytest.mark.requirement("S0-5")
def test_a_tap_on_the_customers_phone_shows_on_the_page(composer, stack, axe):  # noqa: F811
    write(composer, f"Our shop: {stack.sandbox_url}/")
    saved(composer)
    send(composer)
    number = composer.url.rstrip("/").rsplit("/", 1)[1]
    expect(composer.locator("#progress")).to_contain_text("Completed", timeout=SENT_MS)
    phone = composer.context.new_page()
    phone.goto(f"{stack.sandbox_url}/phones")
    phone.get_by_text("Our shop:").first.click()
    phone.locator("a[href*='/l/']").last.click()
    phone.wait_for_url(f"{stack.sandbox_url}/")
    composer.goto(f"/campaigns/{number}/")
    expect(composer.locator("#progress")).to_contain_text("1 tapped a link")
    expect(composer.locator("#links-table")).to_contain_text(stack.sandbox_url)
    axe(composer)
