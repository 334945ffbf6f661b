from __future__ import annotations

import getpass
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from billing.margins import BadMargin, margins, set_margin


class Command(BaseCommand):
    help = (
        "What you put on top of the provider's prices: manage.py margin 20 --from 2027-01-01; without a figure it "
        "shows what was set, when and by whom. Load the price lists again afterwards. See docs/credit.md."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("percent", nargs="?", help="per cent, such as 20 or 12.5")
        parser.add_argument(
            "--from", dest="since", default="", help="a date (00:00 UTC); tomorrow if left out"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if options["percent"] is None:
            self._show()
            return
        try:
            since = date.fromisoformat(options["since"]) if options["since"] else None
            made = set_margin(Decimal(options["percent"]), since=since, by=getpass.getuser())
        except InvalidOperation:
            raise CommandError(f"{options['percent']} is no number. Nothing was changed.") from None
        except (BadMargin, ValueError) as error:
            raise CommandError(f"{error}. Nothing was changed.") from error
        self.stdout.write(
            f"{made.percent} % from {made.valid_from:%Y-%m-%d} on. Run manage.py load_prices for each list you sell by."
        )

    def _show(self) -> None:
        rows = margins()
        for row in rows:
            self.stdout.write(
                f"from {row.valid_from:%Y-%m-%d} on {row.percent} %,"
                f" set on {row.set_at:%Y-%m-%d %H:%M} UTC by {row.set_by}"
            )
        if not rows:
            self.stdout.write("No margin was ever set: messages are sold at the lists' own prices.")
