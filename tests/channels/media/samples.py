"""Files as people send them, made here byte by byte."""

from __future__ import annotations

import io
import struct
import zipfile

from PIL import Image


def picture(form="JPEG", size=(64, 48), mode="RGB", **options) -> bytes:
    written = io.BytesIO()
    Image.new(mode, size, (200, 30, 60, 128)[: len(mode)] if len(mode) > 1 else 128).save(
        written, form, **options
    )
    return written.getvalue()


def noisy(side: int, form="PNG") -> bytes:
    """A picture that does not compress."""
    written = io.BytesIO()
    Image.effect_noise((side, side), 120).convert("RGB").save(written, form)
    return written.getvalue()


def _box(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I4s", 8 + len(content), kind) + content


def mp4(*, seconds=12.5, width=640, height=360, brand=b"isom", data=b"\0" * 1000) -> bytes:
    header = struct.pack(">4xIIII", 0, 0, 1000, int(seconds * 1000)) + b"\0" * 80
    track = _box(b"tkhd", b"\0" * 76 + struct.pack(">II", width << 16, height << 16))
    movie = _box(b"moov", _box(b"mvhd", header) + _box(b"trak", track))
    return _box(b"ftyp", brand + b"\0\0\2\0isomiso2mp41") + _box(b"mdat", data) + movie


def office(folder: str) -> bytes:
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w") as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        archive.writestr(f"{folder}/document.xml", "<document/>")
    return written.getvalue()


PDF = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\ntrailer\n<<>>\n%%EOF\n"
EXE = b"MZ\x90\x00" + b"\x00" * 600
SVG = b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>"
OLE = bytes.fromhex("d0cf11e0a1b11ae1") + b"\x00" * 2000
