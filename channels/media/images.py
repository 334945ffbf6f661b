"""Pictures are drawn anew: no metadata, no hidden payload, nothing larger than a phone can show."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from io import BytesIO
from typing import BinaryIO

from django.utils.translation import gettext as _
from pi_heif import register_heif_opener
from PIL import Image, ImageCms, ImageDraw, ImageOps, UnidentifiedImageError

from channels.errors import CorruptFile, TooManyPixels
from channels.media.types import JPEG, PNG, FileType

MAX_PIXELS = 50_000_000  # a phone's 48 megapixel photo passes
LONGEST_SIDE = 4096
PREVIEW_SIDE = 1024
PREVIEW_BYTES = 1024 * 1024  # LINE's limit
LIGHT = 4_500_000  # bytes that every channel takes; a photo is brought below it
READABLE = ("JPEG", "PNG", "WEBP", "GIF", "HEIF")
BROKEN = (OSError, SyntaxError, ValueError, EOFError, OverflowError)  # what Pillow raises for damaged files

register_heif_opener()
Image.MAX_IMAGE_PIXELS = None  # our own, lower limit is checked before a pixel is read
_one_at_a_time = threading.Lock()  # a large picture takes 200 MB while it is open


@dataclass(frozen=True)
class CleanImage:
    """A picture as we keep it; `preview` is a JPEG of at most 1 MB, `stilled` says that it moved before."""

    type: FileType
    data: bytes
    width: int
    height: int
    preview: bytes
    stilled: bool = False


def clean_image(file: BinaryIO) -> CleanImage:
    """The picture in `file`, drawn anew. Raises TooManyPixels, CorruptFile."""
    size = file.seek(0, 2)
    file.seek(0)
    with _one_at_a_time:
        try:
            with Image.open(file, formats=READABLE) as opened:
                _check_size(opened)
                drawing = opened.format in ("PNG", "GIF") and size <= LIGHT
                moves = getattr(opened, "is_animated", False)
                picture = _drawn(opened)
        except UnidentifiedImageError as error:
            raise CorruptFile from error
        except BROKEN as error:
            raise CorruptFile from error
        file_type, data = _encoded(picture, drawing)
        return CleanImage(file_type, data, *picture.size, preview=_preview(picture), stilled=moves)


def video_preview(poster: BinaryIO | None, width: int, height: int) -> bytes:
    """The preview of a video of this shape: `poster` cut to it, or a play sign where there is none that can be read.
    JPEG, at most 1 MB."""
    if poster is not None:
        try:
            return _poster(poster, _shape(width, height))
        except (CorruptFile, TooManyPixels):
            pass  # a frame drawn by the sender's browser is a nicety: the video itself is sound
    return play_sign(width, height)


def _poster(file: BinaryIO, shape: tuple[int, int]) -> bytes:
    with _one_at_a_time:
        try:
            with Image.open(file, formats=READABLE) as opened:
                _check_size(opened)
                picture = _drawn(opened).convert("RGB")
        except BROKEN as error:
            raise CorruptFile from error
        return _jpeg_within(ImageOps.fit(picture, shape), PREVIEW_BYTES, (82, 60, 40, 20))


def play_sign(width: int, height: int) -> bytes:
    """A dark picture with a play sign, as the preview of a video of this shape. JPEG."""
    picture = Image.new("RGB", _shape(width, height), "#1f2430")
    middle_x, middle_y = picture.width // 2, picture.height // 2
    arm = min(picture.size) // 6
    triangle = [
        (middle_x - arm // 2, middle_y - arm),
        (middle_x - arm // 2, middle_y + arm),
        (middle_x + arm, middle_y),
    ]
    ImageDraw.Draw(picture).polygon(triangle, fill="#ffffff")
    return _jpeg(picture, 85)


def _shape(width: int, height: int) -> tuple[int, int]:
    """Within the preview's side, in the video's proportions where they are sensible, else 16:9."""
    if width <= 0 or height <= 0 or not 0.2 < width / height < 5:
        width, height = 16, 9
    scale = PREVIEW_SIDE / max(width, height)
    return round(width * scale), round(height * scale)


def _check_size(picture: Image.Image) -> None:
    pixels = picture.width * picture.height
    if pixels > MAX_PIXELS:
        raise TooManyPixels(
            _(
                "This picture has {size} megapixels; at most {most} are taken. Nothing was saved; please make it"
                " smaller and retry."
            ).format(size=round(pixels / 1e6), most=MAX_PIXELS // 1_000_000)
        )


def _drawn(opened: Image.Image) -> Image.Image:
    """Upright, in RGB or RGBA of 8 bits, in the web's colours, of the first frame, without metadata."""
    opened.draft("RGB", (LONGEST_SIDE, LONGEST_SIDE))  # a JPEG is read at the size needed
    opened.load()
    picture = ImageOps.exif_transpose(opened)
    see_through = picture.mode in {"RGBA", "LA", "PA"} or "transparency" in picture.info
    profile = picture.info.get("icc_profile")
    picture = picture.convert("RGBA" if see_through else "RGB")
    if profile and not see_through:
        picture = _in_web_colours(picture, profile)
    picture.thumbnail((LONGEST_SIDE, LONGEST_SIDE))
    picture.info.clear()
    return picture


def _in_web_colours(picture: Image.Image, profile: bytes) -> Image.Image:
    try:
        own = ImageCms.ImageCmsProfile(BytesIO(profile))
        drawn = ImageCms.profileToProfile(picture, own, ImageCms.createProfile("sRGB"), outputMode="RGB")
    except (ImageCms.PyCMSError, OSError):
        return picture  # a profile nobody can read changes no colour
    return drawn or picture


def _encoded(picture: Image.Image, drawing: bool) -> tuple[FileType, bytes]:
    """See-through pictures stay PNG, and drawings, which are light as PNG; photos become JPEG."""
    if picture.mode == "RGBA" or drawing:
        data = _png(picture)
        if picture.mode == "RGBA" or len(data) <= LIGHT:
            return PNG, data
    return JPEG, _jpeg_within(picture, LIGHT, (90, 80, 65, 50))


def _preview(picture: Image.Image) -> bytes:
    small = picture.copy()
    small.thumbnail((PREVIEW_SIDE, PREVIEW_SIDE))
    if small.mode == "RGBA":
        white = Image.new("RGB", small.size, "#ffffff")
        white.paste(small, mask=small.getchannel("A"))
        small = white
    return _jpeg_within(small, PREVIEW_BYTES, (82, 60, 40, 20))


def _jpeg_within(picture: Image.Image, most: int, qualities: tuple[int, ...]) -> bytes:
    """The best quality that fits, or the least where none does."""
    for quality in qualities:
        data = _jpeg(picture, quality)
        if len(data) <= most:
            break
    return data


def _jpeg(picture: Image.Image, quality: int) -> bytes:
    written = BytesIO()
    picture.save(written, "JPEG", quality=quality)
    return written.getvalue()


def _png(picture: Image.Image) -> bytes:
    written = BytesIO()
    picture.save(written, "PNG")
    return written.getvalue()
