"""What follows when a short link is opened: the tap is noted, and the first one of a person counts.

Locks in the order of the whole engine: the click, which nobody else writes, then the recipient, then the counter.
"""

from __future__ import annotations

from datetime import datetime

from django.db import connection, transaction

from campaigns.engine.tally import Shift, write_tally
from campaigns.models import Link

Values = dict[str, int | datetime | None]
PATIENCE = "2s"  # for a lock: nobody who taps waits longer for where they want to go

_NOTE = """
INSERT INTO campaigns_click AS click (tenant_id, link_id, recipient_id, contact_id, first_at, last_at, times, robots)
SELECT r.tenant_id, %(link)s, r.id, r.contact_id, %(tapped)s, %(tapped)s, %(times)s, %(robots)s
FROM campaigns_recipient r WHERE r.tenant_id = %(tenant)s AND r.id = %(recipient)s
ON CONFLICT (link_id, recipient_id) DO UPDATE SET
    times = click.times + excluded.times, robots = click.robots + excluded.robots,
    first_at = least(click.first_at, excluded.first_at), last_at = greatest(click.last_at, excluded.last_at)
"""

# Whoever taps a link of their own has got it, also where no answer proves it: then the mark tells when.
_CREDIT = """
UPDATE campaigns_recipient r SET clicked_at = %(tapped)s
WHERE r.tenant_id = %(tenant)s AND r.id = %(recipient)s AND r.clicked_at IS NULL
  AND coalesce(r.accepted_at, r.marked_at) > %(tapped)s - make_interval(
      days => (SELECT attribution_days FROM tenants_tenant WHERE id = %(tenant)s))
RETURNING r.campaign_id, r.channel_id, r.replied_at IS NULL
"""


@transaction.atomic
def note_tap(link: Link, recipient: int, at: datetime) -> None:
    """A person opened their link. The first time within the attribution period they count as one who tapped, and as one
    who interacted unless they have replied before. Raises OperationalError where a lock is not to be had in time."""
    values = _write(link, recipient, tapped=at, times=1, robots=0)
    with connection.cursor() as cursor:
        cursor.execute(_CREDIT, values)
        credited = cursor.fetchone()
    if credited is None:
        return
    campaign, channel, new = credited
    columns = ("clicked", "interacted") if new else ("clicked",)
    write_tally([Shift(link.tenant_id, campaign, channel, column, 1) for column in columns])


@transaction.atomic
def note_robot(link: Link, recipient: int) -> None:
    """A preview or a crawler opened the link; nobody is credited. Raises as `note_tap`."""
    _write(link, recipient, tapped=None, times=0, robots=1)


def _write(link: Link, recipient: int, *, tapped: datetime | None, times: int, robots: int) -> Values:
    values: Values = {
        "tenant": link.tenant_id,
        "link": link.pk,
        "recipient": recipient,
        "tapped": tapped,
        "times": times,
        "robots": robots,
    }
    with connection.cursor() as cursor:
        cursor.execute(f"SET LOCAL lock_timeout = '{PATIENCE}'")
        cursor.execute(_NOTE, values)
    return values
