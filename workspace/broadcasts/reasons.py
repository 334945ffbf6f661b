"""Why some people were not reached, one entry for each explanation."""

from __future__ import annotations

from dataclasses import dataclass, field

from campaigns.models import Campaign
from campaigns.reports import reasons_of


@dataclass
class ShownReason:
    """`codes` are the providers' own words for it."""

    title: str
    cause: str
    cure: str
    count: int = 0
    codes: list[str] = field(default_factory=list)


def shown_reasons(campaign: Campaign) -> list[ShownReason]:
    """Most people first. What reads the same on several channels is counted together."""
    shown: dict[tuple[str, str, str], ShownReason] = {}
    for reason in reasons_of(campaign):
        key = (reason.title, reason.cause, reason.cure)
        entry = shown.setdefault(key, ShownReason(*key))
        entry.count += reason.count
        if reason.provider_code and reason.provider_code not in entry.codes:
            entry.codes.append(reason.provider_code)
    return sorted(shown.values(), key=lambda entry: -entry.count)
