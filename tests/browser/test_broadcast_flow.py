"""The main job in a real browser, against the running product; the sandbox's journal says what really arrived."""

import json
import re
import time
from collections import defaultdict

import pytest
from playwright.sync_api import expect

from tests.channels.media.samples import picture

SELECT = "/inbox/?mine=true&status=in_progress&select=message"
SENT_MS = 90_000  # for a broadcast to be through on a busy machine


def choose_all(page):
    """All chats that match; how many they are."""
    page.goto(SELECT)
    page.get_by_role("button", name=re.compile(r"select all [\d,]+ that match")).click()
    return int(re.search(r"[\d,]+", page.locator("#selection [data-count]").inner_text())[0].replace(",", ""))


def pick(page, *numbers):
    """Check the boxes of these chats on a page of the selection, scrolling on to those further down."""
    expect(page.locator("#selection")).to_be_visible()
    rows = page.locator(".inbox-row")
    for number in numbers:
        box = page.locator(f".inbox-row[data-number='{number}'] input[type=checkbox]")
        while not box.count():
            shown = rows.count()
            page.locator("#further").scroll_into_view_if_needed()
            expect(rows).not_to_have_count(shown)
        box.check()


def go_on(page):
    page.locator("#selection button[type=submit]").click()
    page.wait_for_url("**/edit/")


def write(page, words, card=0):
    page.locator("[data-text]").nth(card).fill(words)


def send(page):
    """Press Send once it is open; how many people the button named."""
    button = page.locator("#send")
    expect(button).to_be_enabled()
    named = int(re.search(r"[\d,]+", button.inner_text())[0].replace(",", ""))
    button.click()
    page.wait_for_url(re.compile(r"/campaigns/\d+/$"))
    return named


def terms(page):
    """The equation's figures by word, the total as "people"."""
    words = " ".join(page.locator(".equation").inner_text().split())
    return {
        word: int(figure.replace(",", ""))
        for figure, word in re.findall(r"([\d,]+) ([a-z ]+?)(?= [=+]|$)", words)
    }


def arrived(stack, mark):
    """Person → the bodies that reached them, of those who were sent a text with `mark` first."""
    parts = defaultdict(list)
    for row in stack.sandbox("journal?limit=10000")["results"]:
        parts[row["channel"], row["account"], row["recipient"]].append(row)
    found = {}
    for person, rows in parts.items():
        starts = [
            place for place, row in enumerate(rows) if mark in json.dumps(row["body"], ensure_ascii=False)
        ]
        if starts:
            found[person] = rows[starts[0] :]
    return found


def reached(rows):
    return all(row["state"] not in ("failed", "dropped") for row in rows)


def page_and_journal_agree(page, stack, mark):
    """As many people are accepted, delivered or read as the providers' journal says were reached."""
    counts = terms(page)
    done = sum(counts.get(word, 0) for word in ("accepted", "delivered", "read"))
    return done == sum(reached(rows) for rows in arrived(stack, mark).values())


def kind_of(row):
    """What a part was, as each provider says it: Messenger and Instagram name only attachments."""
    body = row["body"]
    return body.get("type") or body.get("attachment", {"type": "text"})["type"]


def speak(page, language):
    """Choose the language in the profile's menu, as a person does; it is remembered for them."""
    page.locator(".rail details:has(button[name=language]) > summary").click()
    with page.expect_navigation():
        page.locator(f".rail button[name=language][value={language}]").click()


def until(condition, page, limit_s=60):
    """Wait for `condition()` while the page goes on living."""
    deadline = time.monotonic() + limit_s
    while not condition():
        assert time.monotonic() < deadline, "did not come true in time"
        page.wait_for_timeout(200)


@pytest.mark.requirement("S2-9", "S2-14", "S2-23")
def test_select_all_compose_send_and_watch(page, sign_in, stack, axe, tmp_path):
    sign_in(page)
    total = choose_all(page)
    go_on(page)
    assert f"{total} chats" in page.locator("[aria-labelledby=selection-title]").inner_text()

    mark = "Winter sale of the day"
    write(page, f"{mark} ")
    page.locator("[data-text]").first.press("End")
    page.locator("[data-emoji]").first.click()
    page.locator("#emoji [data-grid] button").first.click()
    expect(page.locator("[data-text]").first).to_have_value(re.compile(rf"^{mark} [^\x00-\x7f]+$"))
    photo = tmp_path / "sale.jpg"
    photo.write_bytes(picture(size=(640, 480)))
    page.locator("[data-add=image]").click()
    page.locator("[data-file]").set_input_files(photo)
    expect(page.locator("[data-chosen]")).to_be_visible()
    page.locator("[data-add=text]").click()
    write(page, "See you in the shop", card=1)

    expect(page.locator("#preflight")).to_contain_text("LINE get everything")
    expect(page.locator("#preflight")).to_contain_text("opted out")
    assert page.locator("#phone [data-bubbles] .chat-bubble").count() == 3
    axe(page)
    named = send(page)

    expect(page.locator("#progress .pill").first).to_contain_text("Completed", timeout=SENT_MS)
    axe(page)

    until(lambda: page_and_journal_agree(page, stack, mark), page)
    counts = terms(page)
    assert counts["people"] == total == sum(counts.values()) - total
    assert total - counts["skipped"] == named
    for rows in filter(reached, arrived(stack, mark).values()):
        kinds = [kind_of(row) for row in rows]
        assert kinds == ["text", "image", "text"]
        assert [row["number"] for row in rows] == sorted(row["number"] for row in rows)
        if rows[0]["channel"] in (
            "line",
            "whatsapp",
        ):  # the others' requests do not say which part they carry
            assert [row["part"] for row in rows] == [0, 1, 2]
    assert stack.sandbox("summary")["duplicates"] == 0


@pytest.mark.requirement("S2-12", "S2-13")
def test_the_funnel_narrows_whom_it_goes_to(page, sign_in, stack):
    sign_in(page)
    page.goto(SELECT)
    page.get_by_label("Filter", exact=True).click()
    page.locator("#filter-channel").select_option("whatsapp")
    page.locator("#filter-window").select_option("open")
    expect(page.locator("#matches")).to_have_text(re.compile(r"\d"))
    page.wait_for_load_state("networkidle")
    page.locator(".inbox-filters button[type=submit]").click()
    page.wait_for_url("**channel=whatsapp**")
    page.get_by_role("button", name=re.compile("select (all [0-9,]+|the one) that match")).click()
    go_on(page)
    chosen = page.locator("[aria-labelledby=selection-title]").inner_text()
    assert "WhatsApp" in chosen
    assert "LINE" not in chosen
    mark = "Only for you on WhatsApp"
    write(page, mark)
    named = send(page)
    expect(page.locator("#progress .pill").first).to_contain_text("Completed", timeout=SENT_MS)
    until(lambda: page_and_journal_agree(page, stack, mark), page)
    assert terms(page)["people"] - terms(page).get("skipped", 0) == named
    assert {channel for channel, _account, _recipient in arrived(stack, mark)} == {"whatsapp"}


@pytest.mark.requirement("S1-13")
def test_single_chats_are_picked_and_an_answer_comes_back(page, new_page, sign_in, reachable, stack):
    sign_in(page)
    page.goto(f"{SELECT}&channel=line")
    pick(page, *reachable("line", 2, window="any"))
    expect(page.locator("#selection")).to_contain_text("2 selected")
    go_on(page)
    mark = "A word to two of you"
    write(page, mark)
    assert send(page) == 2
    expect(page.locator("#progress .pill").first).to_contain_text("Completed", timeout=SENT_MS)
    people = arrived(stack, mark)
    assert len(people) == 2

    inbox = sign_in(new_page())
    inbox.goto("/inbox/?mine=true&status=in_progress")
    (_channel, account, recipient) = next(iter(people))
    answer = "Yes please, keep one for me"
    stack.sandbox("inbound", {"channel": "line", "account": account, "from": recipient, "text": answer})
    expect(inbox.locator("#rows")).to_contain_text(answer, timeout=SENT_MS)
    expect(page.locator("#progress")).to_contain_text("1 person answered or tapped", timeout=SENT_MS)


@pytest.mark.requirement("S0-19", "S0-22", "S0-26")
def test_reasons_are_read_in_traditional_chinese(page, sign_in, axe):
    sign_in(page)
    page.goto("/campaigns/?status=failures")
    page.locator(".row-link").last.click()
    page.wait_for_url(re.compile(r"/campaigns/\d+/"))
    speak(page, "zh-hant")
    try:
        reasons = page.locator("section[aria-labelledby=reasons-title]")
        expect(reasons).to_contain_text("未能送達的原因")
        expect(reasons).to_contain_text("不是 WhatsApp 電話號碼")
        assert not re.search(r"[a-z]{4,} [a-z]{4,}", reasons.inner_text())
        page.locator(".equation a", has_text="失敗").click()
        page.wait_for_url("**state=failed**")
        expect(page.locator(".people-list .pill").first).to_contain_text("失敗")
        page.locator(".people-list button").first.click()
        expect(page.locator("#recipient h2")).not_to_be_empty()
        axe(page)
    finally:
        page.goto("/campaigns/")
        speak(page, "en")


@pytest.mark.requirement("S2-42", "S2-45", "S2-46")
def test_the_whole_job_on_a_phone(phone, sign_in, reachable, stack, axe, tmp_path):
    def fits():
        return phone.evaluate("document.documentElement.scrollWidth <= innerWidth")

    sign_in(phone)
    phone.goto(SELECT)
    pick(phone, *reachable("whatsapp"))
    go_on(phone)
    assert fits()
    expect(phone.locator("[data-emoji]")).to_be_hidden()
    mark = "From my phone 📱"
    write(phone, mark)
    photo = tmp_path / "from-the-gallery.jpg"
    photo.write_bytes(picture(size=(640, 480)))
    phone.locator("[data-add=image]").click()
    phone.locator("[data-file]").set_input_files(photo)
    expect(phone.locator("[data-chosen]")).to_be_visible()
    axe(phone)
    assert send(phone) == 1
    expect(phone.locator("#progress .pill").first).to_contain_text("Completed", timeout=SENT_MS)
    assert fits()
    axe(phone)
    phone.goto("/campaigns/")
    assert fits()
    expect(phone.locator(".row-link").first).to_have_text(mark)
    axe(phone)
    (rows,) = arrived(stack, mark).values()
    assert [kind_of(row) for row in rows] == ["text", "image"]
