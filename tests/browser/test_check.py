"""*Check this broadcast* in a real browser: our account beside the record of the sandbox."""

import re

from playwright.sync_api import expect

from tests.browser.test_broadcast_flow import SENT_MS, choose_all, go_on, send, write


def test_a_finished_broadcast_is_checked_person_by_person(page, sign_in, stack, axe):
    sign_in(page)
    choose_all(page)
    go_on(page)
    write(page, "What did arrive?")
    named = send(page)
    expect(page.locator("#progress .pill").first).to_contain_text("Completed", timeout=SENT_MS)

    page.get_by_role("link", name="Check this broadcast").click()
    page.wait_for_url("**/check/")
    expect(page.get_by_text("Nobody is missing and nobody got anything twice.")).to_be_visible()
    found = {
        word: int(figure.replace(",", ""))
        for figure, word in re.findall(
            r"([\d,]+) (messages|agreed|missing|doubled|extra)",
            " ".join(page.locator(".equation").inner_text().split()),
        )
    }
    assert found["missing"] == found["doubled"] == found["extra"] == 0
    assert found["messages"] >= named
    axe(page)

    page.get_by_role("link", name=re.compile(r"\d agreed$")).click()
    expect(page.locator("tbody tr").first).to_contain_text("agreed")
    page.get_by_role("link", name=re.compile(r"\d doubled$")).click()
    expect(page.get_by_text("No message has this verdict.")).to_be_visible()
    with page.expect_download() as download:
        page.get_by_role("link", name="Download CSV").click()
    lines = download.value.path().read_text().splitlines()
    assert len(lines) == found["messages"] + 1


def test_what_came_with_the_demo_says_why_it_cannot_be_checked(page, sign_in, errors):
    errors.forgive("status of 409")
    sign_in(page)
    page.goto("/campaigns/?status=sent")
    page.get_by_role("link", name=re.compile("autumn collection")).first.click()
    page.get_by_role("link", name="Check this broadcast").click()
    expect(page.get_by_text("it came with the demo's data")).to_be_visible()
