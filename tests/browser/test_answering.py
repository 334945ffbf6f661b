"""Answering as sales staff do: saved replies, files, drafts, the keyboard; and news when live events are cut."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.test_broadcast_flow import choose_all, go_on
from tests.channels.media.samples import picture

MINE = "/inbox/?mine=true&status=in_progress"
WORKERS_MS = 30_000  # for what goes through workers and the sandbox


@pytest.fixture
def inbox(page, sign_in):
    sign_in(page)
    page.goto(MINE)
    return page


def opened(page, query, place=0):
    """Open a conversation of mine; its number."""
    page.goto(f"{MINE}&{query}")
    row = page.locator(".inbox-row").nth(place)
    number = row.get_attribute("data-number")
    row.locator(".inbox-row-link").click()
    expect(page.locator(f"#conversation[data-number='{number}']")).to_be_visible()
    return number


def box_of(page):
    return page.get_by_role("textbox", name="Reply")


def test_a_slash_finds_a_saved_reply_and_fills_it_in_for_this_customer(inbox, axe):
    opened(inbox, "channel=line")
    name = inbox.locator("#customer h2").inner_text()
    box, options = box_of(inbox), inbox.locator("#saved-replies")
    box.press_sequentially("Hello! /ho")
    expect(options.get_by_role("option").first).to_contain_text("Opening hours")
    axe(inbox)
    inbox.keyboard.press("ArrowDown")
    expect(options.get_by_role("option").nth(1)).to_have_attribute("aria-selected", "true")
    inbox.keyboard.press("ArrowUp")
    inbox.keyboard.press("Enter")
    expect(box).to_have_value(re.compile(rf"^Hello! Hi {re.escape(name)}, we are open"))
    expect(options).to_be_hidden()
    box.fill("")
    box.press_sequentially("/")
    expect(options).to_be_visible()
    inbox.keyboard.press("Escape")
    expect(options).to_be_hidden()
    expect(box).to_have_value("/")
    box.fill("")


def test_the_button_offers_them_too_with_their_picture(inbox):
    opened(inbox, "channel=whatsapp&window=open")
    inbox.locator("#reply").get_by_role("button", name="Saved replies").click()
    search = inbox.get_by_role("combobox", name="Search saved replies")
    search.fill("favourite")
    option = inbox.locator("#saved-replies [role=option]")
    expect(option).to_have_count(1)
    option.click()
    expect(box_of(inbox)).to_have_value(re.compile("Our favourite this week"))
    expect(inbox.locator(".inbox-attached-file")).to_contain_text("lamp.jpg")
    inbox.get_by_role("button", name="Remove", exact=True).click()
    box_of(inbox).fill("")


@pytest.mark.requirement("S2-24")
def test_a_saved_reply_becomes_parts_of_a_broadcast_and_stays_when_it_is_deleted(
    inbox, new_page, sign_in, errors
):
    errors.forgive("status of 404")
    title = "Only for this broadcast"
    other = sign_in(new_page())
    other.goto("/saved-replies/new/")
    other.get_by_label("Title").fill(title)
    other.get_by_label("Text", exact=True).fill("Dear {{ name|friend }}, see you soon.")
    other.get_by_role("button", name="Save", exact=True).click()

    choose_all(inbox)
    go_on(inbox)
    texts = inbox.locator("[data-text]")
    before = texts.count()
    inbox.get_by_role("button", name="Add saved reply").click()
    option = inbox.locator("#saved-replies [role=option]", has_text=title)
    option.click()
    expect(texts).to_have_count(before + 1)
    expect(texts.last).to_have_value("Dear {{ name|friend }}, see you soon.")

    inbox.get_by_role("button", name="Add saved reply").click()
    expect(option).to_be_visible()
    other.get_by_role("link", name=re.compile(title)).click()
    other.get_by_role("button", name="Delete").click()
    other.get_by_role("dialog").get_by_role("button", name="Delete").click()
    expect(other.get_by_text(f"“{title}” was deleted.")).to_be_visible()
    option.click()
    expect(inbox.get_by_text("This saved reply was deleted meanwhile. Choose another one.")).to_be_visible()
    expect(texts).to_have_count(before + 1)
    expect(texts.last).to_have_value("Dear {{ name|friend }}, see you soon.")


def test_files_travel_at_once_and_what_the_channel_refuses_is_said_by_its_rule(inbox):
    opened(inbox, "channel=line")
    pictures = [
        {"name": f"shirt{n}.png", "mimeType": "image/png", "buffer": picture(size=(320, 200))} for n in (1, 2)
    ]
    menu = {"name": "menu.pdf", "mimeType": "application/pdf", "buffer": b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n"}
    inbox.locator("#reply [data-attach]").set_input_files([*pictures, menu])
    files = inbox.locator(".inbox-attached-file")
    expect(files).to_have_count(3)
    expect(files.filter(has_text="menu.pdf").get_by_role("alert")).to_contain_text("LINE")
    expect(inbox.locator("#reply input[name=media]")).to_have_count(2)
    shown = inbox.locator("#thread [data-lightbox]")
    before = shown.count()
    inbox.locator("#reply").get_by_role("button", name="Send").click()
    expect(shown).to_have_count(before + 2)
    expect(files).to_have_count(0)

    shown.last.focus()
    inbox.keyboard.press("Enter")
    large = inbox.locator("#lightbox")
    expect(large.locator("[data-title]")).to_have_text("shirt2.png")
    inbox.keyboard.press("ArrowLeft")
    expect(large.locator("[data-title]")).to_have_text("shirt1.png")
    inbox.keyboard.press("Escape")
    expect(large).to_be_hidden()
    expect(shown.nth(before)).to_be_focused()


def test_every_chat_keeps_its_own_draft(inbox):
    first = opened(inbox, "channel=line")
    box_of(inbox).fill("For the first")
    inbox.locator(".inbox-row-link").nth(1).click()
    expect(inbox.locator("#conversation")).not_to_have_attribute("data-number", first)
    expect(box_of(inbox)).to_have_value("")
    inbox.locator(f"#row-{first} .inbox-row-link").click()
    expect(box_of(inbox)).to_have_value("For the first")
    box_of(inbox).fill("")


def test_the_inbox_is_read_by_keyboard(inbox, axe):
    links = inbox.locator(".inbox-row-link")
    inbox.keyboard.press("j")
    expect(links.first).to_be_focused()
    inbox.keyboard.press("j")
    inbox.keyboard.press("ArrowDown")
    expect(links.nth(2)).to_be_focused()
    inbox.keyboard.press("k")
    number = inbox.locator(".inbox-row").nth(1).get_attribute("data-number")
    inbox.keyboard.press("Enter")
    expect(inbox.locator(f"#conversation[data-number='{number}']")).to_be_visible()
    inbox.keyboard.press("r")
    expect(box_of(inbox)).to_be_focused()
    inbox.keyboard.press("Escape")
    inbox.keyboard.press("Escape")
    expect(inbox.locator(f"#row-{number} .inbox-row-link")).to_be_focused()
    inbox.keyboard.press("?")
    expect(inbox.get_by_role("dialog", name="Keyboard")).to_be_visible()
    axe(inbox)


def test_a_message_is_found_by_its_words_and_the_line_is_shown(inbox):
    search = inbox.get_by_role("searchbox", name="Search conversations")
    search.fill("still in stock at")
    search.press("Enter")
    expect(inbox.locator(".inbox-row mark").first).to_have_text("still in stock at")


@pytest.mark.requirement("S3-13")
def test_the_numbers_of_chosen_chats_are_copied_for_a_broadcast_by_chats(inbox):
    inbox.context.grant_permissions(["clipboard-read", "clipboard-write"])
    inbox.goto(f"{MINE}&select=message")
    numbers = [inbox.locator(".inbox-row").nth(n).get_attribute("data-number") for n in (0, 2)]
    inbox.locator(".inbox-row").nth(0).click()
    inbox.locator(".inbox-row").nth(2).click()
    inbox.get_by_role("button", name="Copy numbers").click()
    expect(inbox.get_by_role("button", name="Copied")).to_be_visible()
    assert inbox.evaluate("navigator.clipboard.readText()") == ", ".join(numbers)


def test_news_come_by_asking_where_live_events_are_cut(inbox, stack, errors):
    errors.forgive("ERR_FAILED")
    inbox.route("**/events/**", lambda route: route.abort())
    number = opened(inbox, "channel=line")
    box = box_of(inbox)
    box.fill("Half a sentence")
    text = "Can you read me without events?"
    people = stack.sandbox("people?limit=10000")["results"]
    address = inbox.locator("#customer .inbox-history .figure").first.inner_text()
    person = next(one for one in people if one["address"] == address)
    stack.sandbox("inbound", {"channel": "line", "account": person["account"], "from": address, "text": text})
    expect(inbox.locator("#thread")).to_contain_text(text, timeout=WORKERS_MS)
    expect(inbox.locator(f"#row-{number} .inbox-row-text")).to_contain_text(text, timeout=WORKERS_MS)
    expect(box).to_have_value("Half a sentence")
    expect(box).to_be_focused()
    box.fill("")


def test_a_sticker_and_a_place_from_the_customers_phone_show_in_the_chat(inbox, stack):
    opened(inbox, "channel=line")
    address = inbox.locator("#customer .inbox-history .figure").first.inner_text()
    people = stack.sandbox(f"people?q={address}")["results"]
    person = {"channel": "line", "account": people[0]["account"], "from": address}
    stack.sandbox("inbound", person | {"action": "sticker"})
    stack.sandbox("inbound", person | {"action": "location"})
    thread = inbox.locator("#thread")
    expect(thread).to_contain_text("Taipei 101", timeout=WORKERS_MS)
    expect(thread.locator(".inbox-absent", has_text="Sticker").last).to_be_visible()


def test_reply_windows_run_down_without_a_reload(inbox):
    inbox.clock.install()
    inbox.goto(f"{MINE}&channel=whatsapp&window=open")
    left = inbox.locator("[data-left]").first
    before = left.inner_text()
    inbox.clock.fast_forward("00:30:00")
    expect(left).not_to_have_text(before)
