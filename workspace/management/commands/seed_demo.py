from __future__ import annotations

from typing import Any

import requests
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from channels.sandbox import sandbox_url
from workspace.demo.seed import introduce, seed


class Command(BaseCommand):
    help = "The demo's two teams with chats, pictures and broadcasts. Safe to run again."

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.DEBUG:
            raise CommandError("Demo data have known passwords; they are refused when DEBUG is off.")
        channels = seed(timezone.now())
        try:
            people = introduce(channels)
        except requests.RequestException as error:
            raise CommandError(
                f"The demo data are written, but the sandbox at {sandbox_url()} could not be told. "
                f"Is it running? {error}"
            ) from error
        self.stdout.write(f"{len(channels)} channels and {people} people are known to the sandbox")
