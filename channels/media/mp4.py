"""What an MP4 or QuickTime file says about itself: length, shape and codecs. ISO/IEC 14496-12, sections 8.2 to 8.6."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import BinaryIO, NamedTuple

from channels.errors import CorruptFile

MOST_BOXES = 10_000  # of one file; more is nonsense, or an attack
VIDEO_CODECS = {
    b"avc1": "h264",
    b"avc3": "h264",
    b"hvc1": "hevc",
    b"hev1": "hevc",
    b"dvh1": "hevc",
    b"dvhe": "hevc",
    b"vp08": "vp8",
    b"vp09": "vp9",
    b"av01": "av1",
    b"mp4v": "mpeg4",
    b"s263": "h263",
}
AUDIO_CODECS = {
    b"mp4a": "aac",
    b"Opus": "opus",
    b"samr": "amr",
    b"ac-3": "ac3",
    b"ec-3": "ac3",
    b".mp3": "mp3",
}
AAC = frozenset({0x40, 0x66, 0x67, 0x68})  # object types of "mp4a" that are AAC; others are MP3 and its kin
HIGH_PROFILE = 100  # of H.264, and everything above it
SEVERAL = "several"  # tracks of sound


@dataclass(frozen=True)
class Mp4:
    """`duration_ms` 0 where the file does not say; width and height in pixels as it is shown, 0 without a picture.

    `video` and `audio` are codecs by our names ("h264", "aac"), "" where there is none or the file does not say;
    "h264_high_b" is H.264 of the High profile with B-frames, `audio` "several" more than one track of sound.
    """

    duration_ms: int
    width: int
    height: int
    video: str = ""
    audio: str = ""


class _Box(NamedTuple):
    kind: bytes
    start: int  # of what it holds
    end: int


@dataclass
class _Track:
    handler: bytes = b""
    size: tuple[int, int] = (0, 0)
    codec: str = ""
    reordered: bool = False  # frames are shown in another order than they are stored in: B-frames
    high: bool = False

    @property
    def video_codec(self) -> str:
        return "h264_high_b" if self.codec == "h264" and self.high and self.reordered else self.codec


@dataclass
class _Movie:
    duration_ms: int = 0
    tracks: list[_Track] = field(default_factory=list)


def read_mp4(file: BinaryIO) -> Mp4:
    """Reads headers only. Raises CorruptFile for a file that is cut off or has no movie."""
    end = file.seek(0, 2)
    try:
        whole = list(_boxes(file, 0, end))  # all of them: what comes after the movie may be cut off too
        found = next((box for box in whole if box.kind == b"moov"), None)
        if found is None:
            raise CorruptFile
        return _summary(_movie(file, found))
    except struct.error as error:
        raise CorruptFile from error
    finally:
        file.seek(0)


def _summary(movie: _Movie) -> Mp4:
    films = [track for track in movie.tracks if track.handler != b"soun"]
    sounds = [track for track in movie.tracks if track.handler == b"soun"]
    shown = max(films, key=lambda track: track.size[0] * track.size[1], default=_Track())
    audio = SEVERAL if len(sounds) > 1 else next((track.codec for track in sounds), "")
    return Mp4(movie.duration_ms, *shown.size, shown.video_codec, audio)


def _movie(file: BinaryIO, box: _Box) -> _Movie:
    movie = _Movie()
    for inner in _boxes(file, box.start, box.end):
        if inner.kind == b"mvhd":
            movie.duration_ms = _duration_ms(file, inner)
        elif inner.kind == b"trak":
            movie.tracks.append(_track(file, inner))
    return movie


def _track(file: BinaryIO, box: _Box) -> _Track:
    track = _Track()
    for inner in _inside(file, box, (b"mdia", b"minf", b"stbl")):
        if inner.kind == b"tkhd":
            track.size = _size(file, inner)
        elif inner.kind == b"hdlr" and not track.handler:
            file.seek(inner.start + 8)
            track.handler = file.read(4)
        elif inner.kind == b"ctts":
            track.reordered = True
        elif inner.kind == b"stsd":
            _read_codec(file, inner, track)
    return track


def _read_codec(file: BinaryIO, box: _Box, track: _Track) -> None:
    """The first sample entry: 8 bytes of version and count come before it."""
    entry = next(_boxes(file, box.start + 8, box.end), None)
    if entry is None:
        return
    if track.handler == b"soun":
        track.codec = AUDIO_CODECS.get(entry.kind, _name(entry.kind))
        if entry.kind == b"mp4a" and _object_type(file, entry) not in AAC:
            track.codec = "mp3"
        return
    track.codec = VIDEO_CODECS.get(entry.kind, _name(entry.kind))
    if track.codec == "h264":
        track.high = _profile(file, entry) >= HIGH_PROFILE


def _profile(file: BinaryIO, entry: _Box) -> int:
    """The H.264 profile (ISO/IEC 14496-15, 5.3.3.1); 0 where the entry does not say."""
    file.seek(entry.start)
    inside = file.read(min(entry.end - entry.start, 1000))
    place = inside.find(b"avcC")
    return inside[place + 5] if 0 <= place < len(inside) - 5 else 0


def _object_type(file: BinaryIO, entry: _Box) -> int:
    """What "mp4a" stands for (ISO/IEC 14496-1, 7.2.6.6); AAC where the entry does not say."""
    file.seek(entry.start)
    inside = file.read(min(entry.end - entry.start, 1000))
    place = inside.find(b"esds")
    place = inside.find(b"\x04", place + 8 + 4) if place >= 0 else -1  # the decoder's descriptor
    if place < 0:
        return 0x40
    place += 1
    while place < len(inside) and inside[place] & 0x80:  # its length, seven bits a byte
        place += 1
    return inside[place + 1] if place + 1 < len(inside) else 0x40


def _name(kind: bytes) -> str:
    """A codec we have no name for, by its own four characters."""
    return kind.decode("ascii", "replace").strip().lower()[:20]


def _inside(file: BinaryIO, box: _Box, folders: tuple[bytes, ...]) -> Iterator[_Box]:
    """The boxes in `box`, and in those of its boxes that are `folders`."""
    for inner in _boxes(file, box.start, box.end):
        if inner.kind in folders:
            yield from _inside(file, inner, folders)
        else:
            yield inner


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
    """Width and height stand last, as 16.16 fixed point numbers; before them the matrix that turns the picture."""
    if box.end - box.start < 80:
        raise CorruptFile
    file.seek(box.end - 44)
    *matrix, width, height = struct.unpack(">9i2I", file.read(44))
    width, height = width >> 16, height >> 16
    turned = matrix[0] == 0 == matrix[4] and matrix[1] != 0  # by a quarter: as phones hold a camera upright
    return (height, width) if turned else (width, height)
