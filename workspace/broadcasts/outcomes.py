"""The lines of a preflight as the composer shows them: icon, tone, who is behind, and the one fix."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from campaigns.delay import CLOSES_BEFORE, QUIET_HOURS
from campaigns.lines import TAKES_ALL, TAKES_MISSING, TAKES_SOME, Line
from campaigns.models import OnUnsupported
from campaigns.preflight import BLOCKING
from channels.adapters.base import Reason

# What the composer can do about an outcome: what it chooses for that kind of channel, and the button's words.
FIXES: dict[str, tuple[str, str | Promise]] = {
    Reason.UNSUPPORTED_PART: (OnUnsupported.DROP_PART, _("Send them the rest")),
    TAKES_SOME: (OnUnsupported.SKIP_RECIPIENT, _("Leave them out")),
}
LOOKS = {QUIET_HOURS: ("moon", "tone-info"), CLOSES_BEFORE: ("clock", "tone-warning")}


@dataclass(frozen=True)
class ShownLine:
    """`fix` is "" where there is nothing to choose; `listed` says whether the people can be looked at."""

    code: str
    channel: str
    count: int
    text: str
    icon: str
    tone: str
    sendable: bool
    blocking: bool
    listed: bool
    fix: str = ""
    fix_label: str | Promise = ""
    by_template: bool = False  # whether a template would reach them


def shown(line: Line) -> ShownLine:
    sendable = line.code in (TAKES_ALL, TAKES_SOME, TAKES_MISSING)
    blocking = line.code in BLOCKING
    icon, tone = (
        ("circle-check", "tone-success")
        if sendable
        else LOOKS.get(line.code, ("circle-slash", "tone-warning"))
    )
    if blocking:
        icon, tone = "circle-x", "tone-error"
    possible = line.code == TAKES_SOME or "drop_part" in line.fixes
    fix, label = FIXES.get(line.code, ("", "")) if possible else ("", "")
    return ShownLine(
        code=line.code,
        channel=line.channel,
        count=line.count,
        text=line.text,
        icon=icon,
        tone=tone,
        sendable=sendable,
        blocking=blocking,
        listed=line.count > 0 and not blocking,
        fix=fix,
        fix_label=label,
        by_template="send_template" in line.fixes,
    )
