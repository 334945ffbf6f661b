from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from broadcaster import translations


class Command(BaseCommand):
    help = "Merge locale/<language>/LC_MESSAGES/*.po into the one django.mo of each language."
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            for language, count in translations.compile_all().items():
                self.stdout.write(f"{language}: {count} texts")
        except translations.TranslationError as error:
            raise CommandError(str(error)) from error
