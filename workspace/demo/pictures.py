"""Product pictures, drawn: flat still lifes with a soft shadow, the same for every installation."""

from __future__ import annotations

import io
from collections.abc import Callable
from functools import cache

from PIL import Image, ImageDraw, ImageFilter

SIDE = 1024
Draw = ImageDraw.ImageDraw
Colour = tuple[int, int, int]

_TINTS: tuple[tuple[Colour, Colour, Colour], ...] = (  # wall, table, accent
    ((238, 229, 216), (214, 196, 172), (191, 110, 74)),
    ((222, 231, 226), (188, 205, 196), (60, 104, 92)),
    ((233, 224, 232), (207, 190, 205), (126, 82, 118)),
    ((224, 230, 238), (190, 202, 217), (58, 86, 128)),
    ((243, 233, 210), (222, 205, 165), (176, 132, 44)),
)
_DARK: Colour = (62, 52, 46)
_WOOD: Colour = (168, 124, 84)
_CREAM: Colour = (250, 246, 239)


@cache
def picture(shape: str, variant: int = 0) -> bytes:
    """A JPEG of 1024 × 1024 pixels showing `shape` (see words.PRODUCTS); `variant` changes the colours."""
    wall, table, accent = _TINTS[(sorted(_SHAPES).index(shape) + variant) % len(_TINTS)]
    image = _room(wall, table)
    image = _with_shadow(image)
    _SHAPES[shape](ImageDraw.Draw(image), accent)
    image = image.resize((SIDE, SIDE), Image.Resampling.LANCZOS)
    out = io.BytesIO()
    image.save(out, "JPEG", quality=86)
    return out.getvalue()


_BIG = SIDE * 2  # drawn at twice the size, so that edges come out smooth


def _room(wall: Colour, table: Colour) -> Image.Image:
    """A wall lit from the upper left above a table top."""
    light = Image.linear_gradient("L").rotate(45).resize((_BIG, _BIG))
    shade: Colour = (max(0, wall[0] - 34), max(0, wall[1] - 34), max(0, wall[2] - 34))
    image = Image.composite(
        Image.new("RGB", (_BIG, _BIG), shade), Image.new("RGB", (_BIG, _BIG), wall), light
    )
    ImageDraw.Draw(image).rectangle((0, 1480, _BIG, _BIG), fill=table)
    return image


def _with_shadow(image: Image.Image) -> Image.Image:
    mask = Image.new("L", (_BIG, _BIG), 0)
    ImageDraw.Draw(mask).ellipse((560, 1560, 1620, 1760), fill=120)
    mask = mask.filter(ImageFilter.GaussianBlur(60))
    return Image.composite(Image.new("RGB", image.size, _DARK), image, mask)


def _lamp(draw: Draw, accent: Colour) -> None:
    draw.rounded_rectangle((760, 1590, 1290, 1660), 35, fill=_WOOD)
    draw.rectangle((1000, 900, 1048, 1600), fill=_DARK)
    draw.polygon([(760, 960), (1290, 960), (1160, 420), (890, 420)], fill=accent)
    draw.polygon([(760, 960), (900, 960), (960, 420), (890, 420)], fill=_CREAM)


def _candle(draw: Draw, accent: Colour) -> None:
    draw.rounded_rectangle((720, 900, 1330, 1660), 60, fill=accent)
    draw.rounded_rectangle((800, 1120, 1250, 1420), 20, fill=_CREAM)
    for row, width in enumerate((300, 380, 240)):
        draw.rounded_rectangle(
            (1025 - width // 2, 1180 + row * 70, 1025 + width // 2, 1204 + row * 70), 12, fill=_DARK
        )
    draw.rectangle((1015, 800, 1035, 910), fill=_DARK)
    draw.ellipse((975, 620, 1075, 840), fill=(247, 190, 84))


def _throw(draw: Draw, accent: Colour) -> None:
    for layer in range(4):
        top = 1100 + layer * 140
        draw.rounded_rectangle((520, top, 1530, top + 150), 70, fill=accent if layer % 2 else _CREAM)
    for x in range(560, 1500, 60):
        draw.line((x, 1660, x - 12, 1730), fill=_CREAM, width=14)


def _mug(draw: Draw, accent: Colour) -> None:
    draw.ellipse((1200, 1040, 1560, 1440), outline=accent, width=80)
    draw.rounded_rectangle((620, 920, 1340, 1660), 90, fill=accent)
    draw.ellipse((620, 850, 1340, 1010), fill=_CREAM)
    draw.ellipse((680, 880, 1280, 990), fill=_DARK)


def _bag(draw: Draw, accent: Colour) -> None:
    draw.arc((780, 520, 1270, 1160), 180, 360, fill=_WOOD, width=46)
    draw.polygon([(600, 860), (1450, 860), (1520, 1680), (530, 1680)], fill=_CREAM)
    draw.rectangle((600, 860, 1450, 930), fill=accent)
    draw.ellipse((900, 1140, 1150, 1390), outline=accent, width=34)


def _table(draw: Draw, accent: Colour) -> None:
    for left, right in ((640, 560), (1390, 1470)):
        draw.line((left, 1040, right, 1690), fill=_WOOD, width=62)
    draw.ellipse((480, 920, 1570, 1140), fill=_WOOD)
    draw.ellipse((480, 890, 1570, 1100), fill=(190, 148, 104))
    draw.rounded_rectangle((900, 700, 1080, 990), 40, fill=accent)
    draw.line((990, 700, 940, 460), fill=(74, 110, 74), width=18)
    draw.ellipse((870, 380, 1000, 520), fill=(104, 142, 96))


def _vase(draw: Draw, accent: Colour) -> None:
    for x, y in ((820, 420), (1030, 320), (1230, 440)):
        draw.line((1025, 1000, x, y), fill=(86, 118, 82), width=20)
        draw.ellipse((x - 80, y - 80, x + 80, y + 80), fill=_CREAM)
        draw.ellipse((x - 28, y - 28, x + 28, y + 28), fill=(236, 184, 86))
    draw.rounded_rectangle((930, 860, 1120, 1180), 40, fill=accent)
    draw.ellipse((760, 1050, 1290, 1680), fill=accent)
    draw.ellipse((840, 1140, 930, 1480), fill=tuple(min(255, part + 60) for part in accent))


def _scarf(draw: Draw, accent: Colour) -> None:
    draw.ellipse((600, 620, 1450, 1300), outline=accent, width=190)
    draw.polygon([(860, 1160), (1090, 1200), (1010, 1700), (740, 1660)], fill=accent)
    for offset in range(0, 280, 56):
        draw.line((745 + offset, 1640, 735 + offset, 1740), fill=_CREAM, width=16)
        draw.line((790 + offset // 2, 1300 + offset, 1060, 1330 + offset), fill=_CREAM, width=10)


def _dripper(draw: Draw, accent: Colour) -> None:
    draw.polygon([(700, 640), (1350, 640), (1130, 1040), (920, 1040)], fill=_CREAM)
    draw.rectangle((780, 1030, 1270, 1080), fill=_WOOD)
    draw.rounded_rectangle((760, 1080, 1290, 1670), 80, fill=tuple(min(255, part + 90) for part in accent))
    draw.rounded_rectangle((780, 1330, 1270, 1650), 70, fill=_DARK)
    draw.arc((1180, 1180, 1480, 1560), 270, 90, fill=accent, width=46)


def _teapot(draw: Draw, accent: Colour) -> None:
    draw.arc((1290, 1010, 1640, 1440), 260, 100, fill=accent, width=64)
    draw.polygon([(660, 1240), (430, 1000), (520, 960), (780, 1130)], fill=accent)
    draw.ellipse((600, 960, 1430, 1690), fill=accent)
    draw.ellipse((800, 910, 1230, 1050), fill=_CREAM)
    draw.ellipse((970, 830, 1060, 930), fill=_WOOD)


def _clock(draw: Draw, accent: Colour) -> None:
    draw.ellipse((540, 460, 1510, 1430), fill=_WOOD)
    draw.ellipse((610, 530, 1440, 1360), fill=_CREAM)
    for x, y in ((1025, 610), (1025, 1280), (690, 945), (1360, 945)):
        draw.ellipse((x - 24, y - 24, x + 24, y + 24), fill=_DARK)
    draw.line((1025, 945, 1025, 690), fill=_DARK, width=30)
    draw.line((1025, 945, 1220, 1050), fill=accent, width=30)


def _bedding(draw: Draw, accent: Colour) -> None:
    for left in (560, 1060):
        draw.rounded_rectangle((left, 900, left + 440, 1180), 110, fill=_CREAM)
    draw.rounded_rectangle((480, 1080, 1580, 1690), 90, fill=accent)
    draw.rounded_rectangle((480, 1080, 1580, 1260), 80, fill=tuple(min(255, part + 45) for part in accent))


_SHAPES: dict[str, Callable[[Draw, Colour], None]] = {
    "lamp": _lamp,
    "candle": _candle,
    "throw": _throw,
    "mug": _mug,
    "bag": _bag,
    "table": _table,
    "vase": _vase,
    "scarf": _scarf,
    "dripper": _dripper,
    "teapot": _teapot,
    "clock": _clock,
    "bedding": _bedding,
}
