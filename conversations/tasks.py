"""Celery's entry points: doorbells, safe to lose, to repeat and to reorder."""

from __future__ import annotations

from celery import shared_task

from conversations.outbox import send_due
from tenants import doorbell


@shared_task
def send_replies() -> None:
    """Send the replies that are due; rings again when its time is over before they are through."""
    if send_due():
        doorbell.ring(send_replies)
