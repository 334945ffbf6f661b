"""Celery's entry points: doorbells, safe to lose, to repeat and to reorder."""

from __future__ import annotations

from celery import shared_task

from templates_app.syncing import sync_due


@shared_task(name="templates_app.tasks.sync")
def sync() -> None:
    """Read the templates of every account that is due."""
    sync_due()
