"""The owner's side of the credit, in a real browser on the whole product, paid on the sandbox's payment page."""

import json
import re
import time
import urllib.error
import urllib.request

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import PASSWORD

# As if the owner had signed in hours ago: money asks for the password again.
LONG_AGO = """
from django.contrib.sessions.backends.db import SessionStore
session = SessionStore("{key}")
for one in session["account_authentication_methods"]:
    one["at"] -= 7200
session.save()
"""


@pytest.fixture
def signed_in_long_ago(sign_in, stack):
    def go(page, email):
        sign_in(page, email)
        (key,) = (cookie["value"] for cookie in page.context.cookies() if cookie["name"] == "session")
        stack.manage("shell", "--no-imports", "-c", LONG_AGO.format(key=key))

    return go


@pytest.mark.requirement("S0-8", "S0-9")
def test_the_owner_tops_up_from_the_status_page_and_nobody_else_does(
    page, new_page, sign_in, signed_in_long_ago, errors, axe
):
    signed_in_long_ago(page, "owner@demo.test")
    page.goto("/campaigns/")
    page.locator(".tile", has_text="WhatsApp credit").get_by_role("link", name="Top up").click()

    page.wait_for_url(re.compile("/accounts/reauthenticate/"))
    page.locator("input[name=password]").fill(PASSWORD)
    page.locator("input[name=password]").press("Enter")

    page.get_by_role("textbox", name="Amount").fill("123.40")
    axe(page)
    page.get_by_role("button", name="Go on to payment").click()
    page.wait_for_url(re.compile("/pay/cs_test_"))
    expect(page.get_by_role("heading")).to_have_text("123.40 USD")
    page.get_by_role("button", name="declined").click()
    expect(page.get_by_role("alert")).to_contain_text("declined")
    page.get_by_role("button", name="Pay 付款").click()

    page.wait_for_url(re.compile("/credit/top-ups/"))
    expect(page.locator("#state")).to_contain_text("Paid and credited")
    number = re.search(r"№\d+", page.get_by_role("heading", level=1).inner_text()).group()
    page.get_by_role("link", name="To the credit page").click()
    expect(page.get_by_role("row", name=f"Top-up {number}")).to_contain_text("+123.4000 USD")
    axe(page)

    admin = sign_in(new_page(), "admin@demo.test")
    admin.goto("/campaigns/")
    tile = admin.locator(".tile", has_text="WhatsApp credit")
    expect(tile).to_contain_text("USD")
    expect(tile.get_by_role("link", name="Top up")).to_have_count(0)
    errors.forgive("status of 403")
    admin.goto("/credit/top-up/")
    expect(admin.locator("#main")).to_contain_text("Only the owner of your team may do this: Owner Demo.")


def test_the_owner_lets_a_saved_card_recharge(page, signed_in_long_ago, errors, axe):
    signed_in_long_ago(page, "owner@demo.test")
    page.goto("/credit/recharge/")
    page.locator("input[name=password]").fill(PASSWORD)
    page.locator("input[name=password]").press("Enter")
    page.get_by_label("When less is left than").fill("10")
    page.get_by_label("Charge the card with").fill("50")
    page.get_by_label("At most in a month").fill("20")
    errors.forgive("status of 422")
    page.get_by_role("button", name="Save and choose a card").click()
    expect(page.get_by_text("must cover at least one recharge")).to_be_visible()
    page.get_by_label("At most in a month").fill("200")
    page.get_by_role("button", name="Save and choose a card").click()
    page.wait_for_url(re.compile("/pay/cs_test_"))
    page.get_by_role("button", name="Save the card").click()
    expect(page.locator("#main")).to_contain_text("visa 4242")
    axe(page)
    page.goto("/credit/")
    expect(page.locator("#credit")).to_contain_text("Recharges 50.00 USD below 10.00 USD, up to 200.00 USD")
    page.goto("/credit/recharge/")
    page.get_by_role("button", name="Switch off and forget the card").click()
    expect(page.locator("#credit")).to_contain_text("No automatic recharge")


def through_the_api(stack, token, path, body=None):
    request = urllib.request.Request(
        f"{stack.url}/api/v1/{path}",
        data=None if body is None else json.dumps(body).encode(),
        headers={"Authorization": f"Bearer {token}", "Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=30) as response:
        return json.load(response)


@pytest.mark.requirement("B-27")
def test_metas_bill_stands_beside_our_books_and_leads_to_the_message(page, sign_in, stack, axe):
    """A template to one customer is delivered and billed by the sandbox; then the bill is compared at once."""
    sales, admin = (
        stack.manage("create_api_token", f"{name}@demo.test", "--tenant", "demo").strip()
        for name in ("sales", "admin")
    )
    templates = through_the_api(stack, sales, "templates")["results"]
    named = {(one["name"], one["language"]): one for one in templates}
    template = named["chat_follow_up", "en"]
    chats = through_the_api(stack, sales, "conversations?channel=whatsapp&mine=true")["results"]
    before = spent_entries(stack, admin)
    filled = {"template": {"id": template["id"], "parameters": {"first_name": "Mei"}}}
    chat = next(chat for chat in chats if sent(stack, sales, chat, filled))
    deadline = time.monotonic() + 60
    while spent_entries(stack, admin) == before:
        assert time.monotonic() < deadline, "its report never came"

    sign_in(page, "admin@demo.test")
    page.goto("/credit/")
    page.get_by_role("link", name="Compare with Meta's bill").click()
    page.get_by_role("button", name="Compare now").click()
    expect(page.get_by_text("Meta is being asked")).to_be_visible()
    line = page.get_by_role("row", name="Utility templates").first
    expect(line).to_contain_text(
        "still counting", timeout=30_000
    )  # the event may come before the page listens
    axe(page)
    line.get_by_role("link").click()
    expect(page.get_by_role("link", name=f"Reply in chat #{chat['number']}").first).to_be_visible()
    axe(page)


def sent(stack, token, chat, message):
    """Whether it went to this chat: the template belongs to one of the two accounts."""
    try:
        through_the_api(stack, token, f"conversations/{chat['number']}/messages", message)
    except urllib.error.HTTPError as error:
        assert error.code == 400, error.read()
        return False
    return True


def spent_entries(stack, token):
    entries = through_the_api(stack, token, "wallet/entries")["results"]
    return [entry["id"] for entry in entries if entry["moved_to"] == "spent"]
