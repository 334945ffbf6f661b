from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from broadcaster import stylesheet


class Command(BaseCommand):
    help = "Compile assets/app.css into static/build/app.css."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--watch", action="store_true", help="compile again whenever a template changes")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            target = stylesheet.build(watch=options["watch"])
        except stylesheet.StylesheetError as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"{target.relative_to(stylesheet.ROOT)}: {target.stat().st_size} bytes")
