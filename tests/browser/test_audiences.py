"""By chats and bound customers in a real browser; the sandbox's journal says whom they reached."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.test_broadcast_flow import SENT_MS, arrived, go_on, reached, send, terms, until, write


@pytest.mark.requirement("S3-10", "S3-17")
def test_numbers_are_typed_mended_and_sent(page, sign_in, reachable, stack, axe):
    sign_in(page)
    page.goto("/inbox/")
    good, (on_whatsapp,) = reachable("line", 5, window="any"), reachable("whatsapp")
    page.locator(".rail").get_by_role("link", name="By chats").click()
    axe(page)
    page.get_by_role("button", name="Create a new broadcast").click()
    page.get_by_label("Chat numbers (use comma as a delimiter)").fill(
        f"#{'，'.join(good)}; x9\n{on_whatsapp} 999999"
    )
    mark = "Open on Sunday from ten"
    page.get_by_label("Broadcast message").fill(mark)
    expect(page.locator("[data-fault=whatsapp]")).to_contain_text(on_whatsapp)
    expect(page.locator("[data-fault=not_a_number]")).to_contain_text("x9")
    button = page.locator("#send")
    expect(button).to_be_disabled()
    axe(page)
    page.reload()
    expect(page.get_by_label("Broadcast message")).to_have_value(mark)

    page.locator("[data-keep]").click()
    expect(page.get_by_label("Chat numbers (use comma as a delimiter)")).to_have_value(", ".join(good))
    expect(button).to_be_enabled()
    button.click()
    page.wait_for_url("**/campaigns/by-chats/?sent=*")
    row = page.locator("tr[id^=broadcast-]").first
    expect(row).to_contain_text(mark)
    expect(row.locator("td.num").first).to_have_text("5")
    expect(row).to_contain_text("Completed", timeout=SENT_MS)
    expect(row.locator("td.num").nth(1)).to_have_text("5", timeout=SENT_MS)
    until(lambda: sum(reached(rows) for rows in arrived(stack, mark).values()) == 5, page)


@pytest.mark.requirement("S2-36", "S2-37")
def test_bound_customers_are_chosen_and_reached(page, sign_in, stack, axe):
    sign_in(page)
    page.goto("/campaigns/new/")
    axe(page)
    page.get_by_role("link", name="Bound customers", exact=False).last.click()
    page.locator(".channel-choice a", has_text="LINE").click()
    boxes = page.locator("[data-select]")
    expect(boxes.first).to_be_visible()
    axe(page)
    page.get_by_role("button", name=re.compile(r"select all \d+ on this channel")).click()
    total = int(re.search(r"\d+", page.locator("#selection [data-count]").inner_text())[0])
    assert total > 5
    page.locator("#selection [data-clear]").click()
    for place in range(3):
        boxes.nth(place).click()
    expect(page.locator("#selection [data-count]")).to_contain_text("3")
    go_on(page)
    expect(page.locator("[aria-labelledby=selection-title]")).to_contain_text("3 customers")
    mark = "For our bound customers only"
    write(page, mark)
    named = send(page)
    expect(page.locator("#progress .pill").first).to_contain_text("Completed", timeout=SENT_MS)
    assert terms(page)["people"] == 3
    until(lambda: sum(reached(rows) for rows in arrived(stack, mark).values()) == named, page)


def test_the_whole_way_fits_a_phone(phone, sign_in, axe):
    sign_in(phone)
    for path in ("/campaigns/new/", "/campaigns/by-chats/", "/campaigns/bound/"):
        phone.goto(path)
        assert phone.evaluate("document.documentElement.scrollWidth <= innerWidth")
        axe(phone)
    phone.goto("/campaigns/new/")
    phone.get_by_role("button", name="Chat numbers").press("Enter")
    phone.wait_for_url("**/by-chats/")
    expect(phone.locator("#chat-numbers")).to_be_focused()
    assert phone.evaluate("document.documentElement.scrollWidth <= innerWidth")
    axe(phone)
