"""Celery's entry points: doorbells, safe to lose, to repeat and to reorder."""

from __future__ import annotations

from celery import shared_task

from billing import alerts, recharge


@shared_task(name="billing.tasks.watch")
def watch() -> None:
    """Tell owners whose credit has fallen below their level, and recharge for those who chose so."""
    alerts.watch()
    recharge.recharge_due()
