"""A template from the first word to the approval, in a real browser on the whole product."""

import re
import uuid

import pytest
from playwright.sync_api import expect


@pytest.fixture
def named():
    """A name nobody has used; `ending` chooses the sandbox's verdict."""
    return lambda ending: f"e2e_{uuid.uuid4().hex[:8]}_{ending}"


def start(page, name, language="en"):
    page.goto("/campaigns/")
    page.get_by_role("link", name="Create template").click()
    page.get_by_label("Name", exact=True).fill(name)
    page.get_by_label("Language").select_option(language)
    page.get_by_role("button", name="Write it").click()
    page.wait_for_url(re.compile(r"/templates/\d+/edit/"))


@pytest.mark.requirement("S0-12", "S2-35")
def test_a_template_is_built_submitted_and_approved_before_ones_eyes(page, sign_in, named, axe):
    sign_in(page, "admin@demo.test")
    start(page, named("ready"))
    preview = page.locator("#preview")

    page.get_by_label("Text", exact=True).last.fill("Hello ")
    page.locator("summary", has_text="Insert variable").click()
    page.get_by_role("button", name="First name").click()
    page.locator("#body").press_sequentially(", your *order* is ready to be collected.")
    expect(preview).to_contain_text("{{first_name}}")
    page.get_by_label("First name").fill("Mei")
    expect(preview.locator(".variable")).to_have_text("Mei")
    expect(preview.locator(".font-bold")).to_have_text("order")

    page.locator(".choice", has_text="Text").click()
    page.locator("#header_text").fill("Good news")
    expect(preview.locator(".template-heading")).to_have_text("Good news")
    page.get_by_role("button", name="Quick reply").click()
    page.get_by_label("Words on the button").fill("Thank you")
    expect(preview.locator(".template-button")).to_have_text("Thank you")
    expect(page.locator("#foot")).to_contain_text("Ready")
    axe(page)

    page.get_by_role("button", name="Submit for review").click()
    page.wait_for_url(re.compile(r"/templates/\d+/$"))
    expect(page.locator("#template")).to_contain_text(
        "Approved", timeout=60_000
    )  # told live, without a reload
    axe(page)
    page.goto("/templates/?status=approved")
    expect(page.locator(".rows")).to_contain_text("e2e_")


def test_a_rejected_template_says_why(page, sign_in, named):
    sign_in(page, "admin@demo.test")
    start(page, named("reject"))
    page.locator("#body").fill("Thank you for your visit to our shop.")
    expect(page.locator("#foot")).to_contain_text("Ready")
    page.get_by_role("button", name="Submit for review").click()
    expect(page.locator("#template")).to_contain_text("Put words around every variable", timeout=60_000)


def test_what_is_wrong_is_said_while_typing_and_a_draft_survives(page, sign_in, named):
    sign_in(page, "admin@demo.test")
    start(page, named("draft"))
    page.locator("#body").fill("{{first_name}}, your order is ready to be collected")
    expect(page.locator("#fault-body")).to_contain_text("WhatsApp takes none at the edge")
    page.locator("#body").fill("Dear {{first_name}}, your order is ready")
    expect(page.locator("#fault-body")).to_be_hidden()
    page.reload()
    expect(page.locator("#body")).to_have_value("Dear {{first_name}}, your order is ready")


def test_the_builder_on_a_phone_in_chinese(phone, sign_in, axe):
    sign_in(phone, "admin@demo.test")
    phone.goto("/templates/?status=draft")
    phone.locator(".row-link").first.click()
    phone.get_by_role("link", name="Continue writing").click()
    expect(phone.locator("#builder")).to_be_visible()
    assert phone.evaluate("document.documentElement.scrollWidth <= innerWidth")
    axe(phone)
