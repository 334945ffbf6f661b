"""Whom the demo's shop serves and what it sells."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random

EN, ZH = "en", "zh-hant"

_GIVEN_EN = (  # noqa: SIM905
    "Emily Jason Chloe Marcus Priya Daniel Sophie Adrian Hannah Leo Rachel Victor Mia Oscar Grace Ethan Nina "
    "Samuel Tiffany Gavin Isla Raymond Joyce Felix Amanda Calvin Elaine Dominic Sharon Kenji Bella Rohan "
    "Vivian Patrick Celine Theo"
).split()
_FAMILY_EN = (  # noqa: SIM905
    "Chan Wong Lam Cheung Reyes Nair Fraser Ho Tang Leung Kapoor Yip Ng Tanaka Silva Lau Morris Kwok Santos "
    "Chow Bennett Mak Yuen Fong"
).split()
_FAMILY_ZH = tuple("陳林黃張李王吳劉蔡楊許鄭謝郭洪曾邱廖賴周徐蘇葉莊呂江何蕭羅高")
_GIVEN_ZH = (  # noqa: SIM905
    "嘉怡 雅婷 冠宇 怡君 子晴 志豪 佩珊 家瑋 心妤 柏翰 詠詩 俊傑 郁婷 承恩 宜蓁 品妍 宇軒 思穎 淑芬 建宏 欣怡 詩涵 "
    "明哲 美玲 浩然 若曦 凱琳 梓軒 曉彤 子謙 雨潔 彥廷 芷若 婉婷 家豪 靜宜"
).split()


@dataclass(frozen=True)
class Product:
    """`shape` names its picture; prices are whole Hong Kong and Taiwan dollars."""

    shape: str
    en: str
    zh: str
    hkd: int
    twd: int

    def called(self, language: str) -> str:
        return self.zh if language == ZH else self.en


PRODUCTS = (
    Product("lamp", "Oslo table lamp", "Oslo 桌燈", 680, 2680),
    Product("candle", "hinoki candle", "檜木香氛蠟燭", 260, 980),
    Product("throw", "linen throw", "亞麻蓋毯", 520, 1980),
    Product("mug", "stoneware mug", "炻器馬克杯", 148, 560),
    Product("bag", "canvas tote", "帆布托特包", 320, 1180),
    Product("table", "oak side table", "橡木邊桌", 1280, 4980),
    Product("vase", "blown glass vase", "手工玻璃花瓶", 390, 1480),
    Product("scarf", "merino scarf", "美麗諾羊毛圍巾", 450, 1680),
    Product("dripper", "pour-over set", "手沖咖啡組", 560, 2180),
    Product("teapot", "ceramic teapot", "陶瓷茶壺", 480, 1880),
    Product("clock", "walnut wall clock", "胡桃木掛鐘", 690, 2580),
    Product("bedding", "organic cotton bedding set", "有機棉床包組", 1180, 4380),
)

BRANCHES = {
    "hk": (
        ("the Causeway Bay store", "銅鑼灣店"),
        ("the Tsim Sha Tsui store", "尖沙咀店"),
        ("PMQ", "元創方店"),
    ),
    "tw": (
        ("the Xinyi store", "信義店"),
        ("the Zhongshan store", "中山店"),
        ("the Taichung store", "台中店"),
    ),
}
DAYS = (("Friday", "星期五"), ("Saturday", "星期六"), ("Sunday", "星期日"), ("tomorrow", "明天"))
TAGS = ("VIP", "會員", "New customer", "Home", "Gift", "Wholesale", "熟客", "Coffee")


def names(count: int, language: str) -> list[str]:
    """`count` different names in a fixed, mixed order."""
    if language == ZH:
        every = [family + given for family in _FAMILY_ZH for given in _GIVEN_ZH]
    else:
        every = [f"{given} {family}" for given in _GIVEN_EN for family in _FAMILY_EN]
    Random(f"names {language}").shuffle(every)  # noqa: S311  the same for every installation
    return every[:count]
