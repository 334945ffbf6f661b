from __future__ import annotations

import pytest
from django.core.files.base import ContentFile
from django.test import Client

from channels.media import outgoing_media, store_upload
from tenants.scopes import tenant_scope
from tests.channels.media.samples import PDF, mp4, picture


@pytest.fixture
def stored(tenant, sales):
    def store(data, name):
        with tenant_scope(tenant):
            return store_upload(ContentFile(data), by=sales, name=name)

    return store


@pytest.fixture
def fetch(settings):
    """Fetch an address as a provider does: a stranger without cookies."""
    settings.PUBLIC_URL = ""

    def get(address, **headers):
        response = Client().get(address, headers=headers)
        response.body = response.getvalue()
        return response

    return get


def test_a_provider_fetches_picture_and_preview(stored, fetch):
    outgoing = outgoing_media(stored(picture("PNG"), "私人.png"))
    response = fetch(outgoing.url)
    assert (response.status_code, response["Content-Type"]) == (200, "image/png")
    assert response.body.startswith(b"\x89PNG")
    assert response["Content-Length"] == str(len(response.body))
    assert response["X-Content-Type-Options"] == "nosniff"
    assert response["Content-Disposition"] == "inline"
    assert "immutable" in response["Cache-Control"]
    assert response["Content-Security-Policy"] == "default-src 'none'; sandbox"
    preview = fetch(outgoing.preview_url)
    assert preview["Content-Type"] == "image/jpeg"
    assert preview.body.startswith(b"\xff\xd8")


def test_documents_are_saved_under_their_own_name(stored, fetch):
    response = fetch(outgoing_media(stored(PDF, '報價 "1".pdf')).url)
    assert response.body == PDF
    assert response["Content-Disposition"].startswith("attachment; filename*=utf-8''%E5%A0%B1")


def test_nothing_is_found_without_the_key(stored, fetch):
    media = stored(picture(), "a.jpg")
    other = media.key[:-1] + ("1" if media.key.endswith("0") else "0")
    assert fetch(f"/m/{other}/image.jpg").status_code == 404
    assert fetch("/m/0/image.jpg").status_code == 404
    assert fetch(f"/m/{media.pk}/image.jpg").status_code == 404
    document = stored(PDF, "a.pdf")
    assert fetch(f"/m/{document.key}/preview.jpg").status_code == 404
    assert Client().post(outgoing_media(media).url).status_code == 405


def test_a_file_that_is_gone_from_the_storage_is_not_found(stored, fetch):
    media = stored(picture(), "a.jpg")
    media.file.delete(save=False)
    assert fetch(f"/m/{media.key}/image.jpg").status_code == 404


@pytest.mark.parametrize(
    ("asked", "first", "last"),
    [
        ("bytes=0-99", 0, 99),
        ("bytes=100-", 100, None),
        ("bytes=-100", -100, None),
        ("bytes=0-999999", 0, None),
    ],
)
def test_players_fetch_videos_in_ranges(stored, fetch, asked, first, last):
    data = mp4()
    wanted = data[first : None if last is None else last + 1]
    response = fetch(outgoing_media(stored(data, "a.mp4")).url, range=asked)
    start = first if first >= 0 else len(data) + first
    assert response.status_code == 206
    assert response.body == wanted
    assert response["Content-Range"] == f"bytes {start}-{start + len(wanted) - 1}/{len(data)}"
    assert response["Content-Length"] == str(len(wanted))


@pytest.mark.parametrize("asked", ["bytes=999999-", "bytes=9-5"])
def test_a_range_outside_is_refused(stored, fetch, asked):
    data = mp4()
    response = fetch(outgoing_media(stored(data, "a.mp4")).url, range=asked)
    assert (response.status_code, response["Content-Range"]) == (416, f"bytes */{len(data)}")


@pytest.mark.parametrize("asked", ["bytes=-", "bytes=0-1,5-6", "lines=1-2", "bytes=x"])
def test_other_ranges_get_the_whole(stored, fetch, asked):
    data = mp4()
    response = fetch(outgoing_media(stored(data, "a.mp4")).url, range=asked)
    assert (response.status_code, response.body) == (200, data)


def test_what_did_not_change_is_not_sent_again(stored, fetch):
    url = outgoing_media(stored(picture(), "a.jpg")).url
    etag = fetch(url)["ETag"]
    again = fetch(url, if_none_match=etag)
    assert (again.status_code, again.body) == (304, b"")
