"""Doorbells: safe to lose, repeat or reorder; the rows say what is to be done."""

from __future__ import annotations

import time

from celery import shared_task
from django.conf import settings

from channels.health.asking import check_due
from channels.webhooks.absorb import GATHER_S, absorb_until
from tenants.doorbell import ring

SLICE_S = 30.0


@shared_task(name="channels.tasks.absorb")
def absorb() -> None:
    """Take in what the door stored, until the slice is over; ring again where something is left."""
    deadline = time.monotonic() + SLICE_S * settings.ENGINE_TIME_SCALE
    if absorb_until(deadline, gather_s=GATHER_S):
        ring(absorb)


@shared_task(name="channels.tasks.check_health")
def check_health() -> None:
    """Ask the providers about every channel that is due."""
    check_due()
