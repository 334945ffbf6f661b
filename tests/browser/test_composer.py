"""The composer in a real browser: drafts that survive, order by keyboard, refusals in words."""

import json
import re

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import unplug
from tests.browser.test_broadcast_flow import SELECT, speak, until, write


@pytest.fixture
def composer(page, sign_in, reachable):
    """The composer for one LINE and one WhatsApp chat, opened as from the inbox."""
    sign_in(page)
    numbers = [*reachable("line", window="any"), *reachable("whatsapp")]
    page.goto(SELECT)
    token = page.locator("meta[name=csrf-token]").get_attribute("content")
    form = {"csrfmiddlewaretoken": token, "mode": "message", "conversations": ",".join(numbers)}
    answer = page.request.post("/campaigns/new/", form=form, headers={"Referer": page.url})
    page.goto(answer.url)
    return page


def saved(page):
    """Wait until the server has what stands on the page."""
    kept = "Object.keys(localStorage).some((key) => key.startsWith('broadcast-draft'))"
    until(lambda: not page.evaluate(kept), page)


def texts(page):
    return [area.input_value() for area in page.locator("[data-text]").all()]


def test_a_draft_comes_back_after_a_reload(composer):
    write(composer, "Half a sentence")
    saved(composer)
    composer.reload()
    assert texts(composer) == ["Half a sentence"]


def test_what_only_the_device_kept_is_saved_as_soon_as_the_page_is_open_again(composer):
    number = composer.url.split("/campaigns/")[1].split("/")[0]
    team = composer.locator("#composer").get_attribute("data-draft")
    kept = json.dumps([{"kind": "text", "text": "Typed before the crash"}])
    composer.evaluate("([key, kept]) => localStorage.setItem(key, kept)", [f"broadcast-draft-{team}", kept])
    with composer.expect_response(f"**/campaigns/{number}/save/"):
        composer.reload()
    saved(composer)
    composer.reload()
    assert texts(composer) == ["Typed before the crash"]


def test_what_was_typed_without_a_network_is_kept_and_saved_later(composer, errors):
    errors.forgive("ERR_INTERNET_DISCONNECTED")
    errors.forgive("htmx:(sendError|afterRequest)")
    write(composer, "Before the tunnel")
    saved(composer)
    unplug(composer)
    write(composer, "Before the tunnel and in it")
    expect(composer.locator("#unsaved")).to_be_visible()
    unplug(composer, False)
    saved(composer)
    expect(composer.locator("#unsaved")).to_be_hidden()
    composer.reload()
    assert texts(composer) == ["Before the tunnel and in it"]


def test_order_changes_by_keyboard_and_removal_can_be_undone(composer):
    write(composer, "one")
    composer.locator("[data-add=text]").click()
    write(composer, "two", card=1)
    up = composer.locator("[data-up]").nth(1)
    up.focus()
    composer.keyboard.press("Enter")
    assert texts(composer) == ["two", "one"]
    assert (
        composer.evaluate("document.activeElement.closest('.part').querySelector('[data-text]').value")
        == "two"
    )
    composer.locator("[data-remove]").first.click()
    assert texts(composer) == ["one"]
    composer.locator("#undo").click()
    assert texts(composer) == ["two", "one"]


def test_order_changes_by_dragging(composer):
    write(composer, "one")
    composer.locator("[data-add=text]").click()
    write(composer, "two", card=1)
    composer.locator("[data-handle]").nth(1).drag_to(
        composer.locator(".part").first, target_position={"x": 40, "y": 4}
    )
    assert texts(composer) == ["two", "one"]


@pytest.mark.requirement("S2-15")
def test_five_messages_are_the_most(composer):
    for _ in range(4):
        composer.locator("[data-add=text]").click()
    assert composer.locator(".part").count() == 5
    expect(composer.locator("[data-add=text]")).to_be_disabled()
    expect(composer.locator("#full")).to_be_visible()


def test_the_counter_follows_the_strictest_channel(composer):
    write(composer, "🎉" * 2400)  # 4,800 of LINE's 5,000 units, 2,400 of WhatsApp's 4,096 characters
    expect(composer.locator("[data-counter]")).to_have_text("4,800 of 5,000 for LINE")
    write(composer, "字" * 4500)
    expect(composer.locator("[data-counter]")).to_have_text("4,500 of 4,096 for WhatsApp")
    expect(composer.locator("[data-mark=whatsapp]")).to_have_attribute("data-takes", "no")
    expect(composer.locator("[data-mark=line]")).to_have_attribute("data-takes", "yes")
    expect(composer.locator("#send")).to_be_disabled()
    expect(composer.locator("#send-reason")).to_contain_text("WhatsApp takes at most 4096")


def test_a_variable_shows_a_real_name_in_the_preview(composer):
    write(composer, "Dear ")
    composer.locator("[data-text]").first.press("End")
    composer.locator("[data-variables] summary").click()
    composer.locator("[data-variable=name]").click()
    assert texts(composer) == ["Dear {{ name|there }}"]
    name = composer.locator("#phone [data-person]").inner_text()
    expect(composer.locator("#phone .chat-bubble")).to_have_text(f"Dear {name}")
    composer.get_by_role("tab", name="WhatsApp").click()
    assert composer.locator("#phone [data-person]").inner_text() != name


def test_a_wrong_file_behind_a_right_name_is_refused_in_words(composer, tmp_path):
    fake = tmp_path / "photo.jpg"
    fake.write_text("not a picture at all")
    composer.locator("[data-add=image]").click()
    composer.locator("[data-file]").set_input_files(fake)
    expect(composer.locator("[data-upload-problem]")).to_contain_text(re.compile("Nothing was saved"))


def test_a_dropped_picture_gets_a_card(composer):
    composer.locator("[data-add=image]").click()
    composer.evaluate(
        """async () => {
            const canvas = document.createElement("canvas");
            canvas.width = canvas.height = 64;
            const blob = await new Promise((resolve) => canvas.toBlob(resolve, "image/png"));
            const carried = new DataTransfer();
            carried.items.add(new File([blob], "dropped.png", { type: "image/png" }));
            const drop = new DragEvent("drop", { bubbles: true, cancelable: true, dataTransfer: carried });
            document.querySelector("[data-zone]").dispatchEvent(drop);
        }"""
    )
    expect(composer.locator("[data-chosen] [data-name]")).to_have_text("dropped.png")


def test_the_people_behind_a_line_open_and_close(composer):
    write(composer, "Hello")
    saved(composer)
    composer.get_by_role("button", name="See who").first.click()
    expect(composer.locator("#people-box li")).to_have_count(1)
    composer.keyboard.press("Escape")
    expect(composer.locator("#people")).to_be_hidden()


def test_two_clicks_send_once(composer, stack):
    mark = "Once and only once"
    write(composer, mark)
    expect(composer.locator("#send")).to_be_enabled()
    composer.locator("#send").dblclick()
    composer.wait_for_url(re.compile(r"/campaigns/\d+/$"))
    expect(composer.locator("#progress .pill").first).to_contain_text("Completed", timeout=90_000)
    rows = stack.sandbox("journal?limit=10000")["results"]
    assert sum(mark in str(row["body"]) for row in rows) == 2


def test_switching_the_language_keeps_the_draft(composer):
    write(composer, "Bilingual")
    saved(composer)

    try:
        speak(composer, "zh-hant")
        expect(composer.locator("html")).to_have_attribute("lang", "zh-Hant")
        expect(composer.locator("#send")).to_contain_text("發送給 2 人")
        assert texts(composer) == ["Bilingual"]
    finally:
        speak(composer, "en")
