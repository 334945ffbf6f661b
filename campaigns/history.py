"""What happened to one person: the timeline of a recipient, and campaign parts in a conversation's thread."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Prefetch
from django.utils.translation import gettext as _

from billing.models import Entry
from billing.money import shown
from campaigns.links.texts import texts_of
from campaigns.models import Click, Part, PartState, Recipient, State
from channels.models import Media
from conversations.models import Contact


@dataclass(frozen=True)
class TimelineEntry:
    """`what` is a stable word ("planned", "sent", "delivered" …), `text` says it to people."""

    at: datetime
    what: str
    text: str
    detail: str = ""


@dataclass(frozen=True)
class ThreadPart:
    """A campaign's part as it stands in a conversation: rendered when looked at, never stored per person."""

    campaign_number: int
    position: int
    kind: str
    text: str
    media: Media | None
    at: datetime
    state: str  # "waiting", "sending", "unconfirmed", "accepted", "delivered", "read", "failed"
    reason: str


def timeline_of(recipient: Recipient) -> list[TimelineEntry]:
    """Everything known about this person in this campaign, by time."""
    campaign = recipient.campaign
    entries = [TimelineEntry(campaign.started_at or campaign.created_at, "planned", _("Planned"))]
    # The mark is that of the last part handed over; an earlier part may have been accepted before.
    if recipient.marked_at and not (recipient.accepted_at and recipient.accepted_at < recipient.marked_at):
        entries.append(TimelineEntry(recipient.marked_at, "requested", _("Handed to the provider")))
    if recipient.accepted_at:
        entries.append(TimelineEntry(recipient.accepted_at, "accepted", _("Accepted by the provider")))
    texts = {
        "sent_at": _("Sent"),
        "delivered_at": _("Delivered"),
        "read_at": _("Read"),
        "failed_at": _("Reported as failed"),
    }
    several = len(recipient.part_states) > 1
    for name, text in texts.items():
        for part, at in enumerate(getattr(recipient, name) or []):
            if at:
                which = (
                    _("%(text)s (message %(part)d)") % {"text": text, "part": part + 1} if several else text
                )
                detail = recipient.provider_code if name == "failed_at" else ""
                entries.append(TimelineEntry(at, name.removesuffix("_at"), which, detail))
    entries += _money(recipient, several=several)
    if recipient.replied_at:
        entries.append(TimelineEntry(recipient.replied_at, "replied", _("Replied")))
    entries += _taps(recipient)
    if recipient.retried_in:
        retry = recipient.retried_in
        text = _("Sent again with broadcast №%(number)d by %(name)s")
        said = text % {"number": retry.number, "name": retry.created_by.name}
        entries.append(TimelineEntry(retry.created_at, "retried", said))
    return sorted(entries, key=lambda entry: entry.at)


def _taps(recipient: Recipient) -> list[TimelineEntry]:
    """Each link at the first tap on it."""
    clicks = Click.objects.filter(link__campaign=recipient.campaign_id, recipient=recipient, times__gt=0)
    return [
        TimelineEntry(click.first_at, "clicked", _("Tapped %(url)s") % {"url": click.link.url})
        for click in clicks.select_related("link").order_by("first_at")
        if click.first_at
    ]


def _money(recipient: Recipient, *, several: bool) -> list[TimelineEntry]:
    """What was held for each part and what became of it, when the ledger booked it."""
    if recipient.charges is None:
        return []
    currency = recipient.campaign.currency
    booked = dict(Entry.objects.filter(pk__in=recipient.entries or []).values_list("pk", "at"))
    found = []
    for part, (price, charge) in enumerate(zip(recipient.prices, recipient.charges, strict=True)):
        if not price:
            continue
        entry = recipient.entries[part] if recipient.entries else 0
        at = booked.get(entry) or recipient.campaign.started_at or recipient.campaign.created_at
        what, text = _charge_words(price, charge, currency)
        which = _("%(text)s (message %(part)d)") % {"text": text, "part": part + 1} if several else text
        found.append(TimelineEntry(at, what, which, f"№{entry}" if entry else ""))
    return found


def _charge_words(price: int, charge: int | None, currency: str) -> tuple[str, str]:
    if charge is None:
        return "held", _("Held back: %(amount)s") % {"amount": shown(price, currency, places=4)}
    if charge > price:
        return "charged", _("Charged: %(amount)s. It was billed at %(billed)s; the difference is ours.") % {
            "amount": shown(price, currency, places=4),
            "billed": shown(charge, currency, places=4),
        }
    if charge > 0:
        return "charged", _("Charged: %(amount)s") % {"amount": shown(charge, currency, places=4)}
    if charge == 0:
        return "given_back", _("Given back: %(amount)s") % {"amount": shown(price, currency, places=4)}
    return "borne", _("Given back, though it was delivered later: %(amount)s") % {
        "amount": shown(price, currency, places=4)
    }


def parts_in_thread(
    contact: Contact, before: datetime | None = None, limit: int = 20
) -> Sequence[ThreadPart]:
    """Parts of the contact's latest campaigns, newest campaign first; two queries, one more for
    links."""
    recipients = (
        Recipient.objects.filter(contact=contact, marked_at__isnull=False)
        .select_related("campaign")
        .prefetch_related(Prefetch("campaign__parts", queryset=Part.objects.select_related("media")))
        .order_by("-pk")
    )
    if before:
        recipients = recipients.filter(marked_at__lt=before)
    listed = list(recipients[:limit])
    texts = texts_of(part for recipient in listed for part in recipient.campaign.parts.all())
    return [
        ThreadPart(
            recipient.campaign.number,
            part.position,
            part.kind,
            texts[recipient.campaign_id, part.position].to(recipient.pk, recipient.fields),
            part.media,
            recipient.accepted_at or recipient.marked_at or recipient.campaign.created_at,
            _part_state(recipient, part.position),
            recipient.reason,
        )
        for recipient in listed
        for part in recipient.campaign.parts.all()
        if part.position < len(recipient.part_states)
        and recipient.part_states[part.position] not in (PartState.DROPPED, PartState.WAITING)
    ]


def _part_state(recipient: Recipient, position: int) -> str:
    for name in ("read_at", "delivered_at"):
        times = getattr(recipient, name) or []
        if position < len(times) and times[position]:
            return name.removesuffix("_at")
    if recipient.state == State.CANCELLED:
        return "cancelled"
    return PartState(recipient.part_states[position]).name.lower()
