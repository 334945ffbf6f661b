"""Live parts are brought up to date around what a person has opened, typed or focused."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.test_broadcast_flow import until

SEEN = """seen => {
  Object.defineProperty(document, "hidden", { value: !seen, configurable: true });
  document.dispatchEvent(new Event("visibilitychange"));
}"""


@pytest.fixture
def campaign(page, sign_in):
    """The page of the demo's oldest broadcast with failures."""
    sign_in(page)
    page.goto("/campaigns/?status=failures")
    page.locator(".row-link").last.click()
    page.wait_for_url(re.compile(r"/campaigns/\d+/"))
    return page


def test_the_status_page_keeps_hint_and_search(page, sign_in):
    sign_in(page)
    page.goto("/campaigns/")
    page.locator(".reason-hint summary").click()
    search = page.get_by_label("Search broadcasts")
    search.fill("half a wor")
    page.locator(".reason-hint").evaluate("hint => (hint.open = true)")
    search.focus()
    page.locator(".tile strong").first.evaluate("figure => (figure.textContent = 'old')")
    page.locator("#overview").dispatch_event("live")
    expect(page.locator(".tile strong").first).not_to_have_text("old")
    assert search.input_value() == "half a wor"
    assert search.evaluate("field => field === document.activeElement")
    assert page.locator(".reason-hint").evaluate("hint => hint.open")


def test_the_campaign_page_keeps_what_is_unfolded(campaign):
    words = campaign.locator("#reasons-title").locator("xpath=ancestor::section").locator("details").first
    words.locator("summary").click()
    campaign.locator(".equation strong").first.evaluate("figure => (figure.textContent = 'old')")
    campaign.locator("#progress").dispatch_event("live")
    expect(campaign.locator(".equation strong").first).not_to_have_text("old")
    assert words.evaluate("details => details.open")


def test_a_row_is_reached_and_opened_by_keyboard(campaign):
    person = campaign.locator(".people-list button").first
    person.focus()
    campaign.keyboard.press("Enter")
    expect(campaign.locator("#recipient h2")).not_to_be_empty()
    campaign.keyboard.press("Escape")
    expect(campaign.locator("#recipient")).to_be_hidden()
    assert person.evaluate("button => button === document.activeElement")


def test_more_pages_may_be_open_than_a_browser_has_connections(page, sign_in):
    sign_in(page)
    for _ in range(7):
        with page.context.expect_page() as opened:
            page.evaluate("open('/inbox/?mine=true&status=in_progress')")
        behind = opened.value
        expect(behind.locator("#rows")).to_be_visible()
        behind.evaluate(SEEN, False)  # the next tab is in front of it
    page.goto("/campaigns/")
    expect(page.locator("#overview")).to_be_visible()


def test_a_page_that_is_seen_again_hears_what_happens(campaign):
    with campaign.expect_event("requestfailed", lambda request: "/events/" in request.url):
        campaign.evaluate(SEEN, False)
    campaign.locator(".equation strong").first.evaluate("figure => (figure.textContent = 'old')")
    with campaign.expect_request("**/events/campaign-*"):
        campaign.evaluate(SEEN, True)
    expect(campaign.locator(".equation strong").first).not_to_have_text("old")


def test_what_comes_before_a_page_listens_is_shown(page, sign_in, stack):
    """The hint is sent while the page is there and its connection is not."""
    sign_in(page)
    with page.expect_response("**/events/**"):  # from now on the process hears hints
        page.goto("/inbox/?mine=true&status=in_progress&channel=line")
    held = []
    page.route("**/events/**", lambda route: held.append(route))
    page.locator(".inbox-row-link").first.click()
    address = page.locator("#customer .inbox-history .figure").first.inner_text()
    until(lambda: held, page)
    person = stack.sandbox(f"people?q={address}")["results"][0]
    told = {"channel": "line", "account": person["account"], "from": address, "text": "Nobody listens yet"}
    stack.sandbox("inbound", told)
    until(lambda: told["text"] in page.request.get(page.url).text(), page)
    for route in held:
        route.continue_()
    expect(page.locator("#thread")).to_contain_text(told["text"])
