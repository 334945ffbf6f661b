"""The types of file we take, and whether a file's bytes are what its name says."""

from __future__ import annotations

import zipfile
from dataclasses import dataclass
from pathlib import PurePath
from typing import BinaryIO

import puremagic
from django.utils.translation import gettext as _

from channels.adapters.base import PartKind
from channels.errors import TypeMismatch, TypeNotAllowed

HEAD = 8192  # bytes that tell a type
OFFICE = "application/vnd.openxmlformats-officedocument."


@dataclass(frozen=True)
class FileType:
    """One type: `looks_like` are the extensions puremagic may find in the bytes; empty for plain text."""

    kind: PartKind
    mime: str
    extension: str
    looks_like: frozenset[str]
    folder: str = ""  # inside an Office file


def _type(kind: PartKind, mime: str, extension: str, looks_like: str, folder: str = "") -> FileType:
    return FileType(kind, mime, extension, frozenset(looks_like.split()), folder)


JPEG = _type(PartKind.IMAGE, "image/jpeg", ".jpg", ".jpg .jpeg .jpe .jfif")
PNG = _type(PartKind.IMAGE, "image/png", ".png", ".png")
WEBP = _type(PartKind.IMAGE, "image/webp", ".webp", ".webp")
MP4 = _type(PartKind.VIDEO, "video/mp4", ".mp4", ".mp4 .m4v")
OGG = _type(PartKind.AUDIO, "audio/ogg", ".ogg", ".ogg .oga .opus")
BYTES = _type(PartKind.FILE, "application/octet-stream", ".bin", "")

IMAGES = {".jpg": JPEG, ".jpeg": JPEG, ".jpe": JPEG, ".jfif": JPEG, ".png": PNG, ".webp": WEBP}
TYPES = IMAGES | {
    ".mp4": MP4,
    ".m4v": MP4,
    ".3gp": _type(PartKind.VIDEO, "video/3gpp", ".3gp", ".3gp .3ga .3gpp"),
    ".mp3": _type(PartKind.AUDIO, "audio/mpeg", ".mp3", ".mp3 .mpga"),
    ".m4a": _type(PartKind.AUDIO, "audio/mp4", ".m4a", ".m4a .f4a .mp4"),
    ".aac": _type(PartKind.AUDIO, "audio/aac", ".aac", ".aac"),
    ".amr": _type(PartKind.AUDIO, "audio/amr", ".amr", ".amr"),
    ".ogg": OGG,
    ".oga": OGG,
    ".opus": OGG,
    ".pdf": _type(PartKind.FILE, "application/pdf", ".pdf", ".pdf"),
    ".doc": _type(PartKind.FILE, "application/msword", ".doc", ".doc"),
    ".xls": _type(PartKind.FILE, "application/vnd.ms-excel", ".xls", ".xls .doc"),
    ".ppt": _type(PartKind.FILE, "application/vnd.ms-powerpoint", ".ppt", ".ppt .doc"),
    ".docx": _type(PartKind.FILE, f"{OFFICE}wordprocessingml.document", ".docx", ".docx .zip", "word/"),
    ".xlsx": _type(PartKind.FILE, f"{OFFICE}spreadsheetml.sheet", ".xlsx", ".xlsx .zip", "xl/"),
    ".pptx": _type(PartKind.FILE, f"{OFFICE}presentationml.presentation", ".pptx", ".pptx .zip", "ppt/"),
    ".txt": _type(PartKind.FILE, "text/plain", ".txt", ""),
}


def type_of(file: BinaryIO, name: str) -> FileType:
    """The type of a file by its name, confirmed by its bytes. Raises TypeNotAllowed, TypeMismatch.

    Pictures may carry another picture's extension: phones do that, and the bytes decide.
    """
    extension = PurePath(name).suffix.lower()
    promised = TYPES.get(extension)
    if promised is None:
        raise TypeNotAllowed(
            _(
                "Files of the type “{extension}” are not taken. Nothing was saved. Taken are: {allowed}."
            ).format(
                extension=extension or name, allowed=", ".join(sorted(e.removeprefix(".") for e in TYPES))
            )
        )
    found = _found(file)
    if promised.kind is PartKind.IMAGE:
        actual = next((image for image in (JPEG, PNG, WEBP) if found & image.looks_like), None)
        if actual is not None:
            return actual
    elif promised is TYPES[".txt"]:
        if _is_text(file):
            return promised
    elif found & promised.looks_like and _holds(file, promised.folder):
        return promised
    raise TypeMismatch(
        _(
            "The name “{name}” says {extension}, but the file is something else. Nothing was saved; please export it"
            " again as {extension}."
        ).format(name=name, extension=extension.removeprefix(".").upper())
    )


def _found(file: BinaryIO) -> frozenset[str]:
    """Extensions the first bytes could stand for."""
    file.seek(0)
    head = file.read(HEAD)
    file.seek(0)
    try:
        return frozenset(match.extension.lower() for match in puremagic.magic_string(head))
    except puremagic.PureError:
        return frozenset()


def _holds(file: BinaryIO, folder: str) -> bool:
    """Whether an Office file has the folder its type is known by. Only its directory is read, nothing unpacked."""
    if not folder:
        return True
    try:
        with zipfile.ZipFile(file) as archive:
            return any(name.startswith(folder) for name in archive.namelist())
    except (zipfile.BadZipFile, OSError, ValueError):
        return False
    finally:
        file.seek(0)


def _is_text(file: BinaryIO) -> bool:
    """Text in any encoding of our readers: without the bytes that only programs and pictures have."""
    file.seek(0)
    head = file.read(HEAD)
    file.seek(0)
    return b"\x00" not in head and not head.startswith((b"MZ", b"\x7fELF", b"%PDF"))
