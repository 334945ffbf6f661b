"""The phones page in a real Chromium: live, usable on a phone, in both languages, by assistive technology."""

import struct
import zlib

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import slowed
from tests.sandbox.conftest import http, receiver, sandbox  # noqa: F401  fixtures

MEI = "U3f1c9a0be27d4485a1c2e5f6079b8d34"
NUMBER = "106500700800900"


@pytest.fixture
def open_page(chromium, errors, sandbox, http):  # noqa: F811
    """Opens pages of the sandbox, whose errors fail the test."""
    contexts = []

    def open_page(path, **options):
        options = {"viewport": {"width": 1440, "height": 900}, "locale": "en-US", **options}
        context = chromium.new_context(base_url=sandbox, **options)
        contexts.append(context)
        page = context.new_page()
        slowed(page)
        errors.watch(page)
        page.goto(path)
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert errors.unforgiven() == []


def png(red, green, blue):
    """A small picture of one colour."""

    def chunk(name, data):
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    rows = (b"\0" + bytes((red, green, blue)) * 8) * 8
    header = struct.pack(">IIBBBBB", 8, 8, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(rows))
        + chunk(b"IEND", b"")
    )


@pytest.fixture
def people(http, receiver):  # noqa: F811
    """Mei on LINE has a text and a picture, Grace on WhatsApp a text with buttons."""
    receiver.files["/a.png"] = ("image/png", png(190, 60, 90))
    picture = f"{receiver.url}/a.png"
    http.post("/_sandbox/people", {"account": "1650000001", "people": [{"user_id": MEI, "name": "林美玲"}]})
    messages = [
        {"type": "text", "text": "春季特賣 🌸 https://shop.test/spring"},
        {"type": "image", "originalContentUrl": picture, "previewImageUrl": picture},
    ]
    http.post("/v2/bot/message/push", {"to": MEI, "messages": messages}, token="line-token")
    http.post(
        "/_sandbox/people", {"account": NUMBER, "people": [{"phone": "+886912000111", "name": "Grace"}]}
    )
    button = {"type": "reply", "reply": {"id": "keep", "title": "Keep it"}}
    interactive = {"type": "button", "body": {"text": "Keep your booking?"}, "action": {"buttons": [button]}}
    sent = {
        "messaging_product": "whatsapp",
        "to": "+886912000111",
        "type": "interactive",
        "interactive": interactive,
    }
    http.post(f"/v25.0/{NUMBER}/messages", sent, token="whatsapp-token")


def test_a_customer_answers_and_sees_news_without_reloading(open_page, http, people):  # noqa: F811
    page = open_page("/phones")
    page.get_by_role("link", name="林美玲").click()
    page.get_by_label("Answer as the customer").fill("有貨嗎？")
    page.keyboard.press("Enter")
    expect(page.locator(".mine", has_text="有貨嗎？")).to_be_visible()
    expect(page.get_by_label("Answer as the customer")).to_have_value("")

    page.set_input_files(
        "input[name=file]", {"name": "b.png", "mimeType": "image/png", "buffer": png(40, 110, 90)}
    )
    expect(page.get_by_text("File chosen: b.png")).to_be_visible()
    page.get_by_role("button", name="Send").last.click()
    expect(page.locator(".mine img")).to_be_visible()
    expect(page.get_by_text("File chosen: b.png")).to_be_hidden()

    body = {"to": MEI, "messages": [{"type": "text", "text": "Yes, in white"}]}
    http.post("/v2/bot/message/push", body, token="line-token")
    expect(page.locator(".theirs", has_text="Yes, in white")).to_be_in_viewport()
    expect(page.locator("#list")).to_contain_text("Yes, in white")


def test_buttons_are_tapped_and_the_list_is_searched(open_page, people):
    page = open_page("/phones")
    page.get_by_label("Search name or number").fill("grac")
    expect(page.locator("#list li")).to_have_count(1)
    page.get_by_role("link", name="Grace").click()
    page.get_by_role("button", name="Keep it").click()
    expect(page.locator(".mine", has_text="Keep it")).to_be_visible()


def test_a_narrow_screen_shows_one_thing_at_a_time(open_page, people):
    page = open_page("/phones", viewport={"width": 390, "height": 844}, locale="zh-TW")
    expect(page.get_by_role("heading", name="顧客手機")).to_be_visible()
    page.get_by_role("link", name="林美玲").click()
    expect(page.get_by_role("heading", name="顧客手機")).to_be_hidden()
    expect(page.get_by_label("以顧客身分回覆")).to_be_in_viewport()
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    page.get_by_role("link", name="所有手機").click()
    expect(page.get_by_role("heading", name="顧客手機")).to_be_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1440, 390])
def test_nothing_serious_stands_in_the_way_of_assistive_technology(open_page, people, axe, scheme, width):
    for path in ("/phones", "/phones/0", "/phones/1"):
        axe(open_page(path, color_scheme=scheme, viewport={"width": width, "height": 900}, bypass_csp=True))
