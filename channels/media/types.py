"""The types of file we take, and whether a file's bytes are what its name says."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import PurePath
from typing import BinaryIO

import puremagic
from django.utils.translation import gettext as _

from channels.adapters.base import PartKind
from channels.errors import TypeMismatch, TypeNotAllowed
from channels.media.archives import names_in

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
GIF = _type(PartKind.IMAGE, "image/gif", ".gif", ".gif")
HEIC = _type(PartKind.IMAGE, "image/heic", ".heic", ".heic")
MP4 = _type(PartKind.VIDEO, "video/mp4", ".mp4", ".mp4")
MOV = _type(PartKind.VIDEO, "video/quicktime", ".mov", ".mov")
GP3 = _type(PartKind.VIDEO, "video/3gpp", ".3gp", ".3gp")
OGG = _type(PartKind.AUDIO, "audio/ogg", ".ogg", ".ogg .oga .opus")
BYTES = _type(PartKind.FILE, "application/octet-stream", ".bin", "")

# Pictures as people bring them: all are drawn anew, as JPEG or PNG.
IMAGES = {
    ".jpg": JPEG,
    ".jpeg": JPEG,
    ".jpe": JPEG,
    ".jfif": JPEG,
    ".png": PNG,
    ".webp": WEBP,
    ".gif": GIF,
    ".heic": HEIC,
    ".heif": HEIC,
}
TYPES = IMAGES | {
    ".mp4": MP4,
    ".m4v": MP4,
    ".mov": MOV,
    ".qt": MOV,
    ".3gp": GP3,
    ".mp3": _type(PartKind.AUDIO, "audio/mpeg", ".mp3", ".mp3 .mpga"),
    ".m4a": _type(PartKind.AUDIO, "audio/mp4", ".m4a", ".m4a .mp4"),
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
ALIKE = {PartKind.IMAGE: (JPEG, PNG, WEBP, GIF, HEIC), PartKind.VIDEO: (MP4, MOV, GP3)}
# Files of boxes name their brand after "ftyp" (ISO/IEC 14496-12, 4.3); there are more brands than any list has, and
# what is none of these is MP4's family.
BRANDS = {
    b"qt  ": ".mov",
    b"M4A ": ".m4a",
    b"M4B ": ".m4a",
    **dict.fromkeys((b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1"), ".heic"),
    **dict.fromkeys((b"avif", b"avis"), ".avif"),
}


def type_of(file: BinaryIO, name: str) -> FileType:
    """The type of a file by its name, confirmed by its bytes. Raises TypeNotAllowed, TypeMismatch,
    ArchiveTooLarge.

    Pictures may carry another picture's extension, and videos another video's: phones do that, and the bytes decide.
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
    if promised.kind in ALIKE:
        actual = next((alike for alike in ALIKE[promised.kind] if found & alike.looks_like), None)
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
    if head[4:8] == b"ftyp":
        brand = head[8:12]
        return frozenset({BRANDS.get(brand, ".3gp" if brand.startswith(b"3g") else ".mp4")})
    try:
        return frozenset(match.extension.lower() for match in puremagic.magic_string(head))
    except puremagic.PureError:
        return frozenset()


def _holds(file: BinaryIO, folder: str) -> bool:
    """Whether an Office file has the folder its type is known by. Raises ArchiveTooLarge."""
    return not folder or any(name.startswith(folder) for name in names_in(file))


def _is_text(file: BinaryIO) -> bool:
    """Text in any encoding of our readers: without the bytes that only programs and pictures have."""
    file.seek(0)
    head = file.read(HEAD)
    file.seek(0)
    return b"\x00" not in head and not head.startswith((b"MZ", b"\x7fELF", b"%PDF"))
