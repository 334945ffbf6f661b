"""Celery's entry points: doorbells, safe to lose, to repeat and to reorder."""

from __future__ import annotations

from celery import shared_task

from conversations.files import fetch_due_files
from conversations.outbox import send_due
from conversations.profiles import fetch_due_profiles
from tenants import doorbell


@shared_task
def send_replies() -> None:
    """Send the replies that are due; rings again when its time is over before they are through."""
    if send_due():
        doorbell.ring(send_replies)


@shared_task
def fetch_missing() -> None:
    """Fetch what inbound messages only named: files and, where they carry none, their writers' names."""
    more = fetch_due_profiles()
    if fetch_due_files() or more:
        doorbell.ring(fetch_missing)
