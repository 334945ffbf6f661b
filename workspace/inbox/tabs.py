"""The tabs of the inbox: mine or the team's, by status, each with its count."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from conversations.filters import ConversationFilter
from conversations.models import ConversationStatus
from conversations.reports import MOST


@dataclass(frozen=True)
class Tab:
    label: str | Promise
    count: str  # "12", "999+"
    query: str
    current: bool


@dataclass(frozen=True)
class Tabs:
    whose: list[Tab]
    statuses: list[Tab]


def tabs_of(wanted: ConversationFilter, counts: Mapping[bool, Mapping[str, int]]) -> Tabs:
    """Links that keep the rest of the filter. `counts` tell what the member may see of each."""
    whose = [
        Tab(
            label,
            _shown(sum(counts[mine].values())),
            wanted.to_query(mine=mine, **_nobody(mine)),
            mine == wanted.mine,
        )
        for mine, label in ((True, _("Mine")), (False, _("Team")))
    ]
    statuses = [
        Tab(
            status.label,
            _shown(counts[wanted.mine][status.value]),
            wanted.to_query(status=status.value),
            status.value == wanted.status,
        )
        for status in ConversationStatus
    ]
    return Tabs(whose, statuses)


def _nobody(mine: bool) -> dict[str, None]:
    """Among mine, a filter by colleague could only find nothing."""
    return {"assignee": None} if mine else {}


def _shown(count: int) -> str:
    return str(count) if count <= MOST else f"{MOST}+"
