"""Sessions: the stretches of 24 hours that customers open (S4-10..14). Nothing runs when one closes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from conversations.models import Conversation, Session

SESSION = timedelta(hours=24)  # after the customer's last message


def extend_sessions(
    conversations: Mapping[int, Conversation], times: Mapping[int, Sequence[datetime]]
) -> None:
    """Let the customer's messages open and prolong sessions; both arguments are by conversation id.

    A message outside every known session opens one, late ones in the past. The conversations are locked.
    """
    known = _near(times)
    opened: list[Session] = []
    changed: dict[int, Session] = {}
    for pk, conversation in conversations.items():
        for at in sorted(times[pk]):
            session = next((s for s in known[pk] if s.opened_at - SESSION < at < s.closes_at), None)
            if session is None:
                session = Session(
                    tenant_id=conversation.tenant_id,
                    conversation=conversation,
                    opened_at=at,
                    closes_at=at + SESSION,
                )
                known[pk].append(session)
                opened.append(session)
                continue
            session.opened_at = min(session.opened_at, at)
            session.closes_at = max(session.closes_at, at + SESSION)
            if session.pk is not None:
                changed[session.pk] = session
    Session.objects.bulk_create(opened)
    Session.objects.bulk_update(changed.values(), ["opened_at", "closes_at"])


def _near(times: Mapping[int, Sequence[datetime]]) -> defaultdict[int, list[Session]]:
    """The sessions the times could belong to, by conversation id."""
    moments = [at for ats in times.values() for at in ats]
    rows = Session.objects.filter(
        conversation__in=times, closes_at__gt=min(moments), opened_at__lt=max(moments) + SESSION
    )
    known: defaultdict[int, list[Session]] = defaultdict(list)
    for row in rows.order_by("opened_at"):
        known[row.conversation_id].append(row)
    return known
