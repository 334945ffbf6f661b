from __future__ import annotations

import sys
from typing import Any

from django.core.management.base import BaseCommand
from django.db import DatabaseError

from billing.models import Check
from broadcaster.doors import Backed, waiting_channels
from broadcaster.health import Vitals, vitals
from campaigns.outlook import SLOWED
from channels.adapters import ADAPTERS
from channels.adapters.base import ChannelKind
from channels.sending.gauges import Readings, read
from channels.webhooks.backlog import read_backlog
from tenants import heartbeat

LATE_S = 60.0  # work that has been due for so long is nobody's


def ledger_faults() -> list[str]:
    """What the last nightly check of the ledger found."""
    last = Check.objects.order_by("-at").first()
    if last is None or not last.differences:
        return []
    return [f"the ledger does not add up, {last.differences} differences: {last.first} (manage.py reconcile)"]


class Command(BaseCommand):
    help = (
        "What an operator looks at first: workers, canaries, the oldest due work, webhooks that wait, channels that "
        "hold broadcasts up. Exit code 1 where something is wrong; --queue asks about one queue only, for a probe."
    )

    def add_arguments(self, parser: Any) -> None:
        parser.add_argument(
            "--queue", choices=heartbeat.QUEUES, help="whether this queue has a worker that takes messages"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        now = vitals()
        faults = now.faults
        if options["queue"]:
            faults = [fault for fault in faults if f"queue {options['queue']} " in fault or "answer" in fault]
        else:
            self._queues(now)
            try:
                self._webhooks()
                self._channels(waiting_channels())
                faults = [*faults, *ledger_faults()]
            except DatabaseError as error:
                self.stderr.write(f"the database does not answer: {type(error).__name__}")
            if now.oldest_due_s is not None and now.oldest_due_s > LATE_S:
                faults = [*faults, f"work has been due for {now.oldest_due_s:.0f} s and nobody takes it"]
        for fault in faults:
            self.stdout.write(f"WRONG  {fault}")
        if faults:
            sys.exit(1)
        self.stdout.write("all well")

    def _queues(self, now: Vitals) -> None:
        for queue in heartbeat.QUEUES:
            count = "?" if now.workers is None else now.workers[queue]
            waits = now.singing.waiting_s[queue] if now.singing else None
            canary = "?" if waits is None else f"untaken for {waits:.0f} s" if waits else "taken"
            self.stdout.write(f"queue {queue:<9} workers {count}  canary {canary}")
        rung = now.singing.rung_s if now.singing else None
        self.stdout.write("scheduler       " + ("never swept" if rung is None else f"rang {rung:.0f} s ago"))
        due = now.oldest_due_s
        self.stdout.write("oldest due work " + ("?" if due is None else f"{due:.0f} s"))

    def _webhooks(self) -> None:
        backlog = read_backlog()
        self.stdout.write(
            f"webhooks        {backlog.deliveries} deliveries wait, the oldest for {backlog.oldest_s:.0f} s; "
            f"{backlog.unmatched} events unmatched, {backlog.quarantined} quarantined"
        )

    def _channels(self, backed: list[Backed]) -> None:
        buckets = [
            (each.channel_id, name)
            for each in backed
            for name in ADAPTERS[ChannelKind(each.kind)].spec.pacing
        ]
        readings = read(buckets)
        for each in backed:
            self.stdout.write(
                f"channel {each.channel_id} ({each.kind}, tenant {each.tenant_id})  {each.campaigns} broadcasts, up to "
                f"{each.people} people  {_state(each, readings)}"
            )


def _state(each: Backed, readings: Readings | None) -> str:
    """The one thing that holds it up, or how it goes."""
    if not each.enabled:
        return "switched off"
    if each.state != "connected":
        return each.state
    if each.held:
        return "was off: a member must continue"
    mine = (
        [gauge for (channel, _name), gauge in readings.gauges.items() if channel == each.channel_id]
        if readings
        else []
    )
    blocked = max((gauge.blocked for gauge in mine), default=0.0)
    if blocked:
        return f"blocked by the provider for {blocked:.0f} s more"
    slowest = min((gauge.factor for gauge in mine), default=1.0)
    if slowest < SLOWED:
        return f"at {slowest:.0%} of its rate, recovering"
    return f"due for {each.due_s:.0f} s" if each.due_s > 1 else "under way"
