"""Opting out and in: the words customers write, and the changes providers report.

A word counts only when it is the whole message, so that "please stop by the shop" is no opt-out. Words that
are ordinary in sales talk (cancel, end, quit) are left out on purpose.
"""

from __future__ import annotations

import unicodedata
from datetime import datetime
from enum import Enum

from channels.adapters.base import ChannelKind
from conversations.models import Contact, OptOutSource

OPT_OUT_WORDS: dict[str, frozenset[str]] = {
    "en": frozenset({"stop", "stop all", "stopall", "unsubscribe", "opt out", "optout", "opt-out"}),
    "zh-hant": frozenset(
        {"停止", "停止訂閱", "取消訂閱", "退訂", "拒收", "停止接收", "不要再傳", "停止推播"}
    ),
    "zh-hans": frozenset({"停止", "停止订阅", "取消订阅", "退订", "拒收", "停止接收", "不要再发", "td"}),
}
OPT_IN_WORDS: dict[str, frozenset[str]] = {
    "en": frozenset({"start", "unstop", "subscribe", "resubscribe", "opt in", "optin", "opt-in"}),
    "zh-hant": frozenset({"訂閱", "重新訂閱", "恢復訂閱", "恢復接收", "重新接收"}),
    "zh-hans": frozenset({"订阅", "重新订阅", "恢复订阅", "恢复接收", "重新接收"}),
}
# Buttons a channel's own templates offer arrive as their label.
CHANNEL_OPT_OUT_WORDS: dict[ChannelKind, frozenset[str]] = {
    ChannelKind.WHATSAPP: frozenset(
        {"stop promotions", "停止促銷", "停止促銷訊息", "停止促销", "停止促销信息"}
    ),
}
_AROUND = " \t\r\n.,!?。，！？、~～「」『』\"'“”"


class Preference(Enum):
    OUT = "out"
    IN = "in"


def wish_of(text: str, kind: str) -> Preference | None:
    """What a whole message on a channel of `kind` asks for, if it is an opt-out or opt-in word."""
    if len(text) > 40:
        return None
    word = " ".join(unicodedata.normalize("NFKC", text).casefold().strip(_AROUND).split())
    if any(word in words for words in OPT_OUT_WORDS.values()):
        return Preference.OUT
    if word in CHANNEL_OPT_OUT_WORDS.get(ChannelKind(kind), ()):
        return Preference.OUT
    if any(word in words for words in OPT_IN_WORDS.values()):
        return Preference.IN
    return None


def opt_out(contact: Contact, source: OptOutSource, at: datetime) -> bool:
    """Note an opt-out of `at` on the row in hand; False where something newer was already noted."""
    if contact.preference_at is not None and at < contact.preference_at:
        return False
    contact.preference_at = at
    if contact.opted_out_at is None:  # the first source stays: unblocking must not undo a written STOP
        contact.opted_out_at, contact.opt_out_source = at, source
    return True


def opt_in(contact: Contact, sources: frozenset[OptOutSource], at: datetime) -> bool:
    """Note that the customer wants messages again; it lifts opt-outs of `sources` only."""
    if contact.preference_at is not None and at < contact.preference_at:
        return False
    contact.preference_at = at
    if contact.opt_out_source in sources:
        contact.opted_out_at, contact.opt_out_source = None, ""
    return True
