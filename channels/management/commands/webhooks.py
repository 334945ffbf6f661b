from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from channels import tasks
from channels.models import HeldEvent, HeldState, Sighting
from channels.webhooks.backlog import read_backlog
from channels.webhooks.held import replay
from tenants.doorbell import ring

SHOWN = 50


class Command(BaseCommand):
    help = (
        "What became of webhooks: how many wait, which events broke a receiver, what we do not know yet. "
        "After a fix: webhooks --replay ID [ID …], or --replay all"
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--replay", nargs="+", metavar="ID", help="try held events again: ids, or `all`")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["replay"]:
            self._replay(options["replay"])
            return
        backlog = read_backlog()
        self.stdout.write(
            f"waiting: {backlog.deliveries} deliveries, the oldest for {backlog.oldest_s:.0f} s"
        )
        self.stdout.write(
            f"unmatched: {backlog.unmatched} tried again, {backlog.given_up} given up after a day"
        )
        self.stdout.write(f"quarantined: {backlog.quarantined}")
        for event in HeldEvent.objects.filter(state=HeldState.QUARANTINED).order_by("pk")[:SHOWN]:
            self.stdout.write(
                f"  {event.pk}  {event.first_at:%Y-%m-%d %H:%M}  {event.kind} {event.account_id}  {event.name}"
                f"  tried {event.attempts}x  {event.error}"
            )
        self.stdout.write("unknown:")
        for sighting in Sighting.objects.order_by("-last_at")[:SHOWN]:
            self.stdout.write(
                f"  {sighting.count}x  {sighting.kind} {sighting.what} {sighting.value}"
                f"  last {sighting.last_at:%Y-%m-%d %H:%M}"
            )

    def _replay(self, wanted: list[str]) -> None:
        held = HeldEvent.objects.all()
        if wanted != ["all"]:
            if not all(number.isdigit() for number in wanted):
                raise CommandError("Name the ids that `manage.py webhooks` lists, or `all`.")
            held = held.filter(pk__in=wanted)
        count = replay(held)
        ring(tasks.absorb)
        self.stdout.write(f"{count} events will be tried again")
