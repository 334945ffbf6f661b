"""A real video, written bit by bit: H.264 of plain colours (ITU-T H.264, macroblocks of type I_PCM) in an MP4 file."""

from __future__ import annotations

import struct

COLOURS = ((145, 54, 34), (41, 240, 110), (81, 90, 240), (210, 16, 146), (170, 166, 16))  # Y, Cb, Cr


class Bits:
    """A bit string being written, most significant bit first."""

    def __init__(self) -> None:
        self.bits = ""

    def put(self, *values: str) -> None:
        self.bits += "".join(values)

    def align(self) -> None:
        self.bits += "0" * (-len(self.bits) % 8)

    def done(self) -> bytes:
        self.put("1")
        self.align()
        return int(self.bits, 2).to_bytes(len(self.bits) // 8, "big")


def ue(value: int) -> str:
    """Exp-Golomb code (9.1)."""
    code = f"{value + 1:b}"
    return "0" * (len(code) - 1) + code


def _nal(kind: int, payload: bytes) -> bytes:
    """With emulation prevention (7.4.1)."""
    out = bytearray([0x60 | kind])
    zeros = 0
    for byte in payload:
        if zeros >= 2 and byte <= 3:
            out.append(3)
            zeros = 0
        out.append(byte)
        zeros = zeros + 1 if byte == 0 else 0
    return bytes(out)


def _parameters(columns: int, rows: int, profile: int) -> tuple[bytes, bytes]:
    sps = Bits()
    sps.put(f"{profile:08b}", "11000000", f"{20:08b}", ue(0))
    if profile >= 100:
        sps.put(ue(1), ue(0), ue(0), "0", "0")
    sps.put(ue(0), ue(2), ue(0), "0", ue(columns - 1), ue(rows - 1), "1", "1", "0", "0")
    pps = Bits()
    pps.put(ue(0), ue(0), "0", "0", ue(0), ue(0), ue(0), "0", "00", ue(0), ue(0), ue(0), "0", "0", "0")
    return _nal(7, sps.done()), _nal(8, pps.done())


def _picture(place: int, blocks: int) -> bytes:
    y, cb, cr = COLOURS[place % len(COLOURS)]
    picture = Bits()
    picture.put(ue(0), ue(7), ue(0), "0000", ue(place % 2), "0", "0", ue(0))
    block = "".join(f"{value:08b}" for value in [y] * 256 + [cb] * 64 + [cr] * 64)
    for _ in range(blocks):
        picture.put(ue(25))
        picture.align()
        picture.put(block)
    return _nal(5, picture.done())


def box(kind: bytes, *content: bytes) -> bytes:
    inside = b"".join(content)
    return struct.pack(">I4s", 8 + len(inside), kind) + inside


def full(kind: bytes, *content: bytes) -> bytes:
    return box(kind, b"\0\0\0\0", *content)


MATRIX = struct.pack(">9I", 0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x40000000)
TURNED = struct.pack(">9I", 0, 0x10000, 0, 0x10000, 0, 0, 0, 0, 0x40000000)


def sound(object_type: int = 0x40) -> bytes:
    """A track of sound as far as its headers go."""
    config = bytes([0x04, 13, object_type, 0x15]) + b"\0" * 11
    esds = full(b"esds", bytes([0x03, 3 + len(config)]) + b"\0\2\0" + config)
    entry = box(b"mp4a", b"\0" * 6 + b"\0\1" + b"\0" * 20, esds)
    table = box(b"stbl", full(b"stsd", struct.pack(">I", 1), entry))
    handler = full(b"hdlr", b"\0" * 4 + b"soun" + b"\0" * 13)
    return box(
        b"trak", full(b"tkhd", b"\0" * 36 + MATRIX + b"\0" * 8), box(b"mdia", handler, box(b"minf", table))
    )


def film(
    *,
    columns=6,
    rows=4,
    frames=5,
    profile=66,
    codec=b"avc1",
    brand=b"isom",
    turned=False,
    reordered=False,
    sounds=(),
    padding=0,
) -> bytes:
    """One frame a fifth of a second, each of one colour; `columns` and `rows` of 16 pixels.

    `padding`: bytes more, that no player looks at. The others change only what the headers say.
    """
    sps, pps = _parameters(columns, rows, profile)
    samples = [
        struct.pack(">I", len(nal)) + nal for nal in (_picture(n, columns * rows) for n in range(frames))
    ]
    head = box(b"ftyp", brand + b"\0\0\2\0isomiso2avc1mp41")
    data = box(b"mdat", *samples)
    width, height, ticks = columns * 16, rows * 16, frames * 200
    config = (
        b"\1"
        + sps[1:4]
        + b"\xff\xe1"
        + struct.pack(">H", len(sps))
        + sps
        + b"\1"
        + struct.pack(">H", len(pps))
        + pps
    )
    entry = box(
        codec,
        b"\0" * 6
        + b"\0\1"
        + b"\0" * 16
        + struct.pack(">HHII4xH32xHh", width, height, 0x480000, 0x480000, 1, 24, -1),
        box(b"avcC", config),
    )
    tables = [
        full(b"stsd", struct.pack(">I", 1), entry),
        full(b"stts", struct.pack(">III", 1, frames, 200)),
        full(b"stsc", struct.pack(">IIII", 1, 1, frames, 1)),
        full(b"stsz", struct.pack(">II", 0, frames), *(struct.pack(">I", len(sample)) for sample in samples)),
        full(b"stco", struct.pack(">II", 1, len(head) + 8)),
    ]
    if reordered:
        tables.append(full(b"ctts", struct.pack(">III", 1, frames, 200)))
    media = box(
        b"mdia",
        full(b"mdhd", struct.pack(">IIIIHH", 0, 0, 1000, ticks, 0x55C4, 0)),
        full(b"hdlr", b"\0" * 4 + b"vide" + b"\0" * 13),
        box(
            b"minf",
            box(b"vmhd", b"\0\0\0\1" + b"\0" * 8),
            box(b"dinf", full(b"dref", struct.pack(">I", 1), box(b"url ", b"\0\0\0\1"))),
            box(b"stbl", *tables),
        ),
    )
    matrix = TURNED if turned else MATRIX
    track = box(
        b"trak",
        box(
            b"tkhd",
            b"\0\0\0\7" + struct.pack(">IIIII", 0, 0, 1, 0, ticks) + b"\0" * 16 + matrix,
            struct.pack(">II", width << 16, height << 16),
        ),
        media,
    )
    movie = full(
        b"mvhd",
        struct.pack(">IIIIIH", 0, 0, 1000, ticks, 0x10000, 0x100) + b"\0" * 10 + MATRIX + b"\0" * 24,
        struct.pack(">I", 3),
    )
    spare = box(b"free", b"\0" * padding) if padding else b""
    return head + data + box(b"moov", movie, track, *sounds) + spare
