"""Celery's entry points: doorbells, safe to lose, to repeat and to reorder."""

from __future__ import annotations

from functools import partial

from celery import shared_task
from django.db import transaction

from conversations.outbox import send_due


@shared_task
def send_replies() -> None:
    """Send the replies that are due; rings again when its time is over before they are through."""
    if send_due():
        send_replies.delay()


def ring() -> None:
    """Ring for the replies once they are committed; a lost ring only means waiting for the sweeper."""
    transaction.on_commit(partial(send_replies.apply_async, retry=False), robust=True)
