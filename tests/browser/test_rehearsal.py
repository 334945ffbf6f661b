"""Rehearse, in a real browser: from the composer to the check of what arrived, and back to the real team."""

import json
import re

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import PASSWORD
from tests.browser.test_broadcast_flow import SENT_MS, choose_all, go_on, write

MARK = "A lamp that nobody shall see"
ID_OF = ("channel_id", "phone_number_id", "page_id", "ig_id")  # at the sandbox, by kind of account


@pytest.mark.requirement("B-29")
def test_a_broadcast_is_rehearsed_with_failures_and_checked(page, stack, axe, errors):
    page.goto("/accounts/login/")  # a session of its own: it works in another team for a while
    page.locator("input[name=login]").fill("sales@demo.test")
    page.locator("input[name=password]").fill(PASSWORD)
    page.locator("input[name=password]").press("Enter")
    page.wait_for_url(lambda url: "/accounts/login" not in url)
    known = stack.sandbox("accounts")["results"]
    real = {account[name] for account in known for name in ID_OF if name in account}
    choose_all(page)
    go_on(page)
    write(page, MARK)
    expect(page.locator("#send")).to_be_enabled()
    page.get_by_role("button", name="Rehearse").click()
    page.wait_for_url("**/rehearse/")
    number = re.search(r"campaigns/(\d+)/", page.url)[1]
    axe(page)
    page.get_by_label("20 %").check()
    page.get_by_label("Reports come late, twice and in disorder").check()
    page.get_by_role("button", name="Start the rehearsal").click()

    page.wait_for_url(re.compile(r"/campaigns/\d+/$"))
    expect(page.get_by_text("Rehearsal: nobody receives anything.")).to_be_visible()
    expect(page.locator("#progress .pill").first).to_contain_text("Completed", timeout=SENT_MS)
    told = page.get_by_text(re.compile(r"[1-9]\d* of \d+ reached, [1-9]\d* not"))
    expect(told).to_be_visible()
    axe(page)
    page.get_by_role("link", name="Check this broadcast").click()
    expect(page.get_by_text("Nobody is missing and nobody got anything twice.")).to_be_visible()

    rows = stack.sandbox("journal?limit=10000&all=true")["results"]
    played = {row["account"] for row in rows if MARK in json.dumps(row["body"])}
    assert len(real) > 4
    assert played
    assert not played & real

    # The page that is left may look for news once more, of a broadcast the real team does not have.
    errors.forgive(r"status of 404 .*/campaigns/\d+/\)$")
    page.get_by_role("button", name="Back to the real team").click()
    expect(page.get_by_text("Rehearsal: nobody receives anything.")).to_have_count(0)
    page.goto(f"/campaigns/{number}/rehearse/")
    expect(
        page.get_by_text("20 % cannot be reached · Reports come late, twice and in disorder")
    ).to_be_visible()
    page.get_by_role("button", name="Look at it").click()
    page.get_by_role("button", name=f"Back to broadcast №{number}").click()
    page.wait_for_url(f"**/campaigns/{number}/edit/")
