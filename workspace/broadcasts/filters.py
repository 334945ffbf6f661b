"""Which broadcasts the status page lists: by status or by what a tile counts, and by words."""

from __future__ import annotations

import unicodedata

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from campaigns.models import Campaign, Part, Status

# What the tiles count; the words stand in the list of statuses too.
GROUPS: dict[str, tuple[str | Promise, Q]] = {
    "sent": (_("Sent out"), Q(started_at__isnull=False)),
    "interacted": (_("With answers or taps"), Q(counters__interacted__gt=0)),
    "unsent": (_("Failed to go out"), Q(status__in=[Status.REFUSED, Status.MISSED])),
    "failures": (_("With people not reached"), Q(counters__failed__gt=0) | Q(counters__partial__gt=0)),
    "waiting": (_("Waiting to be sent"), Q(status__in=[Status.SCHEDULED, Status.PREPARING])),
}
MAX_WORDS = 100


def choices() -> list[tuple[str, str | Promise]]:
    """Every value of `?status=` with its words."""
    return [(value, words) for value, (words, _where) in GROUPS.items()] + list(Status.choices)


def narrow(campaigns: QuerySet[Campaign], status: str, words: str) -> QuerySet[Campaign]:
    """Drafts that nobody has written in are never listed; an unknown status restricts nothing."""
    campaigns = campaigns.filter(
        ~Q(status=Status.DRAFT) | Exists(Part.objects.filter(campaign=OuterRef("pk")))
    )
    if status in GROUPS:
        campaigns = campaigns.filter(pk__in=Campaign.objects.filter(GROUPS[status][1]).values("pk"))
    elif status in Status.values:
        campaigns = campaigns.filter(status=status)
    return campaigns.filter(_found(words)) if words else campaigns


def _found(words: str) -> Q:
    plain = unicodedata.normalize("NFKC", words)[:MAX_WORDS].strip()
    where = Q(created_by__name__icontains=plain) | Q(
        Exists(
            Part.objects.filter(
                Q(text__icontains=plain) | Q(template__name__icontains=plain), campaign=OuterRef("pk")
            )
        )
    )
    digits = plain.lstrip("#№").strip()
    if digits.isascii() and digits.isdigit() and len(digits) <= 18:
        where |= Q(number=int(digits))
    return where
