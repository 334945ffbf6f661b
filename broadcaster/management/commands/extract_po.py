from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from broadcaster import translations
from broadcaster.extraction import texts


class Command(BaseCommand):
    help = "Add every text of code and templates that has no translation to the .po file of its area, untranslated."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--check", action="store_true", help="write nothing; fail where a translation is missing"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        found = texts()
        lines = []
        for language in translations.LANGUAGES:
            missing = translations.missing(language, found)
            lines += [f"{language}: {text.place}: {text.msgid}" for text in missing]
            if not options["check"]:
                translations.add(language, missing)
        self.stdout.write("\n".join([*lines, f"{len(found)} texts, {len(lines)} translations missing"]))
        if options["check"] and lines:
            raise CommandError("Translate them, or run `manage.py extract_po` and fill in what it added.")
