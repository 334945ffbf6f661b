"""A WhatsApp template from the menu to the outcome, and to one customer in a closed window, in a real browser."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.test_answering import MINE, WORKERS_MS
from tests.browser.test_broadcast_flow import (
    SENT_MS,
    arrived,
    page_and_journal_agree,
    pick,
    send,
    terms,
    until,
)


def entries(page):
    """The entries of the top-right menu that select chats, which is left open."""
    page.goto(MINE)
    page.locator(".page-menu > summary").click()
    return page.locator(".page-menu a[href*='select=']")


def fill_in(page, order):
    """The two values of the demo's order_ready: a plain one, and the customer's name with a word in its stead."""
    page.locator("#value-order_no").fill(order)
    field = page.locator(".field", has=page.locator("#value-first_name"))
    field.locator("summary").click()
    field.locator("[data-fallback]").fill("friend")
    field.get_by_role("button", name="Customer's name").click()
    expect(page.locator("#value-first_name")).to_have_value("{{ name|friend }}")


@pytest.mark.requirement("S2-31", "S2-32", "S2-33")
def test_select_all_keep_one_account_pick_fill_send_and_watch(page, sign_in, stack, axe, errors):
    errors.forgive("status of 409")
    sign_in(page)
    entries(page).nth(1).click()
    page.get_by_role("button", name=re.compile(r"select all [\d,]+ that match")).click()
    page.get_by_role("button", name="Next").click()
    prompt = page.get_by_role("dialog", name="Message template conflict")
    expect(prompt).to_contain_text("customers of the same WhatsApp business account")
    expect(prompt.get_by_role("listitem")).to_have_count(2)
    axe(page)
    keep = prompt.get_by_role("listitem").filter(has_text="Lumi Hong Kong").locator(".btn")
    kept = int(re.search(r"\d+", keep.inner_text())[0])
    keep.click()
    expect(page.locator("#selection [data-count]")).to_have_text(f"All {kept} that match selected")
    page.get_by_role("button", name="Next").click()
    page.wait_for_url("**/template/")
    axe(page)
    page.get_by_role("searchbox", name="Search templates").fill("order_ready")
    expect(page.locator(".template-choice")).to_have_count(1)
    page.get_by_role("button", name="order_ready, English").click()
    page.wait_for_url("**/edit/")

    expect(page.locator("#send")).to_be_disabled()
    expect(page.locator("#send-reason")).to_contain_text("Order number: This value is empty.")
    order = "TB-20261126"
    fill_in(page, order)
    expect(page.locator("#phone-0")).to_contain_text(f"Order {order} is ready")
    first = page.locator("#phone-0 .phone-head").inner_text()
    expect(page.locator("#phone-0 .template-text .variable")).to_have_text(first)
    page.get_by_role("button", name="Next person").click()
    expect(page.locator("#phone-1")).to_be_visible()
    axe(page)
    page.reload()
    expect(page.locator("#value-order_no")).to_have_value(order)
    named = send(page)

    expect(page.locator("#progress .pill").first).to_contain_text("Completed", timeout=SENT_MS)
    expect(page.locator(".template-bubble")).to_contain_text(f"Order {order} is ready")
    axe(page)
    until(lambda: page_and_journal_agree(page, stack, order), page)
    counts = terms(page)
    assert counts["people"] == kept == named + counts["skipped"]
    sent = arrived(stack, order)
    assert {channel for channel, _account, _person in sent} == {"whatsapp"}
    assert len({account for _channel, account, _person in sent}) == 1
    bodies = [rows[0]["body"] for rows in sent.values()]
    assert {body["template"]["name"] for body in bodies} == {"order_ready"}
    assert "{{" not in str(bodies)


@pytest.mark.requirement("S2-56", "S2-58", "S2-60")
def test_both_entries_and_the_whole_way_on_a_phone(phone, new_page, sign_in, reachable, axe):
    def fits():
        return phone.evaluate("document.documentElement.scrollWidth <= innerWidth")

    both = ["Broadcast message", "Broadcast message template"]
    expect(entries(sign_in(new_page()))).to_have_text(both)
    sign_in(phone)
    expect(entries(phone)).to_have_text(both)
    entries(phone).nth(1).click()
    pick(phone, *reachable("whatsapp"))
    expect(phone.locator("#selection")).to_contain_text("1 selected")
    phone.get_by_role("button", name="Next").click()
    phone.wait_for_url("**/template/")
    assert fits()
    phone.locator(".template-choice", has_text="order_ready").locator("button").first.click()
    phone.wait_for_url("**/edit/")
    expect(phone.locator("#send")).to_be_disabled()
    fill_in(phone, "TB-PHONE")
    assert fits()
    axe(phone)
    assert send(phone) == 1
    expect(phone.locator("#progress .pill").first).to_contain_text("Completed", timeout=SENT_MS)
    assert fits()


@pytest.mark.requirement("S2-55", "S2-57")
def test_by_touch_select_all_or_the_funnel_for_a_template(phone, sign_in, stack, errors):
    errors.forgive("status of 409")
    sign_in(phone)
    entries(phone).nth(1).tap()
    phone.locator("[data-select-page]").tap()
    page_of = phone.locator(".inbox-row").count()
    expect(phone.locator("#selection [data-count]")).to_have_text(f"{page_of} selected")
    phone.get_by_role("button", name="Next").tap()
    expect(phone.get_by_role("dialog", name="Message template conflict")).to_be_visible()
    phone.get_by_role("button", name="Choose again").tap()

    phone.get_by_label("Filter", exact=True).tap()
    funnel = phone.locator(".inbox-filters")
    funnel.get_by_label("WhatsApp account").select_option(label="Lumi Hong Kong Ltd.")
    funnel.get_by_label("Reply window").select_option("closed")
    expect(phone.locator("#matches")).to_have_text(re.compile(r"\d"))
    funnel.get_by_role("button").tap()
    phone.wait_for_url("**account=**")
    matching = phone.get_by_role("button", name=re.compile("select (all [0-9,]+|the one) that match"))
    matching.tap()
    chosen = int(re.search(r"\d+", phone.locator("#selection [data-count]").inner_text())[0])
    phone.get_by_role("button", name="Next").tap()
    phone.wait_for_url("**/template/")
    phone.locator(".template-choice", has_text="order_ready").locator("button").first.tap()
    phone.wait_for_url("**/edit/")
    expect(phone.locator("#send")).to_be_disabled()
    order = "TB-TOUCH"
    fill_in(phone, order)
    expect(phone.locator("#send")).to_be_enabled()
    assert phone.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert phone.locator("#composer [name=client]").input_value() == "app"
    named = send(phone)
    expect(phone.locator("#progress .pill").first).to_contain_text("Completed", timeout=SENT_MS)
    until(lambda: page_and_journal_agree(phone, stack, order), phone)
    assert terms(phone)["people"] == chosen
    assert 0 < named <= chosen


@pytest.mark.requirement("S0-14")
def test_a_closed_window_takes_a_template_and_opens_with_the_answer(page, sign_in, reachable, stack, axe):
    sign_in(page)
    (number,) = reachable("whatsapp", window="closed")
    page.goto(f"/inbox/{number}/?mine=true&status=in_progress")
    expect(page.locator("#reply")).to_be_hidden()
    axe(page)
    page.locator("[data-instead]").get_by_role("link").click()  # "Send another" where a broadcast came before
    page.locator(".template-choice", has_text="chat_follow_up").locator("button").first.click()
    expect(page.locator("#send")).to_be_disabled()
    page.locator("#value-first_name").fill("my dear customer")
    expect(page.locator("#phone-0")).to_contain_text("my dear customer")
    axe(page)
    page.get_by_role("button", name="Send template").click()
    page.wait_for_url(f"**/inbox/{number}/**")
    expect(page.locator("#thread")).to_contain_text("my dear customer")
    expect(page.locator("#refusal")).to_contain_text("Template sent, waiting for an answer")
    expect(page.locator("#reply")).to_be_hidden()

    until(lambda: arrived(stack, "my dear customer"), page)
    ((_channel, account, recipient),) = arrived(stack, "my dear customer")
    answer = {"channel": "whatsapp", "account": account, "from": recipient, "text": "Yes, tell me"}
    stack.sandbox("inbound", answer)
    expect(page.locator("#thread")).to_contain_text("Yes, tell me", timeout=WORKERS_MS)
    expect(page.locator("#reply")).to_be_visible()
