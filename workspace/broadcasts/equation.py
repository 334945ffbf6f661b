"""A campaign's result as a sum: "200 = 60 accepted + 40 delivered + 88 read + 9 failed + 3 skipped"."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

WIDTH = 1000  # of the bar, in its own units
LEAST = 8  # so that one person in a million is still seen


@dataclass(frozen=True)
class Kind:
    """One of the ten terms: what it is called, how it looks without and with colour."""

    label: str | Promise
    meaning: str | Promise
    icon: str
    tone: str


KINDS: Mapping[str, Kind] = {
    "accepted": Kind(
        _("accepted"),
        _("The provider took the message and has not reported delivery. LINE never does."),
        "check",
        "info",
    ),
    "delivered": Kind(_("delivered"), _("It reached the person's phone."), "check-check", "success"),
    "read": Kind(pgettext_lazy("state", "read"), _("The person opened it."), "eye", "success"),
    "partial": Kind(
        _("partial"), _("Some of the messages arrived, a later one did not."), "circle-alert", "warning"
    ),
    "failed": Kind(
        _("failed"),
        _("It could not be sent, or the provider reported that it did not arrive."),
        "circle-x",
        "error",
    ),
    "skipped": Kind(
        _("skipped"),
        _("Left out on purpose: opted out, reply window closed, or not supported."),
        "circle-slash",
        "neutral",
    ),
    "unconfirmed": Kind(
        _("being checked"),
        _("It may have left, but the answer was lost. It is never sent again by itself."),
        "circle-help",
        "warning",
    ),
    "cancelled": Kind(_("cancelled"), _("The broadcast was cancelled before their turn."), "ban", "neutral"),
    "sending": Kind(_("sending"), _("On the way to the provider now."), "loader-circle", "accent"),
    "waiting": Kind(_("waiting"), _("Their turn has not come yet."), "clock", "neutral"),
}


# What people did, beside the terms: one may have done both, and stands in a term as well.
DEEDS: Mapping[str, Kind] = {
    "replied": Kind(
        _("answered"), _("They wrote back in the days in which answers count."), "reply", "accent"
    ),
    "clicked": Kind(_("tapped a link"), _("They opened a link of this broadcast."), "link", "accent"),
    "not_clicked": Kind(
        _("got it, tapped nothing"), _("It reached them and they opened no link."), "link", "neutral"
    ),
}
SHOWN: Mapping[str, Kind] = {**KINDS, **DEEDS}  # what the people of a broadcast are filtered by


@dataclass(frozen=True)
class Term:
    """One summand with its place on the bar."""

    state: str
    kind: Kind
    count: int
    x: str
    width: str


def terms_of(counts: Mapping[str, int]) -> list[Term]:
    """The summands that are not zero, in the order of `KINDS`; their widths fill the bar."""
    shown = [(state, counts[state]) for state in KINDS if counts[state]]
    total = sum(count for _state, count in shown)
    raw = [max(LEAST, WIDTH * count / total) for _state, count in shown]
    scale = WIDTH / sum(raw) if raw else 1
    terms: list[Term] = []
    x = 0.0
    for (state, count), width in zip(shown, raw, strict=True):
        terms.append(Term(state, KINDS[state], count, f"{x:.2f}", f"{width * scale:.2f}"))
        x += width * scale
    return terms
