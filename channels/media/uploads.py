"""Taking a file in: checked by name, bytes and content, drawn anew where it is a picture, kept under a random key."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass
from pathlib import PurePath
from typing import BinaryIO, cast

from django.conf import settings
from django.core.files.base import ContentFile, File
from django.utils.translation import gettext as _

from channels.adapters.base import PartKind
from channels.errors import CorruptFile, EmptyFile, FileTooLarge
from channels.media.images import clean_image, video_preview
from channels.media.mp4 import read_mp4
from channels.media.rules import shown_size
from channels.media.types import FileType, type_of
from channels.models import Media
from tenants.models import Member, Tenant

LONGEST_NAME = 200
BOXED = frozenset({"video/mp4", "video/quicktime", "video/3gpp", "audio/mp4"})  # one family of file formats
_CONTROL = re.compile(r"[\x00-\x1f\x7f/\\]+")


@dataclass(frozen=True)
class Examined:
    """A file that passed. `file` is what is kept: what was given, or the picture drawn anew.

    `stilled`: it moved before. `video_codec` and `audio_codec` as in `mp4.Mp4`.
    """

    type: FileType
    file: File[bytes]
    width: int | None = None
    height: int | None = None
    duration_ms: int | None = None
    preview: bytes = b""
    video_codec: str = ""
    audio_codec: str = ""
    stilled: bool = False


def store_upload(file: File[bytes], *, by: Member, name: str = "") -> Media:
    """Keep a file a member chose, in the scope of their team. `name` (else the file's own) is shown to people and
    promises its type.

    Raises EmptyFile, FileTooLarge, TypeNotAllowed, TypeMismatch, TooManyPixels, ArchiveTooLarge, CorruptFile; then
    nothing is kept.
    """
    name = shown_name(name or file.name or "")
    return keep(examine(file, name), tenant=by.tenant, name=name, by=by)


def examine(file: File[bytes], name: str, *, poster: File[bytes] | None = None) -> Examined:
    """Check a file and draw a picture anew. `poster` is a frame of a video, as the sender's browser shows it.

    Raises the errors of `store_upload`.
    """
    check_size(file.size)
    source = cast(BinaryIO, file.file)
    found = type_of(source, name)
    if found.kind is PartKind.IMAGE:
        return _picture(source)
    if found.mime in BOXED:
        return _film(found, file, cast(BinaryIO, poster.file) if poster else None)
    return Examined(found, file)


def _picture(source: BinaryIO) -> Examined:
    image = clean_image(source)
    return Examined(
        image.type,
        ContentFile(image.data),
        width=image.width,
        height=image.height,
        preview=image.preview,
        stilled=image.stilled,
    )


def _film(found: FileType, file: File[bytes], poster: BinaryIO | None) -> Examined:
    """A video, or sound in the same kind of file."""
    movie = read_mp4(cast(BinaryIO, file.file))
    video = found.kind is PartKind.VIDEO
    if video and not (movie.width and movie.height):
        raise CorruptFile
    return Examined(
        found,
        file,
        width=movie.width or None,
        height=movie.height or None,
        duration_ms=movie.duration_ms,
        preview=video_preview(poster, movie.width, movie.height) if video else b"",
        video_codec=movie.video if video else "",
        audio_codec=movie.audio,
    )


def keep(examined: Examined, *, tenant: Tenant, name: str, by: Member | None) -> Media:
    """Write the file to the storage and its row."""
    media = Media(
        tenant=tenant,
        kind=examined.type.kind,
        mime=examined.type.mime,
        extension=examined.type.extension,
        name=name,
        bytes=examined.file.size,
        sha256=_sha256(examined.file),
        width=examined.width,
        height=examined.height,
        duration_ms=examined.duration_ms,
        video_codec=examined.video_codec,
        audio_codec=examined.audio_codec,
        uploaded_by=by,
    )
    media.file.save(name, examined.file, save=False)
    if examined.preview:
        media.preview.save("preview.jpg", ContentFile(examined.preview), save=False)
    media.save()
    return media


def check_size(size: int) -> None:
    """Raises EmptyFile, FileTooLarge."""
    if not size:
        raise EmptyFile
    if size > settings.MAX_UPLOAD_BYTES:
        raise FileTooLarge(
            _("This file has {size}; at most {most} are taken. Nothing was saved.").format(
                size=shown_size(size), most=shown_size(settings.MAX_UPLOAD_BYTES)
            )
        )


def shown_name(name: str) -> str:
    """A file's name as people see it: without folders and control characters, its extension kept when shortened."""
    plain = _CONTROL.sub(" ", PurePath(name.replace("\\", "/")).name).strip() or "file"
    extension = PurePath(plain).suffix[:20]
    return plain if len(plain) <= LONGEST_NAME else plain[: LONGEST_NAME - len(extension)] + extension


def _sha256(file: File[bytes]) -> str:
    digest = hashlib.sha256()
    for chunk in file.chunks():
        digest.update(chunk)
    file.seek(0)
    return digest.hexdigest()
