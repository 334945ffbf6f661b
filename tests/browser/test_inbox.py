"""The inbox as sales staff use it: find, read, answer, choose for a broadcast; on a desk and on a phone."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.test_broadcast_flow import speak

MINE = "/inbox/?mine=true&status=in_progress"
WORKERS_MS = 30_000  # for what goes through workers and the sandbox


@pytest.fixture
def inbox(page, sign_in):
    sign_in(page)
    page.goto(MINE)
    return page


def rows(page):
    return page.locator(".inbox-row")


def opened(page, channel):
    """Open the first conversation of mine on that kind of channel; its number."""
    page.goto(f"{MINE}&channel={channel}&window=open")
    row = rows(page).first
    number = row.get_attribute("data-number")
    row.locator(".inbox-row-link").click()
    expect(page.locator(f"#conversation[data-number='{number}']")).to_be_visible()
    return number


def test_a_conversation_opens_beside_its_list_and_back_leads_back(inbox, axe):
    axe(inbox)
    first = rows(inbox).first
    number = first.get_attribute("data-number")
    first.locator(".inbox-row-link").click()
    expect(inbox.locator("#head")).to_contain_text(f"#{number}")
    assert f"/inbox/{number}/" in inbox.url
    expect(inbox.locator("#customer")).to_contain_text("Chat number")
    axe(inbox)
    inbox.go_back()
    expect(inbox.locator("#conversation")).to_contain_text("No conversation is open")
    expect(rows(inbox).first).to_be_visible()


def test_search_finds_by_number_and_says_so_when_nothing_is_found(inbox):
    number = rows(inbox).nth(5).get_attribute("data-number")
    search = inbox.get_by_role("searchbox", name="Search conversations")
    search.fill(f"#{number}")
    search.press("Enter")
    expect(rows(inbox)).to_have_count(1)
    search.fill("nobody is called like this")
    search.press("Enter")
    expect(inbox.get_by_role("heading", name="No conversation matches")).to_be_visible()


def test_the_funnel_counts_while_choosing(inbox):
    inbox.get_by_label("Filter", exact=True).click()
    inbox.get_by_label("Channel", exact=True).select_option("line")
    show = inbox.locator("#matches")
    expect(show).not_to_have_text("Show")
    count = show.inner_text().removeprefix("Show ")
    show.click()
    inbox.wait_for_url("**channel=line**")
    assert rows(inbox).count() == min(int(count), 40)
    assert set(rows(inbox).evaluate_all("all => all.map((row) => row.dataset.channel)")) == {"line"}


@pytest.mark.parametrize("channel", ["line", "whatsapp"])
def test_a_reply_arrives_at_the_customers_phone_and_the_answer_comes_back_live(inbox, stack, channel):
    number = opened(inbox, channel)
    text = f"Reserved for you, see you soon ({channel} {number})"
    inbox.get_by_role("textbox", name="Reply").fill(text)
    inbox.keyboard.press("Control+Enter")
    mine = inbox.locator(".inbox-bubble-out", has_text=text)
    expect(mine).to_be_visible()
    arrived = re.compile("^Sent$" if channel == "line" else "^(Delivered|Read)$")
    expect(mine.locator(".inbox-tick svg")).to_have_attribute("aria-label", arrived, timeout=WORKERS_MS)
    expect(inbox.get_by_role("textbox", name="Reply")).to_have_value("")

    (row,) = [row for row in stack.sandbox("journal?limit=10000")["results"] if text in str(row)]
    answer = f"Thank you! ({channel} {number})"
    stack.sandbox(
        "inbound", {"channel": channel, "account": row["account"], "from": row["recipient"], "text": answer}
    )
    expect(inbox.locator("#thread")).to_contain_text(answer, timeout=WORKERS_MS)
    expect(inbox.locator(f"#row-{number} .inbox-row-text")).to_contain_text(answer)


def test_what_was_typed_is_there_again_after_a_reload(inbox):
    opened(inbox, "line")
    box = inbox.get_by_role("textbox", name="Reply")
    box.press_sequentially("Half a sentence")
    inbox.reload()
    expect(box).to_have_value("Half a sentence")
    box.fill("")


@pytest.mark.requirement("S1-12", "S1-13", "S2-11")
def test_chats_are_chosen_singly_in_ranges_by_page_and_all_that_match(inbox, axe):
    inbox.get_by_label("More actions").click()
    inbox.get_by_role("link", name="Broadcast message", exact=True).click()
    bar = inbox.locator("#selection")
    expect(bar).to_contain_text("Nothing selected yet")
    expect(bar.get_by_role("button", name="Next")).to_be_disabled()
    axe(inbox)

    rows(inbox).nth(1).click()
    rows(inbox).nth(4).click(modifiers=["Shift"])
    expect(bar).to_contain_text("4 selected")
    rows(inbox).nth(2).click()
    expect(bar).to_contain_text("3 selected")

    inbox.get_by_label("Select all", exact=True).check()
    expect(bar).to_contain_text("40 selected")
    inbox.locator("#further").scroll_into_view_if_needed()
    expect(rows(inbox)).not_to_have_count(40)
    expect(bar).to_contain_text("40 selected")

    inbox.locator("[data-select-matching]").click()
    expect(bar).to_contain_text("that match selected")
    bar.get_by_role("button", name="Clear").click()
    expect(bar).to_contain_text("Nothing selected yet")


@pytest.mark.requirement("S2-43", "S2-44")
def test_on_a_phone_list_and_conversation_take_turns(phone, sign_in, axe):
    sign_in(phone)
    phone.goto(MINE)
    expect(rows(phone).first).to_be_visible()
    rows(phone).first.locator(".inbox-row-link").click()
    expect(phone.locator("#thread")).to_be_visible()
    expect(phone.locator("#list")).to_be_hidden()
    expect(phone.get_by_role("button", name="Insert an emoji")).to_be_hidden()
    assert phone.evaluate("document.documentElement.scrollWidth <= innerWidth")
    axe(phone)
    phone.get_by_label("Back to the list").click()
    expect(rows(phone).first).to_be_visible()

    phone.get_by_label("More actions").click()
    phone.get_by_role("link", name="Broadcast message", exact=True).click()
    phone.get_by_label("Select all", exact=True).check()
    expect(phone.locator("#selection")).to_contain_text("40 selected")
    assert phone.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_it_speaks_chinese(inbox):
    try:
        speak(inbox, "zh-hant")
        inbox.goto(MINE)
        expect(inbox.locator("h1")).to_have_text("收件匣")
        expect(inbox.locator(".inbox-tabs [aria-current]")).to_contain_text("處理中")
        inbox.locator(".page-menu summary").click()
        expect(inbox.get_by_role("link", name="群發訊息", exact=True)).to_be_visible()
    finally:
        speak(inbox, "en")
