"""The states of a template and what Meta allows in each: sending, editing, deleting, using a name again.

https://developers.facebook.com/docs/whatsapp/business-management-api/message-templates/template-management
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db import models
from django.utils.translation import gettext_lazy as _


class Status(models.TextChoices):
    """Ours first (nothing of it is at Meta), then Meta's own."""

    DRAFT = "draft", _("Draft")
    UNCONFIRMED = "unconfirmed", _("Waiting for WhatsApp")  # submitted, and the answer was lost
    PENDING = "pending", _("In review")
    APPROVED = "approved", _("Approved")
    FLAGGED = "flagged", _("Approved, quality low")
    REJECTED = "rejected", _("Rejected")
    PAUSED = "paused", _("Paused")
    DISABLED = "disabled", _("Disabled")
    IN_APPEAL = "in_appeal", _("Appeal in review")
    LIMIT_EXCEEDED = "limit_exceeded", _("Over the limit")
    LOCKED = "locked", _("Locked")
    ARCHIVED = "archived", _("Archived")
    PENDING_DELETION = "pending_deletion", _("Being deleted")
    DELETED = "deleted", _("Deleted")
    UNKNOWN = "unknown", _("Unknown")  # a word of Meta's that we do not know: not to be sent


class Quality(models.TextChoices):
    UNKNOWN = "unknown", _("Not rated yet")
    HIGH = "high", _("High")
    MEDIUM = "medium", _("Medium")
    LOW = "low", _("Low")


class Category(models.TextChoices):
    MARKETING = "MARKETING", _("Marketing")
    UTILITY = "UTILITY", _("Utility")
    AUTHENTICATION = "AUTHENTICATION", _("One-time code")


STATUSES = {
    status.value.upper(): status for status in Status if status not in (Status.DRAFT, Status.UNCONFIRMED)
} | {
    "IN_REVIEW": Status.PENDING,
    "REINSTATED": Status.APPROVED,
    "UNPAUSED": Status.APPROVED,
    "UNARCHIVED": Status.APPROVED,
}
QUALITIES = {"GREEN": Quality.HIGH, "YELLOW": Quality.MEDIUM, "RED": Quality.LOW}

SENDABLE = frozenset({Status.APPROVED, Status.FLAGGED})
LOCAL = frozenset({Status.DRAFT, Status.UNCONFIRMED})
EDITABLE = frozenset({Status.DRAFT, Status.APPROVED, Status.FLAGGED, Status.REJECTED, Status.PAUSED})
DELETABLE = frozenset(Status) - {Status.UNCONFIRMED, Status.DISABLED, Status.PENDING_DELETION, Status.DELETED}

DAY, MONTH = timedelta(hours=24), timedelta(days=30)
MOST_A_MONTH = 10
NAME_RESTS = timedelta(days=30)


def read_status(word: str) -> Status:
    """Meta's word; UNKNOWN for one we do not know, which is never sent."""
    return STATUSES.get(word.upper(), Status.UNKNOWN)


def read_quality(word: str) -> Quality:
    return QUALITIES.get(word.upper(), Quality.UNKNOWN)


def next_edit_at(status: str, edits: Sequence[datetime], now: datetime) -> datetime | None:
    """When Meta takes the next edit; None where it does now. `edits`: when the approved template was edited.

    Only approved ones are limited: once in 24 hours and ten times in 30 days.
    """
    if status not in SENDABLE:
        return None
    recent = sorted(at for at in edits if at > now - MONTH)
    waits = [at + DAY for at in recent[-1:] if at + DAY > now]
    if len(recent) >= MOST_A_MONTH:
        waits.append(recent[-MOST_A_MONTH] + MONTH)
    return max(waits, default=None)
