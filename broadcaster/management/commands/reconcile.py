from __future__ import annotations

import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from billing.reconcile import losses
from broadcaster.reconcile import reconcile


class Command(BaseCommand):
    help = (
        "Compare the ledger with wallets, holds, top-ups and with what every message says became of its price. "
        "Exit code 1 where they differ. Tells before what the platform bears for each team."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--all",
            action="store_true",
            help="also broadcasts whose books are closed: reads all their people",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        for loss in losses():
            self.stdout.write(
                f"borne for tenant {loss.tenant_id}: {loss.messages} for messages, {loss.payments} for payments"
                f" taken back ({loss.currency}, millionths)"
            )
        found = reconcile(everything=options["all"])
        for difference in found:
            self.stdout.write(f"WRONG  {difference}")
        if found:
            sys.exit(1)
        self.stdout.write("the ledger adds up")
