"""Celery's entry points: doorbells, safe to lose, to repeat and to reorder."""

from __future__ import annotations

from celery import shared_task

from billing import alerts, debts, recharge


@shared_task(name="billing.tasks.watch")
def watch() -> None:
    """Pay what is owed, tell owners whose credit has fallen below their level, recharge for those who chose so."""
    debts.pay_debts()
    alerts.watch()
    recharge.recharge_due()
