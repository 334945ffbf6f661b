"""Absorption: what the door stored becomes events, and every event takes effect once.

A batch is one transaction: arrivals are locked, read, guarded against repeats, told to the receivers and deleted.
A crash before the commit leaves everything as it was. docs/adr/0005-absorbing-webhooks.md says why this is enough.
"""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import asdict, dataclass

import structlog
from django.db import OperationalError, connection, transaction

from channels.adapters.base import StatusChange, UnknownEvent
from channels.doors import Account, Owner, owners_of
from channels.models import Arrival, HeldEvent
from channels.sightings import count_sightings
from channels.webhooks import held
from channels.webhooks.dispatch import dispatch
from channels.webhooks.faults import is_deadlock
from channels.webhooks.guard import take_up
from channels.webhooks.intake import Intake, take_in
from channels.webhooks.reading import Work
from tenants.crash import reached
from tenants.garbage import uncollected

TRIES = 5  # of a batch that meets a deadlock
GATHER_S = 0.1  # what comes meanwhile is one batch: a batch as such costs what a hundred reports do

log = structlog.get_logger(__name__)


@dataclass
class Counts:
    """One batch in numbers: deliveries, and their events by how they ended. `repeated` ones were seen before,
    `foreign` ones concern an account that the signer does not own."""

    deliveries: int = 0
    applied: int = 0
    ignored: int = 0
    unmatched: int = 0
    quarantined: int = 0
    repeated: int = 0
    foreign: int = 0
    unknown: int = 0


def absorb_until(deadline: float, *, gather_s: float = 0.0) -> bool:
    """Absorb batch after batch until `deadline` (monotonic seconds), the first at once and none sooner than `gather_s`
    after the one before began; whether anything may be left."""
    while (started := time.monotonic()) < deadline:
        if absorb_batch() is None:
            return False
        time.sleep(
            max(0.0, started + gather_s - time.monotonic())
        )  # for more to come: there is nothing to await
    return True


def anything_waiting() -> bool:
    """Whether the doorbell should be rung: something is stored and not absorbed, or due again."""
    return Arrival.objects.exists() or held.anything_due()


def absorb_batch() -> Counts | None:
    """Absorb one batch; None where there is nothing to do. A deadlock repeats it, other errors undo it and are
    raised: it is absorbed again later."""
    for attempt in range(1, TRIES + 1):
        started = time.monotonic()
        try:
            with uncollected(), transaction.atomic():
                counts, channel_ids = _absorb(take_in())
        except OperationalError as error:
            if not is_deadlock(error) or attempt == TRIES:
                raise
            log.info("absorb_deadlock", attempt=attempt)
            continue
        if counts is None:
            return None
        reached("absorb.committed")
        _note_contact(channel_ids)
        log.info("absorbed", **asdict(counts), seconds=round(time.monotonic() - started, 3))
        return counts
    raise AssertionError("unreachable")


def _absorb(intake: Intake) -> tuple[Counts | None, set[int]]:
    if not intake:
        return None, set()
    _find_owners([*intake.new, *intake.again])
    ours, foreign = _owned(intake.new)
    fresh = _first_time(ours)
    again, orphaned = _owned(intake.again)
    known = [work for work in fresh if not isinstance(work.event, UnknownEvent)]
    count_sightings(_names(fresh))
    endings = dispatch([*known, *again])
    held.let_go([*endings.applied, *endings.ignored, *orphaned])
    held.keep_unmatched(endings.unmatched)
    held.quarantine((held.held_event(work), error) for work, error in endings.quarantined)
    held.quarantine(intake.broken)
    if intake.done:
        HeldEvent.objects.filter(pk__in=[event.pk for event in intake.done]).delete()
    Arrival.objects.filter(pk__in=[arrival.pk for arrival in intake.arrivals]).delete()
    if foreign:
        log.warning("foreign_events", count=len(foreign), kinds=sorted({work.kind.value for work in foreign}))
    counts = Counts(
        deliveries=intake.deliveries,
        applied=len(endings.applied),
        ignored=len(endings.ignored),
        unmatched=len(endings.unmatched),
        quarantined=len(endings.quarantined) + len(intake.broken),
        repeated=len(ours) - len(fresh),
        foreign=len(foreign),
        unknown=len(fresh) - len(known),
    )
    reached("absorb.written")
    return counts, {owner.channel_id for work in fresh for owner in work.owners if owner.quiet}


def _find_owners(works: Iterable[Work]) -> None:
    """An event speaks for the channels whose own secret signed it: whoever holds one channel's secret must not speak
    for another channel."""
    works = list(works)
    owners = owners_of({work.account for work in works})
    known: dict[tuple[Account, str, int], list[Owner]] = {}
    for work in works:
        account, source, source_id = work.account, work.delivery.source, work.delivery.source_id
        if (account, source, source_id) not in known:
            known[account, source, source_id] = [
                owner
                for owner in owners.get(account, ())
                if (owner.source, owner.source_id) == (source, source_id)
            ]
        work.owners = known[account, source, source_id]


def _owned(works: Iterable[Work]) -> tuple[list[Work], list[Work]]:
    """Those with an owner, and the others. What an adapter does not know needs none: it is only counted."""
    ours: list[Work] = []
    others: list[Work] = []
    for work in works:
        (ours if work.owners or isinstance(work.event, UnknownEvent) else others).append(work)
    return ours, others


def _first_time(works: Iterable[Work]) -> list[Work]:
    once = {work.key: work for work in works}
    taken = take_up(once.keys())
    return [work for key, work in once.items() if key in taken]


def _names(works: Iterable[Work]) -> Iterable[tuple[str, str]]:
    for work in works:
        if isinstance(work.event, UnknownEvent):
            yield work.kind, work.event.name
        elif isinstance(work.event, StatusChange):
            yield work.kind, work.event.sighting


def _note_contact(channel_ids: set[int]) -> None:
    """The channel's page shows when a provider was last heard. Apart from the batch, so that no batch waits for it."""
    if not channel_ids:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE channels_channel SET last_webhook_at = now() WHERE id = ANY(%s)"
            " AND (last_webhook_at IS NULL OR last_webhook_at < now() - interval '10 seconds')",
            [sorted(channel_ids)],
        )
