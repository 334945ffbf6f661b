"""Files on Messenger and Instagram: fetched by link, uploaded once, sent along, and refused.

https://developers.facebook.com/docs/messenger-platform/send-messages/saving-assets
"""

import json

import pytest

from .conftest import INSTAGRAM, PAGE
from .test_messenger import KINDS, PSID, SENDERS, file_message, journal, refusal, send

MB = 1024 * 1024


def test_an_instagram_account_without_several_images(http):
    pictures = {"attachments": [file_message("image")["attachment"]] * 10}
    assert send(http, "instagram", pictures).status == 200
    http.post("/_sandbox/accounts", {**INSTAGRAM, "multi_image": False})
    assert refusal(send(http, "instagram", pictures)) == (400, 100, 2534068)


def test_instagrams_own_sample_of_one_attachment_is_taken(http):
    sample = {"attachments": {"type": "image", "payload": {"url": "https://shop.test/a.jpg"}}}
    assert send(http, "instagram", sample).status == 200


@pytest.mark.parametrize(
    ("kind", "sort", "mime", "size", "wanted"),
    [
        ("facebook", "image", "image/png", 10, None),
        ("facebook", "image", "image/webp", 10, 2018047),
        ("facebook", "image", "image/png", 8 * MB + 1, 2018109),
        ("facebook", "video", "video/mp4", 10, None),
        ("facebook", "video", "image/png", 10, 2018047),
        ("facebook", "video", "video/mp4", 25 * MB + 1, 2018109),
        ("facebook", "audio", "audio/mpeg", 10, None),
        ("facebook", "audio", "application/pdf", 10, 2018047),
        ("facebook", "file", "application/zip", 10, None),
        ("facebook", "file", "application/zip", 25 * MB + 1, 2018109),
        ("instagram", "image", "image/gif", 10, None),
        ("instagram", "image", "image/webp", 10, 2018047),
        ("instagram", "image", "image/png", 8 * MB + 1, 2018109),
        ("instagram", "video", "video/quicktime", 10, None),
        ("instagram", "audio", "audio/mpeg", 10, 2018047),
        ("instagram", "audio", "audio/mp4", 10, None),
        ("instagram", "file", "application/pdf", 10, None),
        ("instagram", "file", "application/zip", 10, 2018047),
    ],
)
def test_linked_files_are_fetched_and_judged(http, receiver, kind, sort, mime, size, wanted):
    receiver.files["/file"] = (mime, b"x" * size)
    answer = send(http, kind, file_message(sort, url=receiver.url + "/file"))
    assert (None if answer.status == 200 else refusal(answer)) == (wanted and (400, 100, wanted))
    assert len(journal(http)) == (wanted is None)


@KINDS
def test_links_that_lead_nowhere(http, receiver, kind):
    for sort, subcode in (("image", 2018008), ("video", 2018294)):
        answer = send(http, kind, file_message(sort, url=f"{receiver.url}/gone.{sort}"))
        assert refusal(answer) == (400, 100, subcode)
    assert journal(http) == []


def upload(http, message, sender=SENDERS["facebook"], **more):
    page, token = sender
    return http.post(f"/v25.0/{page}/message_attachments", {"message": message, **more}, token=token)


def reusable(sort, url):
    return file_message(sort, url=url, is_reusable=True)


def test_an_upload_is_sent_again_and_again(http, receiver):
    receiver.files["/a.png"] = ("image/png", b"\x89PNG")
    told = upload(http, reusable("image", receiver.url + "/a.png")).json()
    message = file_message("image", attachment_id=told["attachment_id"])
    assert [send(http, message=message, to=to).status for to in (PSID, "5555501")] == [200, 200]
    assert refusal(send(http, message=file_message("video", attachment_id=told["attachment_id"]))) == (
        400,
        100,
        2018047,
    )
    assert refusal(send(http, "instagram", message)) == (400, 100, 2018074)


@pytest.mark.parametrize(
    ("message", "subcode"),
    [
        (file_message("image"), 0),
        ({}, 0),
        (reusable("sculpture", "https://shop.test/a"), 0),
        (reusable("image", "http://shop.test/a.png"), 2018008),
        (file_message("image", is_reusable=True), 0),
        (file_message("image", is_reusable=True, attachment_id="1"), 0),
    ],
)
def test_uploads_that_are_not_taken(http, message, subcode):
    assert refusal(upload(http, message)) == (400, 100, subcode)


def test_uploads_of_unfit_files(http, receiver):
    receiver.files["/a.webp"] = ("image/webp", b"RIFF")
    assert refusal(upload(http, reusable("image", receiver.url + "/a.webp"))) == (400, 100, 2018047)
    assert refusal(upload(http, reusable("image", receiver.url + "/gone"))) == (400, 100, 2018008)


def test_instagram_uploads_with_facebook_login_only(http):
    wanted = reusable("image", "https://shop.test/a.jpg")
    linked = INSTAGRAM["page_id"], "linked-page-token"
    told = upload(http, wanted, linked, platform="instagram").json()
    message = file_message("image", attachment_id=told["attachment_id"])
    assert send(http, "instagram", message).status == 200
    assert refusal(upload(http, wanted, SENDERS["instagram"])) == (400, 100, 0)


def multipart(message, mime, data, recipient=None):
    fields = {"recipient": json.dumps({"id": recipient})} if recipient else {}
    fields["message"] = json.dumps(message)
    body = "".join(
        f'--b0undary\r\ncontent-disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
        for name, value in fields.items()
    )
    body += (
        '--b0undary\r\ncontent-disposition: form-data; name="filedata"; filename="a"\r\n'
        f"content-type: {mime}\r\n\r\n"
    )
    return body.encode() + data + b"\r\n--b0undary--\r\n"


def test_a_file_may_come_along(http):
    page, form = (
        PAGE["page_id"],
        {"Content_Type": "multipart/form-data; boundary=b0undary", "token": "page-token"},
    )
    message = file_message("image", is_reusable=True)
    sent = http.post(
        f"/v25.0/{page}/messages", multipart(message, "image/png", b"\x89PNG", PSID), **form
    ).json()
    assert send(http, message=file_message("image", attachment_id=sent["attachment_id"])).status == 200
    uploaded = http.post(
        f"/v25.0/{page}/message_attachments", multipart(message, "image/png", b"\x89"), **form
    )
    assert set(uploaded.json()) == {"attachment_id"}
    for mime, data, subcode in (("audio/mpeg", b"x", 2018047), ("image/png", b"x" * (8 * MB + 1), 2018109)):
        unfit = http.post(f"/v25.0/{page}/messages", multipart(message, mime, data, PSID), **form)
        assert refusal(unfit) == (400, 100, subcode)


def test_sending_and_keeping_in_one_step(http):
    told = send(http, message=reusable("image", "https://shop.test/a.jpg")).json()
    assert send(http, message=file_message("image", attachment_id=told["attachment_id"])).status == 200
