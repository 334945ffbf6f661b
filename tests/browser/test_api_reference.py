"""The API's reference page works under our own content security policy: no inline script, no other origin."""

from __future__ import annotations

from playwright.sync_api import Page, expect


def test_the_reference_lists_and_opens_operations(page: Page) -> None:
    page.goto("/api/docs/")
    send = page.locator(".opblock", has_text="/api/v1/campaigns").filter(has_text="POST").first
    expect(send).to_be_visible()
    send.click()
    expect(page.get_by_text("Idempotency-Key").first).to_be_visible()
