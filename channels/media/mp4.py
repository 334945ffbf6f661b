"""What an MP4 file says about itself: how long and how large its picture is. ISO/IEC 14496-12, sections 8.2 and 8.3."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO, NamedTuple

from channels.errors import CorruptFile

MOST_BOXES = 10_000  # of one file; more is nonsense, or an attack


@dataclass(frozen=True)
class Mp4:
    """`duration_ms` 0 where the file does not say; width and height in pixels, 0 without a picture."""

    duration_ms: int
    width: int
    height: int


class _Box(NamedTuple):
    kind: bytes
    start: int  # of what it holds
    end: int


def read_mp4(file: BinaryIO) -> Mp4:
    """Reads headers only. Raises CorruptFile for a file that is cut off or has no movie."""
    end = file.seek(0, 2)
    try:
        movie = next((box for box in _boxes(file, 0, end) if box.kind == b"moov"), None)
        if movie is None:
            raise CorruptFile
        duration_ms = width = height = 0
        for box in _boxes(file, movie.start, movie.end):
            if box.kind == b"mvhd":
                duration_ms = _duration_ms(file, box)
            elif box.kind == b"trak":
                for inner in _boxes(file, box.start, box.end):
                    if inner.kind == b"tkhd":
                        track = _size(file, inner)
                        width, height = max(width, track[0]), max(height, track[1])
    except struct.error as error:
        raise CorruptFile from error
    finally:
        file.seek(0)
    return Mp4(duration_ms, width, height)


def _boxes(file: BinaryIO, start: int, end: int) -> Iterator[_Box]:
    for _count in range(MOST_BOXES):
        if start >= end:
            return
        file.seek(start)
        size, kind = struct.unpack(">I4s", file.read(8))
        head = 8
        if size == 1:
            (size,), head = struct.unpack(">Q", file.read(8)), 16
        elif size == 0:
            size = end - start  # to the end of the file
        if size < head or start + size > end:
            raise CorruptFile
        yield _Box(kind, start + head, start + size)
        start += size
    raise CorruptFile


def _duration_ms(file: BinaryIO, box: _Box) -> int:
    file.seek(box.start)
    version = file.read(4)[:1]
    scale, duration = (
        struct.unpack(">16xIQ", file.read(28))
        if version == b"\x01"
        else struct.unpack(">8xII", file.read(16))
    )
    unknown = duration in (0xFFFFFFFF, 0xFFFFFFFFFFFFFFFF)
    # A day is longer than anything a channel takes; more is nonsense.
    return 0 if unknown or not scale else min(duration * 1000 // scale, 86_400_000)


def _size(file: BinaryIO, box: _Box) -> tuple[int, int]:
    """Width and height stand last, as 16.16 fixed point numbers."""
    file.seek(box.end - 8)
    width, height = struct.unpack(">II", file.read(8))
    return width >> 16, height >> 16
