"""Celery's entry points: doorbells, safe to lose, to repeat and to reorder. The sweeper rings them again."""

from __future__ import annotations

from celery import shared_task

from campaigns.bill import compare_due
from campaigns.engine.finish import finish_campaigns
from campaigns.engine.messages import count_ended_campaigns
from campaigns.engine.prepare import prepare_campaigns
from campaigns.engine.reprice import reprice_campaigns
from campaigns.engine.slice import run_slice
from campaigns.shortages import tell_owners_of_shortages
from tenants import doorbell


@shared_task
def prepare() -> None:
    """Write the recipients of campaigns that are preparing; takes up where an earlier run stopped."""
    if prepare_campaigns():
        doorbell.ring(send_slice)


@shared_task
def send_slice() -> None:
    """Work on whatever is due until the slice's deadline, then ring again."""
    if run_slice():
        doorbell.ring(send_slice)


@shared_task
def upkeep() -> None:
    """Finish what a person stopped, complete what is through, price anew what a category has changed for."""
    finish_campaigns()
    if reprice_campaigns():
        doorbell.ring(send_slice)


@shared_task
def count_messages() -> None:
    """Count the messages of what has ended."""
    count_ended_campaigns()


@shared_task
def tell_shortages() -> None:
    """Tell owners which broadcasts wait for credit."""
    tell_owners_of_shortages()


@shared_task
def compare_bills() -> None:
    """Lay Meta's bills beside our books, for every account that is due."""
    compare_due()
