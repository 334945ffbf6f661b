"""Events that could not be applied yet: unmatched ones come again for a day, quarantined ones wait for a person."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from django.db import connection
from django.db.models import F, QuerySet
from django.db.models.functions import Now

from channels.models import HeldEvent, HeldState, RawDelivery
from channels.webhooks.reading import Work, delivery_key

AT_ONCE = 1_000

# By one statement: where another program sends through the same number, most statuses are unmatched.
KEEP_SQL = """
INSERT INTO channels_heldevent
    (key, delivery, kind, account_id, name, state, error, attempts, first_at, retry_at)
SELECT *, 'unmatched', '', 1, now(), now() + interval '2 seconds'
FROM unnest(%s::uuid[], %s::bigint[], %s::varchar[], %s::varchar[], %s::varchar[])
ON CONFLICT (key) DO NOTHING
"""

# Twice as long each time, an hour at most, for a day; then it stays for the operator to see.
AGAIN_SQL = """
UPDATE channels_heldevent SET state = 'unmatched', error = '', attempts = attempts + 1, retry_at =
    CASE WHEN first_at > now() - interval '24 hours'
    THEN now() + least(2 ^ least(attempts + 1, 12), 3600) * interval '1 second' END
WHERE id = ANY(%s)
"""


def take_due() -> list[HeldEvent]:
    """Lock the events that are to be tried again now, other workers' left out."""
    due = HeldEvent.objects.filter(retry_at__lte=Now()).order_by("retry_at")
    return list(due.select_for_update(skip_locked=True)[:AT_ONCE])


def anything_due() -> bool:
    return HeldEvent.objects.filter(retry_at__lte=Now()).exists()


def keep_unmatched(works: Sequence[Work]) -> None:
    """Try these again later."""
    if not works:
        return
    new = [held_event(work) for work in works if not work.held]
    columns = [
        [getattr(event, name) for event in new] for name in ("key", "delivery", "kind", "account_id", "name")
    ]
    with connection.cursor() as cursor:
        if new:
            cursor.execute(KEEP_SQL, columns)
        cursor.execute(AGAIN_SQL, [[work.held.pk for work in works if work.held]])


def quarantine(events: Iterable[tuple[HeldEvent, str]]) -> None:
    """Keep these, each with its error, until an operator replays them."""
    for event, error in events:
        HeldEvent.objects.update_or_create(
            key=event.key,
            defaults={
                "state": HeldState.QUARANTINED,
                "error": error[:300],
                "retry_at": None,
                "attempts": F("attempts") + 1,
            },
            create_defaults={
                "delivery": event.delivery,
                "state": HeldState.QUARANTINED,
                "kind": event.kind,
                "account_id": event.account_id,
                "name": event.name,
                "error": error[:300],
            },
        )


def let_go(works: Iterable[Work]) -> None:
    """These are done."""
    if held := [work.held.pk for work in works if work.held]:
        HeldEvent.objects.filter(pk__in=held).delete()


def replay(held: QuerySet[HeldEvent]) -> int:
    """Have `held` tried again by the next batch, for another day where they stay unmatched; how many there are."""
    return held.update(retry_at=Now(), first_at=Now())


def held_event(work: Work) -> HeldEvent:
    """The row an event is kept by: the one it has, or a new one that is not saved yet."""
    return work.held or HeldEvent(
        key=work.key,
        delivery=work.delivery.pk,
        state=HeldState.UNMATCHED,
        kind=work.kind,
        account_id=work.event.account_id[:80],
        name=type(work.event).__name__,
    )


def held_delivery(delivery: RawDelivery) -> HeldEvent:
    """The row a whole delivery is kept by that could not be read; not saved yet."""
    return HeldEvent(key=delivery_key(delivery), delivery=delivery.pk, kind=delivery.source, name="delivery")
