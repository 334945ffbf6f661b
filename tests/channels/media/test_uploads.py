from __future__ import annotations

import io
import struct
import zipfile
import zlib
from pathlib import Path

import pytest
from django.core.files.base import ContentFile
from django.utils import translation
from PIL import Image

from channels import errors
from channels.adapters import ADAPTERS
from channels.adapters.base import ChannelKind
from channels.media import outgoing_media, problems_for, store_upload
from channels.media.uploads import examine
from channels.models import Media
from tenants.scopes import tenant_scope
from tests.channels.media.film import film, sound
from tests.channels.media.samples import EXE, OLE, PDF, SVG, mp4, noisy, office, picture

MB = 1024 * 1024


def heic() -> bytes:
    """A picture as iPhones keep it; the encoder of HEIC is not in what we install, so it is kept beside this file."""
    return (Path(__file__).parent / "photo.heic").read_bytes()


def bomb(files=1, size=2_000_000_000) -> bytes:
    """A Word document whose directory claims to unpack to `files` times `size` bytes."""
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as archive:
        for number in range(files):
            archive.writestr(f"word/{number}.xml", b"0")
        for entry in archive.infolist():
            entry.file_size = size
    return written.getvalue()


@pytest.fixture
def upload(tenant, sales):
    def as_sales(data, name):
        with tenant_scope(tenant):
            return store_upload(ContentFile(data), by=sales, name=name)

    return as_sales


def problems(media, kind):
    return [problem.code for problem in problems_for(media, ADAPTERS[ChannelKind(kind)].spec)]


def opened(file):
    with file.open() as stored:
        return Image.open(io.BytesIO(stored.read()))


def test_a_photo_is_drawn_anew_without_what_its_camera_wrote(upload):
    exif = Image.Exif()
    exif[0x0112] = 6  # turned by a quarter
    exif[0x010F] = "SecretPhone"
    media = upload(picture(size=(80, 40), exif=exif) + b"<script>hidden</script>", "Family 合照.jpeg")
    assert (media.kind, media.mime, media.extension) == ("image", "image/jpeg", ".jpg")
    assert (media.width, media.height, media.name) == (40, 80, "Family 合照.jpeg")
    with media.file.open() as stored:
        data = stored.read()
    assert b"SecretPhone" not in data
    assert b"hidden" not in data
    assert not opened(media.file).getexif()
    assert media.bytes == len(data)
    assert "合照" not in media.file.name


def test_every_picture_has_a_small_preview(upload):
    media = upload(noisy(1500), "noise.png")
    preview = opened(media.preview)
    assert (preview.format, max(preview.size)) == ("JPEG", 1024)
    assert media.preview.size <= MB


@pytest.mark.parametrize(
    ("data", "name", "mime"),
    [
        (picture("PNG"), "a.png", "image/png"),
        (picture("PNG", mode="RGBA"), "a.png", "image/png"),
        (picture("WEBP"), "a.webp", "image/jpeg"),
        (picture("WEBP", mode="RGBA"), "a.webp", "image/png"),
        (picture("PNG"), "really-a-png.jpg", "image/png"),
        (picture("PNG", mode="L"), "grey.png", "image/png"),
        (picture("JPEG", mode="CMYK"), "print.jpg", "image/jpeg"),
        (picture("GIF"), "still.gif", "image/png"),
        (heic(), "IMG_0001.HEIC", "image/jpeg"),
        (heic(), "sent-as.jpg", "image/jpeg"),
        (film(), "clip.mp4", "video/mp4"),
        (film(brand=b"iso6"), "clip.mp4", "video/mp4"),
        (film(brand=b"qt  "), "IMG_0002.MOV", "video/quicktime"),
        (film(brand=b"qt  "), "renamed.mp4", "video/quicktime"),
        (mp4(), "clip.MP4", "video/mp4"),
        (mp4(brand=b"3gp4"), "clip.3gp", "video/3gpp"),
        (mp4(brand=b"M4A ", width=0, height=0), "song.m4a", "audio/mp4"),
        (b"ID3\x03\0\0\0\0" + b"\0" * 50, "song.mp3", "audio/mpeg"),
        (PDF, "quote.pdf", "application/pdf"),
        (OLE, "old.doc", "application/msword"),
        (OLE, "old.xls", "application/vnd.ms-excel"),
        (office("word"), "a.docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
        (office("xl"), "a.xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
        ("價目表".encode(), "prices.txt", "text/plain"),
        ("價目表".encode("big5"), "prices.txt", "text/plain"),
    ],
)
def test_what_is_taken(upload, data, name, mime):
    assert upload(data, name).mime == mime


@pytest.mark.parametrize(
    ("data", "name", "error"),
    [
        (b"", "empty.jpg", errors.EmptyFile),
        (EXE, "holiday.jpg", errors.TypeMismatch),
        (EXE, "clip.mp4", errors.TypeMismatch),
        (EXE, "notes.txt", errors.TypeMismatch),
        (SVG, "logo.png", errors.TypeMismatch),
        (PDF, "photo.png", errors.TypeMismatch),
        (picture(), "quote.pdf", errors.TypeMismatch),
        (office("xl"), "letter.docx", errors.TypeMismatch),
        (SVG, "logo.svg", errors.TypeNotAllowed),
        (EXE, "setup.exe", errors.TypeNotAllowed),
        (picture(), "no-extension", errors.TypeNotAllowed),
        (b"<html></html>", "page.html", errors.TypeNotAllowed),
        (noisy(200)[:-2000], "cut.png", errors.CorruptFile),
        (picture()[:200], "cut.jpg", errors.CorruptFile),
        (mp4()[:-40], "cut.mp4", errors.CorruptFile),
        (film()[:-40], "cut.mp4", errors.CorruptFile),
        (film(padding=5000)[:-40], "cut-behind-the-movie.mp4", errors.CorruptFile),
        (film()[:20_000], "half.mp4", errors.CorruptFile),
        (film()[:9], "begun.mp4", errors.CorruptFile),
        (heic()[:300], "cut.heic", errors.CorruptFile),
        (mp4(width=0), "sound-only.mp4", errors.CorruptFile),
    ],
)
def test_what_is_refused_and_nothing_kept(upload, tenant, data, name, error):
    with pytest.raises(error):
        upload(data, name)
    with tenant_scope(tenant):
        assert not Media.objects.exists()


def test_a_picture_that_unpacks_to_billions_of_pixels_is_refused_unread(upload):
    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", 50_000, 50_000, 8, 2, 0, 0, 0)
    bomb = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"\0" * 9999))
    with pytest.raises(errors.TooManyPixels, match="2500 megapixels"):
        upload(bomb + chunk(b"IEND", b""), "bomb.png")


@pytest.mark.parametrize("document", [bomb(), bomb(files=12_000, size=1)])
def test_a_document_that_unpacks_without_end_is_refused_unread(upload, document):
    with pytest.raises(errors.ArchiveTooLarge):
        upload(document, "invoice.docx")


def test_a_moving_picture_is_kept_still_and_says_so():
    frames = [Image.new("RGB", (40, 30), colour) for colour in ("red", "blue", "white")]
    written = io.BytesIO()
    frames[0].save(written, "GIF", save_all=True, append_images=frames[1:])
    examined = examine(ContentFile(written.getvalue()), "dance.gif")
    assert (examined.type.mime, examined.stilled) == ("image/png", True)
    assert not examine(ContentFile(picture("GIF")), "still.gif").stilled


def test_a_file_over_the_limit_is_refused(upload, settings):
    settings.MAX_UPLOAD_BYTES = 2000
    with pytest.raises(errors.FileTooLarge, match="at most 2 KB"):
        upload(b"%PDF-1.7" + b" " * 2000, "long.pdf")


def test_a_large_photo_becomes_small_enough_for_every_channel(upload):
    media = upload(noisy(2600), "from a camera.png")
    assert media.mime == "image/jpeg"
    assert problems(media, "line") == problems(media, "whatsapp") == []


def test_a_video_tells_its_length_and_shape_and_has_a_preview(upload):
    media = upload(mp4(seconds=12.5, width=360, height=640), "clip.mp4")
    assert (media.duration_ms, media.width, media.height) == (12500, 360, 640)
    preview = opened(media.preview)
    assert preview.size == (576, 1024)
    assert problems(media, "line") == problems(media, "whatsapp") == []


@pytest.mark.parametrize(
    ("made", "video", "audio", "found"),
    [
        ({}, "h264", "", ""),
        ({"sounds": [sound()]}, "h264", "aac", ""),
        ({"profile": 100}, "h264", "", ""),
        ({"reordered": True}, "h264", "", ""),
        ({"profile": 100, "reordered": True}, "h264_high_b", "", "H.264 High with B-frames"),
        ({"codec": b"hvc1"}, "hevc", "", "H.265 (HEVC)"),
        ({"codec": b"av01", "sounds": [sound()]}, "av1", "aac", "AV1"),
        ({"codec": b"x\xffyz"}, "x\ufffdyz", "", "X\ufffdYZ"),
        ({"sounds": [sound(0x6B)]}, "h264", "mp3", "MP3"),
        ({"sounds": [sound(), sound()]}, "h264", "several", "several tracks"),
    ],
)
def test_whatsapp_takes_videos_its_phones_can_play(upload, made, video, audio, found):
    media = upload(film(**made), "clip.mp4")
    assert (media.video_codec, media.audio_codec) == (video, audio)
    assert problems(media, "line") == problems(media, "facebook") == []
    texts = [problem.text for problem in problems_for(media, ADAPTERS[ChannelKind.WHATSAPP].spec)]
    assert len(texts) == bool(found)
    assert all("WhatsApp takes videos with" in text and f"this has {found}." in text for text in texts)


def test_a_video_filmed_upright_has_its_shape_turned(upload):
    media = upload(film(columns=6, rows=4, turned=True), "upright.mp4")
    assert (media.width, media.height) == (64, 96)


@pytest.mark.parametrize(
    ("poster", "middle"),
    [
        (picture(size=(320, 320)), (200, 30, 60)),
        (None, (255, 255, 255)),
        (b"not a picture", (255, 255, 255)),
        (picture()[:100], (255, 255, 255)),
    ],
)
def test_the_preview_of_a_video_is_its_frame_or_a_play_sign(poster, middle):
    examined = examine(ContentFile(film()), "clip.mp4", poster=ContentFile(poster) if poster else None)
    preview = Image.open(io.BytesIO(examined.preview))
    assert preview.size == (1024, 683)  # the video's own proportions, as LINE asks
    assert max(abs(a - b) for a, b in zip(preview.getpixel((512, 341)), middle, strict=True)) < 12
    assert len(examined.preview) <= MB


@pytest.mark.requirement("S2-16")
def test_problems_name_the_rule_of_the_channel(upload):
    pdf, video = upload(PDF, "quote.pdf"), upload(mp4(data=b"\0" * 17 * MB), "long.mp4")
    assert problems(pdf, "line") == ["kind_refused"]
    assert problems(pdf, "whatsapp") == []
    assert problems(video, "line") == []
    (problem,) = problems_for(video, ADAPTERS[ChannelKind.WHATSAPP].spec)
    assert problem.code == "too_large"
    assert "WhatsApp" in problem.text
    assert "up to 16 MB" in problem.text
    assert problems(upload(mp4(brand=b"3gp4"), "clip.3gp"), "line") == ["type_refused"]


def test_outgoing_media_is_public_and_tells_nobodys_name(upload, settings):
    settings.PUBLIC_URL = "https://shop.example"
    media = upload(picture(), "Mrs Chan passport.jpg")
    outgoing = outgoing_media(media)
    assert outgoing.url == f"https://shop.example/m/{media.key}/image.jpg"
    assert outgoing.preview_url == f"https://shop.example/m/{media.key}/preview.jpg"
    document = outgoing_media(upload(PDF, "報價 單.pdf"))
    assert document.url.endswith("/%E5%A0%B1%E5%83%B9%20%E5%96%AE.pdf")
    assert document.filename == "報價 單.pdf"


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("../../etc/passwd.pdf", "passwd.pdf"),
        ("C:\\Users\\me\\quote.pdf", "quote.pdf"),
        ("a\r\nX-Header: 1\x00.pdf", "a X-Header: 1 .pdf"),
        ("長" * 300 + ".pdf", "長" * 196 + ".pdf"),
        ("a" * 500 + ".pdf", "a" * 196 + ".pdf"),
        ("....//....//key.pdf", "key.pdf"),
    ],
)
def test_names_are_for_show_only(upload, given, shown):
    media = upload(PDF, given)
    assert media.name == shown
    assert media.file.name == f"media/{media.tenant_id}/{media.key}/file.pdf"


@pytest.mark.parametrize(("language", "words"), [("zh-hant", "檔案"), ("zh-hans", "文件")])
def test_refusals_speak_the_readers_language(upload, language, words):
    with translation.override(language):
        for data, name in [(b"", "a.jpg"), (EXE, "a.jpg"), (SVG, "a.svg"), (mp4()[:-40], "a.mp4")]:
            with pytest.raises(errors.MediaError) as refused:
                upload(data, name)
            assert words in str(refused.value.message)
