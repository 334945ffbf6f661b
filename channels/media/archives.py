"""Office files are ZIP archives: only their directory is read, nothing is unpacked; a bomb is told by what it claims.

APPNOTE.TXT of the ZIP format, sections 4.3.12 and 4.3.16.
"""

from __future__ import annotations

import struct
import zipfile
from typing import BinaryIO

from channels.errors import ArchiveTooLarge

END = b"PK\5\6"
END_BYTES = 22
LONGEST_COMMENT = 65_535
MOST_FILES = 10_000
MOST_UNPACKED = 1_000_000_000  # bytes; a large presentation has a tenth
MOST_RATIO = 200  # of a document's unpacked size to its own; text packs to a tenth


def names_in(file: BinaryIO) -> list[str]:
    """The names of the files in an archive; empty where it is none. Raises ArchiveTooLarge."""
    size = file.seek(0, 2)
    try:
        if _claimed_files(file, size) > MOST_FILES:  # before anything is kept in memory for each of them
            raise ArchiveTooLarge
        file.seek(0)
        with zipfile.ZipFile(file) as archive:
            entries = archive.infolist()
    except (zipfile.BadZipFile, OSError, ValueError, struct.error):
        return []
    finally:
        file.seek(0)
    unpacked = sum(entry.file_size for entry in entries)
    if len(entries) > MOST_FILES or unpacked > min(MOST_UNPACKED, max(size, 100_000) * MOST_RATIO):
        raise ArchiveTooLarge
    return [entry.filename for entry in entries]


def _claimed_files(file: BinaryIO, size: int) -> int:
    """How many files the archive's end says it has; 65,535 also stands for "more"."""
    file.seek(max(0, size - END_BYTES - LONGEST_COMMENT))
    tail = file.read()
    place = tail.rfind(END)
    return int(struct.unpack_from("<H", tail, place + 10)[0]) if place >= 0 else 0
