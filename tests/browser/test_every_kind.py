"""Every kind of message from the browser: the cards of pictures, videos and files, and five of them to 200 people."""

import re
from collections import Counter

import pytest
from playwright.sync_api import expect

from tests.browser.test_broadcast_flow import (
    SELECT,
    SENT_MS,
    arrived,
    choose_all,
    go_on,
    kind_of,
    page_and_journal_agree,
    pick,
    reached,
    send,
    terms,
    until,
    write,
)
from tests.browser.test_composer import composer  # noqa: F401  (fixture)
from tests.channels.media.film import film
from tests.channels.media.samples import PDF, picture

TAKEN = {  # from a desktop browser, in the providers' own words
    "line": ["text", "image", "video", "text"],
    "facebook": ["text", "image", "video", "file", "text"],
    "instagram": ["text", "image", "text"],
    "whatsapp": ["text", "image", "video", "document", "text"],
}


@pytest.fixture
def files(tmp_path):
    """A picture, a video that plays and a PDF."""
    made = {
        "image": ("coat.jpg", picture(size=(640, 480))),
        "video": ("spring.mp4", film()),
        "file": ("prices.pdf", PDF),
    }
    for name, data in made.values():
        (tmp_path / name).write_bytes(data)
    return {kind: tmp_path / name for kind, (name, _data) in made.items()}


def card(page, kind):
    return page.locator(f".part[data-kind={kind}]")


def choose(page, kind, file):
    page.locator(f"[data-add={kind}]").click()
    card(page, kind).last.locator("[data-file]").set_input_files(file)
    expect(card(page, kind).last.locator("[data-chosen]")).to_be_visible()


def marks(page, kind):
    """Channel → whether the card says that it takes it."""
    found = card(page, kind).locator("[data-mark]")
    return {mark.get_attribute("data-mark"): mark.get_attribute("data-takes") for mark in found.all()}


def foretold(page):
    """Channel's name → how many the preflight says get anything."""
    lines = page.locator("#preflight li").all_inner_texts()
    found = [re.match(r"([\d,]+) on (.+?) gets? (?:everything|what)", line.strip()) for line in lines]
    return {match[2]: int(match[1].replace(",", "")) for match in found if match}


@pytest.mark.requirement("D-2", "S2-20")
def test_five_messages_of_every_kind_reach_each_person_as_their_channel_takes_them(
    page, sign_in, stack, axe, files
):
    sign_in(page)
    total = choose_all(page)
    assert total >= 200
    go_on(page)
    mark = "Everything we have for spring"
    write(page, mark)
    for kind, file in files.items():
        choose(page, kind, file)
    page.locator("[data-add=text]").click()
    write(page, "See you in the shop this spring", card=1)
    expect(page.locator("[data-add=file]")).to_be_disabled()

    preflight = page.locator("#preflight")
    expect(preflight).to_contain_text(
        "on LINE cannot take message 4 (file) and are left out. LINE takes no files"
    )
    expect(preflight).to_contain_text("on Instagram cannot take message 3 (video) and message 4 (file)")
    expect(preflight).to_contain_text("Instagram takes videos only from the app.")
    preflight.locator("[data-fix=drop_part][data-channel='']").click()
    expect(preflight).to_contain_text("on LINE get everything but message 4 (file)")
    axe(page)
    promised = foretold(page)
    assert set(promised) == {"LINE", "Facebook Messenger", "Instagram", "WhatsApp"}
    named = send(page)
    assert named == sum(promised.values())

    expect(page.locator("#progress .pill").first).to_contain_text("Completed", timeout=2 * SENT_MS)
    until(lambda: page_and_journal_agree(page, stack, mark), page)
    counts = terms(page)
    assert counts["people"] == total
    assert total - counts["skipped"] == named
    people = arrived(stack, mark)
    for (channel, _account, _person), rows in people.items():
        if reached(rows):
            assert [kind_of(row) for row in rows] == TAKEN[channel]
    assert set(Counter(channel for channel, _account, _person in people)) == set(TAKEN)
    assert stack.sandbox("summary")["duplicates"] == 0


@pytest.mark.requirement("S2-19")
def test_a_video_is_shown_replaced_removed_and_brought_back(composer, files, tmp_path):  # noqa: F811
    choose(composer, "video", files["video"])
    video = card(composer, "video")
    expect(video.locator("[data-about]")).to_have_text("MP4 · 0:01 · 47 KB")
    poster = composer.locator("#phone .phone-film img")
    expect(poster).to_be_visible()
    colour = composer.evaluate(
        """async () => {
            const picture = document.querySelector("#phone .phone-film img");
            await picture.decode();
            const canvas = document.createElement("canvas");
            const pen = canvas.getContext("2d");
            pen.drawImage(picture, 0, 0, 10, 10);
            return [...pen.getImageData(5, 5, 1, 1).data];
        }"""
    )
    assert (
        colour[0] > 200 > 60 > colour[2]
    )  # the red frame in the middle of the video, not the sign without one
    composer.wait_for_function(
        """() => {
            const film = document.querySelector(".part [data-shown]");
            film.muted = true;
            film.play().catch(() => {});
            return film.currentTime > 0;
        }"""
    )
    other = tmp_path / "summer.mp4"
    other.write_bytes(film(frames=10))
    video.locator("[data-file]").set_input_files(other)
    expect(video.locator("[data-name]")).to_have_text("summer.mp4")
    video.locator("[data-remove]").click()
    expect(video).to_have_count(0)
    composer.locator("#undo").click()
    expect(video.locator("[data-name]")).to_have_text("summer.mp4")
    video.locator("[data-up]").click()
    expect(composer.locator(".part").first).to_have_attribute("data-kind", "video")


def test_a_file_is_refused_by_line_and_the_rule_is_named(composer, files):  # noqa: F811
    write(composer, "The new prices")
    choose(composer, "file", files["file"])
    assert marks(composer, "file") == {"line": "no", "whatsapp": "yes"}
    expect(card(composer, "file").locator("[data-problem]")).to_have_text(
        "LINE takes no files in broadcasts."
    )
    composer.get_by_role("tab", name="LINE").click()
    expect(composer.locator("#phone .phone-refused")).to_contain_text("Nobody on LINE gets this broadcast")
    expect(composer.locator("#send")).to_contain_text("Send to 1 person")
    composer.locator("#preflight [data-fix=drop_part]").click()
    expect(composer.locator("#send")).to_contain_text("Send to 2 people")
    expect(composer.locator("#phone .phone-refused")).to_contain_text("Message 2 is not sent on LINE.")
    composer.get_by_role("tab", name="WhatsApp").click()
    expect(composer.locator("#phone .phone-document")).to_contain_text("prices.pdf")
    composer.reload()
    expect(composer.locator("#send")).to_contain_text("Send to 2 people")


def test_files_dropped_together_get_cards_of_their_kinds(composer):  # noqa: F811
    write(composer, "For you")
    composer.evaluate(
        """() => {
            const carried = new DataTransfer();
            carried.items.add(new File(["%PDF-1.7 prices"], "prices.pdf", { type: "application/pdf" }));
            carried.items.add(new File(["no film"], "spring.mp4", { type: "video/mp4" }));
            const drop = new DragEvent("drop", { bubbles: true, cancelable: true, dataTransfer: carried });
            document.getElementById("parts").dispatchEvent(drop);
        }"""
    )
    expect(card(composer, "file").locator("[data-name]")).to_have_text("prices.pdf")
    expect(card(composer, "video").locator("[data-upload-problem]")).to_contain_text("is something else")
    expect(composer.locator("#send-reason")).to_contain_text("Message 3: Choose a file.")


def test_what_no_chosen_channel_takes_is_not_offered(page, sign_in):
    sign_in(page)
    page.goto(f"{SELECT}&channel=line")
    page.locator(".inbox-row input[type=checkbox]").first.check()
    go_on(page)
    expect(page.locator("[data-add=file]")).to_be_disabled()
    expect(page.locator("#not-offered")).to_have_text("LINE takes no files in broadcasts.")
    expect(page.locator("[data-add=video]")).to_be_enabled()


@pytest.mark.requirement("S2-48", "S2-49", "S2-46")
def test_on_a_phone_instagram_takes_a_video_and_a_pdf(phone, sign_in, reachable, stack, axe, files):
    sign_in(phone)
    phone.goto(f"{SELECT}&channel=instagram&window=open")
    pick(phone, *reachable("instagram"))
    go_on(phone)
    mark = "For you on Instagram"
    write(phone, mark)
    for kind in ("video", "file"):
        choose(phone, kind, files[kind])
        assert marks(phone, kind) == {"instagram": "yes"}
    expect(phone.locator("[data-emoji]")).to_be_hidden()
    assert phone.evaluate("document.documentElement.scrollWidth <= innerWidth")
    axe(phone)
    assert send(phone) == 1
    expect(phone.locator("#progress .pill").first).to_contain_text("Completed", timeout=SENT_MS)
    axe(phone)
    (rows,) = arrived(stack, mark).values()
    assert [kind_of(row) for row in rows] == ["text", "video", "file"]
