"""A campaign beside the provider sandbox's journal, person by person and part by part (B-29).

Our rows say what we believe, the journal what arrived; `campaigns.journal` joins the two.
"""

from __future__ import annotations

from collections import Counter as Tally
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from functools import cached_property

from django.utils.translation import gettext_lazy as _

from campaigns.journal import by_place
from campaigns.models import Campaign, PartState, Recipient, State, Status
from channels.models import Channel
from channels.sandbox import Entry, SandboxAway, journal_began_at, sandbox_url
from tenants.errors import DomainError


class NotCheckable(DomainError):
    """There is nothing to hold the campaign against."""

    code = "not_checkable"
    status = 409
    message = _("Only a finished broadcast can be checked.")


BEFORE_THE_JOURNAL = _(
    "The sandbox keeps its journal in memory, and it begins after this broadcast: it came with the demo's data, or the "
    "demo was restarted or the journal emptied since. Send a new broadcast and check that one."
)
AWAY = _("The provider sandbox does not answer, so there is nothing to check against.")
REAL = _("Broadcasts can be checked only where the provider sandbox stands in for the providers.")


class Verdict(StrEnum):
    AGREED = "agreed"
    OPEN = "open"  # we say "being checked"; what the journal knows stands beside it
    MISSING = "missing"  # we say accepted; the journal has nothing
    DOUBLED = "doubled"  # it reached the person more than once
    EXTRA = "extra"  # it reached the person and we say that it did not


WRONG = (Verdict.MISSING, Verdict.DOUBLED, Verdict.EXTRA)


@dataclass(frozen=True)
class Line:
    """One part of one person: `ours` is the part's state, `person_state` the person's, `journal` the states of every
    entry about it."""

    recipient_id: int
    name: str
    address: str
    channel: str
    kind: str
    part: int
    ours: PartState
    person_state: State
    journal: tuple[str, ...]
    verdict: Verdict


@dataclass(frozen=True)
class Check:
    """All lines, in the order of people and parts."""

    lines: Sequence[Line]
    began_at: datetime = field(repr=False)

    @cached_property
    def counts(self) -> Mapping[Verdict, int]:
        """Parts by verdict; every verdict is there."""
        found = Tally(line.verdict for line in self.lines)
        return {verdict: found[verdict] for verdict in Verdict}

    @cached_property
    def people(self) -> int:
        return len({line.recipient_id for line in self.lines})

    @property
    def agrees(self) -> bool:
        """Nothing missing, doubled or extra."""
        return not any(self.counts[verdict] for verdict in WRONG)


def may_be_checked(campaign: Campaign) -> bool:
    """Whether to offer it: finished, and no provider is real."""
    return campaign.status in (Status.COMPLETED, Status.CANCELLED) and sandbox_url() is not None


def check_campaign(campaign: Campaign) -> Check:
    """Hold a finished campaign against the journal. Raises NotCheckable, which says why not."""
    if sandbox_url() is None:
        raise NotCheckable(REAL)
    if not may_be_checked(campaign) or campaign.started_at is None:
        raise NotCheckable
    try:
        began_at = journal_began_at()
        if campaign.started_at < began_at:
            raise NotCheckable(BEFORE_THE_JOURNAL)
        people = Recipient.objects.filter(campaign=campaign).select_related("contact__customer", "channel")
        lines = [
            line
            for channel in Channel.objects.filter(pk__in=campaign.counters.values("channel")).order_by("pk")
            for line in _compared(
                campaign,
                channel,
                list(people.filter(channel=channel).defer("provider_answer").order_by("pk")),
            )
        ]
    except SandboxAway as error:
        raise NotCheckable(AWAY) from error
    return Check(lines, began_at)


def _compared(campaign: Campaign, channel: Channel, people: Sequence[Recipient]) -> Iterable[Line]:
    found = by_place(campaign, channel, people)
    for person in people:
        for position, state in enumerate(person.part_states):
            copies = found.get((person.pk, position), [])
            yield Line(
                recipient_id=person.pk,
                name=person.contact.customer.name,
                address=person.contact.phone or person.address,
                channel=channel.name,
                kind=channel.kind,
                part=position + 1,
                ours=PartState(state),
                person_state=State(person.state),
                journal=tuple(entry.state for entry in copies),
                verdict=verdict_on(PartState(state), copies),
            )


def verdict_on(ours: PartState, copies: Sequence[Entry]) -> Verdict:
    """What our part's state and the journal's entries about it come to."""
    reached = sum(entry.reached for entry in copies)
    if reached > 1:
        return Verdict.DOUBLED
    if ours is PartState.ACCEPTED:
        return Verdict.AGREED if copies else Verdict.MISSING
    if ours in (PartState.UNCONFIRMED, PartState.SENDING):
        return Verdict.OPEN
    return Verdict.EXTRA if reached else Verdict.AGREED
