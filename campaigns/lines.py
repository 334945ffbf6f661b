"""What preflight says of the people it counted: one line per kind of channel and outcome, in words, with its fixes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, ngettext_lazy, pgettext_lazy

from campaigns.classify import Rule
from campaigns.content import Content
from campaigns.rendering import LABELS
from channels.adapters.base import ChannelKind, PartKind, Reason
from channels.models import KIND_LABELS

TAKES_ALL = "takes_all"
TAKES_SOME = "takes_some"
TAKES_MISSING = "takes_missing"  # of a retry
TAKES_TEMPLATE = "takes_template"  # what is said in place of the others where a template is all there is
ORDER = [
    TAKES_ALL,
    TAKES_SOME,
    TAKES_MISSING,
    Reason.UNSUPPORTED_PART,
]  # good ones, then what other parts would change
TEXTS: Mapping[str, Promise] = {
    TAKES_ALL: ngettext_lazy(
        "%(n)d on %(channel)s gets everything.", "%(n)d on %(channel)s get everything.", "n"
    ),
    TAKES_MISSING: ngettext_lazy(
        "%(n)d on %(channel)s gets what is missing.", "%(n)d on %(channel)s get what is missing.", "n"
    ),
    TAKES_TEMPLATE: ngettext_lazy(
        "%(n)d on %(channel)s gets the template.", "%(n)d on %(channel)s get the template.", "n"
    ),
    Reason.OPTED_OUT: ngettext_lazy(
        "%(n)d on %(channel)s opted out and is left out.",
        "%(n)d on %(channel)s opted out and are left out.",
        "n",
    ),
    Reason.WINDOW_CLOSED: ngettext_lazy(
        "%(n)d on %(channel)s last wrote more than 24 hours ago and is left out.",
        "%(n)d on %(channel)s last wrote more than 24 hours ago and are left out.",
        "n",
    ),
    Reason.CHAT_ENDED: ngettext_lazy(
        "%(n)d on %(channel)s: the chat is no longer in progress.",
        "%(n)d on %(channel)s: the chats are no longer in progress.",
        "n",
    ),
    Reason.TAKEN_OVER: ngettext_lazy(
        "%(n)d on %(channel)s: a colleague has taken over the chat.",
        "%(n)d on %(channel)s: colleagues have taken over the chats.",
        "n",
    ),
    Reason.NOT_WHATSAPP: ngettext_lazy(
        "%(n)d on %(channel)s is left out: message templates reach WhatsApp customers only.",
        "%(n)d on %(channel)s are left out: message templates reach WhatsApp customers only.",
        "n",
    ),
    Reason.OTHER_ACCOUNT: ngettext_lazy(
        "%(n)d on %(channel)s belongs to another WhatsApp account than the template.",
        "%(n)d on %(channel)s belong to another WhatsApp account than the template.",
        "n",
    ),
    Reason.VALUE_MISSING: ngettext_lazy(
        "%(n)d on %(channel)s is left out: nothing is known there for %(variables)s. Give it a fallback.",
        "%(n)d on %(channel)s are left out: nothing is known there for %(variables)s. Give it a fallback.",
        "n",
    ),
    Reason.VALUE_TOO_LONG: ngettext_lazy(
        "%(n)d on %(channel)s is left out: the template becomes too long with their details.",
        "%(n)d on %(channel)s are left out: the template becomes too long with their details.",
        "n",
    ),
    Reason.CHANNEL_OFF: ngettext_lazy(
        "%(n)d on %(channel)s: the channel is switched off.",
        "%(n)d on %(channel)s: the channel is switched off.",
        "n",
    ),
    Reason.NO_PRICE: ngettext_lazy(
        "%(n)d on %(channel)s is left out: there is no price for the country of the number.",
        "%(n)d on %(channel)s are left out: there is no price for the countries of their numbers.",
        "n",
    ),
    Reason.CHANNEL_DISCONNECTED: ngettext_lazy(
        "%(n)d on %(channel)s: the channel must be connected again.",
        "%(n)d on %(channel)s: the channel must be connected again.",
        "n",
    ),
}
FIXES: Mapping[str, tuple[str, ...]] = {
    Reason.WINDOW_CLOSED: ("leave_out",),
    Reason.OPTED_OUT: ("leave_out",),
    Reason.NOT_WHATSAPP: ("leave_out",),
    Reason.VALUE_MISSING: ("add_fallback", "leave_out"),
    Reason.VALUE_TOO_LONG: ("leave_out",),
}
PART_NAMES = {
    PartKind.TEXT: pgettext_lazy("kind of message", "text"),
    PartKind.IMAGE: pgettext_lazy("kind of message", "picture"),
    PartKind.VIDEO: pgettext_lazy("kind of message", "video"),
    PartKind.AUDIO: pgettext_lazy("kind of message", "sound"),
    PartKind.FILE: pgettext_lazy("kind of message", "file"),
    PartKind.TEMPLATE: pgettext_lazy("kind of message", "template"),
}


@dataclass(frozen=True)
class Line:
    """One outcome: `code` is "takes_all", "takes_some", "takes_missing", a Reason, "insufficient_credit", "quiet_hours"
    or "closes_before"; `fixes` are what the composer offers: "drop_part", "leave_out", "send_template", "add_fallback",
    "top_up". `channel` is "" for what is about all of them. `parts` are the positions that the channel refuses, where
    they decide the outcome, `part` the first of them."""

    code: str
    channel: str  # kind, or ""
    count: int
    text: str
    parts: tuple[int, ...] = ()
    fixes: tuple[str, ...] = ()

    @property
    def part(self) -> int | None:
        return self.parts[0] if self.parts else None


def outcome_lines(
    counts: Mapping[tuple[int, str], int], rules: Mapping[int, Rule], content: Content, good: str = ""
) -> list[Line]:
    """`counts` are people by channel id and verdict ("" = gets it). `good` is the code of those who get it, where it
    does not depend on what their channel takes."""
    merged: dict[tuple[str, str], int] = {}
    for (pk, verdict), count in counts.items():
        dropped = any(rules[pk].part_states)
        code = verdict or good or (TAKES_SOME if dropped else TAKES_ALL)
        key = (code, rules[pk].channel.kind)
        merged[key] = merged.get(key, 0) + count
    keys = sorted(merged, key=lambda key: (ORDER.index(key[0]) if key[0] in ORDER else len(ORDER), key))
    return [
        _of_the_parts(code, kind, merged[code, kind], content)
        if code in (TAKES_SOME, Reason.UNSUPPORTED_PART)
        else _of_everything(code, kind, merged[code, kind], content)
        for code, kind in keys
    ]


def quota_lines(
    sendable: Mapping[int, int], quota: Mapping[int, int], rules: Mapping[int, Rule]
) -> list[Line]:
    """Channels, by id, that reach fewer people this month than are chosen there."""
    lines = []
    for pk, left in quota.items():
        if sendable[pk] > left:
            text = _("%(name)s can reach %(left)d more people this month; %(n)d are selected.") % {
                "name": rules[pk].channel.name,
                "left": left,
                "n": sendable[pk],
            }
            kind = rules[pk].channel.kind
            lines.append(
                Line(Reason.QUOTA_EXCEEDED.value, kind, sendable[pk] - left, text, fixes=("leave_out",))
            )
    return lines


def _of_everything(code: str, kind: str, count: int, content: Content) -> Line:
    """People of whom all messages share one outcome."""
    template = content.template is not None and code in (TAKES_ALL, TAKES_MISSING)
    text = TEXTS[TAKES_TEMPLATE if template else code] % {
        "n": count,
        "channel": str(KIND_LABELS[ChannelKind(kind)]),
        "variables": _variables(content),
    }
    fixes = FIXES.get(code, ())
    if code == Reason.WINDOW_CLOSED and kind == ChannelKind.WHATSAPP:
        fixes += ("send_template",)
    return Line(str(code), kind, count, text, fixes=fixes)


def _variables(content: Content) -> str:
    """ "“Customer's name” or “Customer's phone”"."""
    return _(" or ").join(_("“%(label)s”") % {"label": LABELS[name]} for name in content.gaps)


def _of_the_parts(code: str, kind: str, count: int, content: Content) -> Line:
    """People whose channel refuses some part, or every one: which, and by what rule."""
    refused = content.refused.get(ChannelKind(kind)) or {}
    every = len(refused) == len(content.parts)
    fixes: tuple[str, ...] = ("leave_out",)
    if code == TAKES_SOME:
        text = ngettext(
            "%(n)d on %(channel)s gets everything but %(parts)s. %(rules)s",
            "%(n)d on %(channel)s get everything but %(parts)s. %(rules)s",
            count,
        )
    elif every:
        text = ngettext(
            "%(n)d on %(channel)s can take none of the messages and is left out. %(rules)s",
            "%(n)d on %(channel)s can take none of the messages and are left out. %(rules)s",
            count,
        )
    else:
        fixes = ("drop_part", "leave_out")
        text = ngettext(
            "%(n)d on %(channel)s cannot take %(parts)s and is left out. %(rules)s",
            "%(n)d on %(channel)s cannot take %(parts)s and are left out. %(rules)s",
            count,
        )
    values = {
        "n": count,
        "channel": str(KIND_LABELS[ChannelKind(kind)]),
        "parts": _named(content, refused),
        "rules": " ".join(dict.fromkeys(rule for rules in refused.values() for rule in rules)),
    }
    return Line(str(code), kind, count, (text % values).strip(), parts=tuple(refused), fixes=fixes)


def _named(content: Content, positions: Iterable[int]) -> str:
    """ "message 2 (video) and message 3 (file)"."""
    names = [
        _("message %(number)d (%(kind)s)")
        % {"number": position + 1, "kind": PART_NAMES[content.parts[position].kind]}
        for position in positions
    ]
    return _(" and ").join(names)
