"""Leasing shards. Whoever holds (shard, lease number) may write its recipients until `leased_until`."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

import orjson
from django.db import connection, transaction
from django.utils import timezone

from campaigns.engine.daily_limit import Excess, excess_of
from campaigns.engine.times import times
from campaigns.models import State
from campaigns.quiet import may_leave
from tenants.prepared import prepared_cursor


@dataclass(slots=True)
class Row:
    """A recipient as a worker holds it. `part` is the next part to send, `states` the states of all parts."""

    id: int
    address: str
    fields: Mapping[str, str]
    part: int
    states: list[int]
    tries: int
    attempt: UUID | None = None


@dataclass(frozen=True)
class Lease:
    shard_id: int
    number: int
    tenant_id: int
    campaign_id: int
    channel_id: int
    priced: bool = False  # something in the campaign costs something

    @property
    def values(self) -> dict[str, int]:
        """For statements that name `%(tenant)s`, `%(campaign)s`, `%(channel)s`, `%(shard)s` and `%(lease)s`."""
        return {
            "tenant": self.tenant_id,
            "campaign": self.campaign_id,
            "channel": self.channel_id,
            "shard": self.shard_id,
            "lease": self.number,
        }


PRICED = "(SELECT c.reserved > 0 OR c.direct <> '{}' FROM campaigns_campaign c WHERE c.id = campaign_id)"


TEMPLATE = "(SELECT c.kind = 'template' FROM campaigns_campaign c WHERE c.id = campaign_id)"


def take_lease(tenant_id: int, channel_id: int) -> Lease | None:
    """Lease a due shard of this channel: of the campaign that has waited longest for its turn, the one whose reply
    windows close soonest. None where another holds them all, and in quiet hours. Whoever is beyond the day's limit of
    a number is not in it."""
    while (leased := _lease(tenant_id, channel_id)) is not None:
        lease, template = leased
        excess = excess_of(tenant_id, channel_id, lease.shard_id) if template else None
        if excess is None or _without(lease, excess):
            return lease
    return None


def _lease(tenant_id: int, channel_id: int) -> tuple[Lease, bool] | None:
    """The lease, and whether it is for a template."""
    with prepared_cursor(None) as cursor:
        cursor.execute(
            f"""UPDATE campaigns_shard SET state = 1, lease = lease + 1,
                      leased_until = clock_timestamp() + make_interval(secs => %s)
               WHERE id = (
                   SELECT s.id FROM campaigns_shard s JOIN campaigns_campaign c ON c.id = s.campaign_id
                   LEFT JOIN campaigns_counter cn ON cn.campaign_id = s.campaign_id AND cn.channel_id = s.channel_id
                   WHERE s.tenant_id = %s AND s.channel_id = %s AND s.state < 2 AND c.status = 'running'
                     AND s.held = '' AND s.due_at <= clock_timestamp()
                     AND (s.state = 0 OR s.leased_until < clock_timestamp())
                     AND {may_leave("%s")}
                   ORDER BY cn.turn_at NULLS FIRST, s.closes_at NULLS LAST, s.due_at, s.id
                   FOR UPDATE OF s SKIP LOCKED LIMIT 1)
               RETURNING id, lease, campaign_id, {PRICED}, {TEMPLATE}""",  # noqa: S608  (our own SQL)
            [times().lease, tenant_id, channel_id, tenant_id],
        )
        row = cursor.fetchone()
        if row is None:
            return None
        # A statement of its own: it may wait for whoever records on this counter, and then holds no shard.
        cursor.execute(
            """UPDATE campaigns_counter SET turn_at = clock_timestamp()
               WHERE tenant_id = %s AND campaign_id = %s AND channel_id = %s""",
            [tenant_id, row[2], channel_id],
        )
    return Lease(row[0], row[1], tenant_id, row[2], channel_id, row[3]), row[4]


def _without(lease: Lease, excess: Excess) -> bool:
    """Leave those beyond the limit until later. Returns whether somebody of the shard is left to do."""
    pause = max(0.0, (excess.until - timezone.now()).total_seconds())
    if excess.all_of_them:
        release(lease, pause)
        return False
    with transaction.atomic():
        _put_apart(lease, pause, excess.people)
    return True


def rows_of(lease: Lease, state: State) -> list[Row]:
    """The shard's recipients in `state`, in the order in which they are to be sent."""
    with prepared_cursor(None) as cursor:
        cursor.execute(
            """SELECT id, address, fields::text, part, part_states, tries, attempt_id FROM campaigns_recipient
               WHERE tenant_id = %s AND shard_id = %s AND state = %s ORDER BY id""",
            [lease.tenant_id, lease.shard_id, state.value],
        )
        return [
            Row(id, address, _fields(fields), part, states, tries, attempt)
            for id, address, fields, part, states, tries, attempt in cursor.fetchall()
        ]


def release(lease: Lease, due_in: float, pauses: Mapping[int, float] | None = None) -> bool:
    """Give the shard back: done where nobody in it waits or is in doubt under a key, else due again.

    `due_in`: seconds from now. `pauses`: recipient -> seconds that this person alone is to be left; they leave the
    shard (docs/adr/0001). Returns whether it is done. A lost lease changes nothing.
    """
    with transaction.atomic(), prepared_cursor(None) as cursor:
        for pause, people in _by_pause(pauses or {}).items():
            _put_apart(lease, pause, people)
        cursor.execute(
            """UPDATE campaigns_shard s SET leased_until = NULL,
                      due_at = clock_timestamp() + make_interval(secs => %s),
                      state = CASE WHEN EXISTS (SELECT FROM campaigns_recipient r
                                                WHERE r.shard_id = s.id AND r.state IN (0, 1)) THEN 0 ELSE 2 END
               WHERE s.tenant_id = %s AND s.id = %s AND s.lease = %s AND s.state = 1
               RETURNING s.state = 2""",
            [due_in, lease.tenant_id, lease.shard_id, lease.number],
        )
        row = cursor.fetchone()
    return bool(row and row[0])


def _by_pause(pauses: Mapping[int, float]) -> dict[float, list[int]]:
    """People by the power of two above their pause: ten shards at most, whatever number waits."""
    alike: dict[float, list[int]] = {}
    for recipient, seconds in pauses.items():
        pause = 2.0 ** math.ceil(math.log2(seconds)) if seconds > 0 else 0.0
        alike.setdefault(pause, []).append(recipient)
    return alike


def _put_apart(lease: Lease, pause: float, people: Sequence[int]) -> None:
    """Move those who still wait into a new shard that is due after their pause."""
    with connection.cursor() as cursor:
        cursor.execute(
            """WITH moving AS (
                   SELECT r.id FROM campaigns_recipient r JOIN campaigns_shard s ON s.id = r.shard_id
                   WHERE s.tenant_id = %(tenant)s AND s.id = %(shard)s AND s.lease = %(lease)s AND s.state = 1
                     AND r.state = 0 AND r.id = ANY(%(ids)s) ORDER BY r.id FOR UPDATE OF r
               ),
               apart AS (
                   INSERT INTO campaigns_shard
                       (tenant_id, campaign_id, channel_id, state, lease, due_at, closes_at, people, slot, held)
                   SELECT tenant_id, campaign_id, channel_id, 0, 0,
                          clock_timestamp() + make_interval(secs => %(pause)s), closes_at,
                          (SELECT count(*) FROM moving), 0, held
                   FROM campaigns_shard WHERE id = %(shard)s AND EXISTS (SELECT FROM moving)
                   RETURNING id
               )
               UPDATE campaigns_recipient r SET shard_id = apart.id
               FROM apart, moving WHERE r.tenant_id = %(tenant)s AND r.id = moving.id""",
            {
                **lease.values,
                "pause": pause,
                "ids": list(people),
            },
        )


def _fields(text: str) -> Mapping[str, str]:
    values: dict[str, str] = {} if text == "{}" else orjson.loads(text)
    return values
