from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from broadcaster import vendored


class Command(BaseCommand):
    help = (
        "Check the vendored front-end files against static/vendor/vendor.json; --update fetches them again."
    )
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--update", action="store_true", help="run npm pack for every package, rewrite hashes"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if options["update"]:
            vendored.update()
        packages = vendored.packages()
        wrong = [line for package in packages for line in vendored.differences(package)]
        if wrong:
            raise CommandError("\n".join(wrong))
        self.stdout.write(
            f"{len(packages)} packages, {sum(len(p.files) for p in packages)} files as recorded"
        )
