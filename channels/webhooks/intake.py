"""What one batch takes in: newly stored deliveries, and held events whose time has come."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

import structlog

from channels.models import Arrival, HeldEvent, RawDelivery
from channels.webhooks.faults import describe
from channels.webhooks.held import held_delivery, take_due
from channels.webhooks.reading import Unreadable, Work, delivery_key, read_delivery

BATCH = 1_000  # deliveries; one may carry a thousand events
BATCH_BYTES = 4 * 1024 * 1024
AT_A_TIME = 50  # arrivals locked by one statement; under load each holds many deliveries

log = structlog.get_logger(__name__)


@dataclass
class Intake:
    """`new` events have yet to pass the guard, `again` have passed it in an earlier batch; `broken` stands for what
    could not be read; `done` held rows are replaced by what was read in their place."""

    arrivals: list[Arrival] = field(default_factory=list)
    deliveries: int = 0
    new: list[Work] = field(default_factory=list)
    again: list[Work] = field(default_factory=list)
    broken: list[tuple[HeldEvent, str]] = field(default_factory=list)
    done: list[HeldEvent] = field(default_factory=list)

    def __bool__(self) -> bool:
        return bool(self.arrivals or self.again or self.broken or self.done)


def take_in() -> Intake:
    """Lock and read one batch; other workers take others. The locks end with the transaction."""
    intake = Intake(arrivals=_lock_arrivals())
    _read_arrivals(intake)
    _read_held(intake, take_due())
    return intake


def _lock_arrivals() -> list[Arrival]:
    taken: list[Arrival] = []
    deliveries = size = 0
    last = 0
    while deliveries < BATCH and size < BATCH_BYTES:
        waiting = Arrival.objects.filter(pk__gt=last).order_by("pk").select_for_update(skip_locked=True)
        found = list(waiting[:AT_A_TIME])
        for arrival in found:
            if taken and size + arrival.bytes > BATCH_BYTES:
                return taken
            taken.append(arrival)
            deliveries += len(arrival.deliveries)
            size += arrival.bytes
        if len(found) < AT_A_TIME:
            break
        last = found[-1].pk
    return taken


def _read_arrivals(intake: Intake) -> None:
    ids = [pk for arrival in intake.arrivals for pk in arrival.deliveries]
    intake.deliveries = len(ids)
    for delivery, works in _read(ids):
        if isinstance(works, str):
            intake.broken.append((held_delivery(delivery), works))
        else:
            intake.new += works


def _read_held(intake: Intake, held: list[HeldEvent]) -> None:
    """Find held events in their deliveries. One that is no longer to be found is let go."""
    by_delivery: dict[int, dict[str, HeldEvent]] = {}
    for event in held:
        by_delivery.setdefault(event.delivery, {})[event.key.hex] = event
    lost: list[HeldEvent] = []
    for delivery, works in _read(by_delivery):
        wanted = by_delivery.pop(delivery.pk)
        if isinstance(works, str):
            intake.broken += [(event, works) for event in wanted.values()]
            continue
        if whole := wanted.pop(delivery_key(delivery), None):
            intake.done.append(whole)
            intake.new += works
        for work in works:
            if found := wanted.pop(work.key, None):
                work.held = found
                intake.again.append(work)
        lost += wanted.values()
    lost += [event for wanted in by_delivery.values() for event in wanted.values()]
    if lost:
        log.warning("held_events_lost", count=len(lost))
    intake.done += lost


def _read(ids: Iterable[int]) -> Iterator[tuple[RawDelivery, list[Work] | str]]:
    """Each delivery with its events, or with what is wrong with it."""
    for delivery in RawDelivery.objects.filter(pk__in=list(ids)).order_by("pk"):
        try:
            yield delivery, read_delivery(delivery)
        except Unreadable as error:
            yield delivery, str(error)
        except Exception as error:  # noqa: BLE001 - what breaks an adapter must not stop the other deliveries
            yield delivery, describe(error)
