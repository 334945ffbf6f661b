"""A run of a worker over due rows: tenants by turns, until nothing is due or its time is over."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from django.conf import settings

from tenants.models import Tenant
from tenants.scopes import tenant_scope

SLICE_SECONDS = (
    30.0  # these at ENGINE_TIME_SCALE 1: a slice ends before the task's hard limit, that before the lease
)
LEASE_SECONDS = 120.0
ANSWER_SECONDS = 40.0


@dataclass(frozen=True)
class Slice:
    """One run; `deadline` is on the local monotonic clock."""

    deadline: float

    @property
    def is_over(self) -> bool:
        return time.monotonic() > self.deadline


def run_slice(due: Callable[[], list[int]], work: Callable[[Tenant, Slice], int]) -> bool:
    """Give each tenant of `due` (ids, from a door) a turn in its scope; `work` tells how many rows it tried.

    Returns whether there may be more: the slice was over first.
    """
    run = Slice(time.monotonic() + SLICE_SECONDS * settings.ENGINE_TIME_SCALE)
    while not run.is_over:
        if not sum(_turn(tenant_id, work, run) for tenant_id in due()):
            return False  # nothing is due, or others hold it
    return True


def lease_seconds() -> float:
    return float(LEASE_SECONDS * settings.ENGINE_TIME_SCALE)


def answer_seconds() -> float:
    """Longest wait for a provider's answer: what began before the deadline ends before the hard limit."""
    return float(min(settings.PROVIDER_TIMEOUT_S, ANSWER_SECONDS * settings.ENGINE_TIME_SCALE))


def _turn(tenant_id: int, work: Callable[[Tenant, Slice], int], run: Slice) -> int:
    tenant = Tenant.objects.get(pk=tenant_id)
    with tenant_scope(tenant):
        return work(tenant, run)
