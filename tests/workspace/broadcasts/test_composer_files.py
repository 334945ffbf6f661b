"""Pictures, videos and files in the composer."""

import io

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image

from channels.models import Media
from tenants.scopes import tenant_scope
from tests.channels.media.film import film
from tests.channels.media.samples import PDF, mp4, noisy, office, picture
from tests.factories import MediaFactory
from tests.workspace.broadcasts.conftest import text
from tests.workspace.broadcasts.test_composer import page, setup_in


@pytest.mark.requirement("S1-15", "S2-15")
def test_a_picture_is_stored_and_sent_along(browser, draft, write, chats, line):
    number = draft(chats(line, 1))
    file = SimpleUploadedFile("夏季.jpg", picture(), "image/jpeg")
    stored = browser.post(f"/campaigns/{number}/upload/", {"file": file}).json()["media"]
    assert stored["name"] == "夏季.jpg"
    assert stored["problems"] == {}
    assert b"".join(browser.get(stored["url"]).streaming_content)[:3] == b"\xff\xd8\xff"
    assert "disabled" not in page(write(number, [{"kind": "image", "media": stored["media"]}]))


@pytest.fixture
def upload(browser):
    """`upload(number, "video", "spring.mp4", film())`: what the composer is told."""

    def post(number, kind, name, content, **more):
        form = {"kind": kind, "file": SimpleUploadedFile(name, content), **more}
        return browser.post(f"/campaigns/{number}/upload/", form).json()

    return post


@pytest.mark.parametrize(
    ("kind", "name", "content", "words"),
    [
        ("image", "notes.jpg", b"only words", "is something else"),
        ("image", "film.jpg", mp4(), "is something else"),
        ("image", "film.mp4", mp4(), "not a picture"),
        ("image", "drawing.svg", b"<svg/>", "“.svg” are not taken"),
        ("image", "none.png", b"", "is empty"),
        ("video", "coat.jpg", picture(), "not a video"),
        ("video", "half.mp4", film()[:5000], "damaged or incomplete"),
        ("file", "coat.jpg", picture(), "not a document"),
        ("file", "song.mp3", b"ID3\x03\0\0\0\0" + b"\0" * 50, "Sound cannot be broadcast"),
        ("file", "prices.pdf", office("word"), "is something else"),
        ("sticker", "coat.jpg", picture(), "Choose a file"),
    ],
)
def test_what_is_not_of_the_kind_is_refused_in_words(draft, upload, chats, line, kind, name, content, words):
    answer = upload(draft(chats(line, 1)), kind, name, content)
    assert words in answer["error"]
    assert "media" not in answer
    assert not Media.objects.exists()


@pytest.mark.requirement("D-2")
def test_a_video_and_a_file_are_stored_described_and_sent_along(
    browser, draft, write, upload, chats, whatsapp
):
    number = draft(chats(whatsapp, 1))
    poster = SimpleUploadedFile("poster.jpg", picture(size=(96, 64)), "image/jpeg")
    video = upload(number, "video", "春天.mp4", film(), poster=poster)["media"]
    assert (video["kind"], video["name"], video["length"]) == ("video", "春天.mp4", "0:01")
    assert video["about"] == "MP4 · 0:01 · 47 KB"
    assert b"".join(browser.get(video["poster"]).streaming_content).startswith(b"\xff\xd8")
    file = upload(number, "file", "prices.pdf", PDF)["media"]
    assert (file["about"], file["problems"]) == ("PDF · 48 B", {})
    parts = [{"kind": "video", "media": video["media"]}, {"kind": "file", "media": file["media"]}]
    assert "Send to 1 person" in page(write(number, parts))
    assert [part["name"] for part in setup_in(page(browser.get(f"/campaigns/{number}/edit/")))["parts"]] == [
        "春天.mp4",
        "prices.pdf",
    ]


def test_a_picture_that_moves_is_said_to_stand_still(draft, upload, chats, line):
    written = io.BytesIO()
    first, *others = [Image.new("RGB", (40, 30), colour) for colour in ("red", "blue")]
    first.save(written, "GIF", save_all=True, append_images=others)
    answer = upload(draft(chats(line, 1)), "image", "dance.gif", written.getvalue())
    assert "its first image is sent" in answer["note"]
    assert answer["media"]["about"].startswith("PNG")


def test_refusals_are_seen_before_the_file_is_chosen(draft, write, chats, line):
    shown = page(write(draft(chats(line, 1)), [text("Hello"), {"kind": "file"}]))
    assert "cannot take message 2 (file)" in shown
    assert "Message 2: Choose a file." in shown


def test_a_file_gone_from_the_storage_is_asked_for_again(draft, write, upload, chats, whatsapp):
    number = draft(chats(whatsapp, 1))
    stored = upload(number, "file", "prices.pdf", PDF)["media"]
    media = Media.objects.get(key=stored["media"])
    media.file.storage.delete(media.file.name)
    shown = page(write(number, [{"kind": "file", "media": stored["media"]}]))
    assert "Message 1: This file is no longer in the storage." in shown
    assert "disabled" in shown


def test_an_oversize_picture_is_refused_with_its_limit(browser, draft, chats, line, settings):
    settings.MAX_UPLOAD_BYTES = 50_000
    number = draft(chats(line, 1))
    file = SimpleUploadedFile("big.png", noisy(200))
    assert "at most 50 KB" in browser.post(f"/campaigns/{number}/upload/", {"file": file}).json()["error"]


def test_a_picture_too_large_for_one_channel_names_it(browser, draft, write, chats, line, whatsapp):
    number = draft(chats(line, 1) + chats(whatsapp, 1))
    large = MediaFactory(bytes=6_000_000, preview="kept")
    write(number, [{"kind": "image", "media": large.key}])
    (part,) = setup_in(page(browser.get(f"/campaigns/{number}/edit/")))["parts"]
    assert set(part["problems"]) == {"whatsapp"}
    assert "up to 5 MB" in part["problems"]["whatsapp"]


def test_files_of_another_team_are_not_taken(draft, write, chats, line, other_tenant):
    with tenant_scope(other_tenant):
        foreign = MediaFactory()
    answer = write(draft(chats(line, 1)), [{"kind": "image", "media": foreign.key}], to="send")
    assert answer.status_code == 400
