from __future__ import annotations

import time
from typing import Any

import requests
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from campaigns.rehearsal.introducing import register
from channels.adapters import ADAPTERS
from channels.adapters.base import ChannelKind
from channels.sandbox import sandbox_url
from tenants.models import Member, Tenant
from tenants.scopes import tenant_scope
from workspace.demo.populate import channel_for, populate


class Command(BaseCommand):
    help = "Many in-progress conversations with open windows, fast; the same people for the same arguments."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--tenant", required=True, metavar="SLUG")
        parser.add_argument("--channel", required=True, choices=[kind.value for kind in ADAPTERS])
        parser.add_argument("--conversations", required=True, type=int, metavar="N")
        parser.add_argument("--member", required=True, metavar="EMAIL")

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.DEBUG:
            raise CommandError("Made-up people are refused when DEBUG is off.")
        tenant = Tenant.objects.filter(slug=options["tenant"]).first()
        if tenant is None:
            raise CommandError(f"There is no tenant {options['tenant']!r}.")
        with tenant_scope(tenant):
            self._populate(
                tenant, ChannelKind(options["channel"]), options["conversations"], options["member"]
            )

    def _populate(self, tenant: Tenant, kind: ChannelKind, conversations: int, member: str) -> None:
        agent = Member.objects.filter(user__email=member.lower(), active=True).first()
        if agent is None:
            raise CommandError(f"{member} is no member of {tenant.slug}.")
        if conversations < 0:
            raise CommandError("The number of conversations cannot be negative.")
        begun = time.monotonic()
        account = channel_for(tenant, kind)
        try:
            register(account)
        except requests.RequestException as error:
            raise CommandError(
                f"The sandbox at {sandbox_url()} does not answer ({type(error).__name__}); start it first."
            ) from error
        made = populate(account, agent, conversations, timezone.now())
        self.stdout.write(
            f"{made} new conversations of {agent.name} on {account.name}, {time.monotonic() - begun:.1f} s"
        )
