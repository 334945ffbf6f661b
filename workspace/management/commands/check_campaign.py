from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from campaigns.checking import WRONG, NotCheckable, Verdict, check_campaign
from campaigns.models import Campaign
from tenants.models import Tenant
from tenants.scopes import tenant_scope
from workspace.broadcasts.checking import as_csv

SHOWN = 20


class Command(BaseCommand):
    help = (
        "Hold a finished broadcast against the provider sandbox's journal, person by person. Exit code 0: nothing "
        "missing, doubled or extra; 1: something is; 2: it cannot be checked."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("number", type=int, help="the broadcast's number")
        parser.add_argument("--tenant", required=True, metavar="SLUG")
        parser.add_argument("--csv", metavar="FILE", help="write every line there; - for standard output")

    def handle(self, *args: Any, **options: Any) -> None:
        tenant = Tenant.objects.filter(slug=options["tenant"]).first()
        if tenant is None:
            raise CommandError(f"There is no tenant {options['tenant']!r}.", returncode=2)
        with tenant_scope(tenant):
            campaign = Campaign.objects.filter(number=options["number"]).first()
            if campaign is None:
                raise CommandError(f"{tenant.slug} has no broadcast {options['number']}.", returncode=2)
            try:
                found = check_campaign(campaign)
            except NotCheckable as error:
                raise CommandError(str(error.message), returncode=2) from error
        if options["csv"]:
            with as_csv(found) as file:
                text = file.read()
            if options["csv"] == "-":
                self.stdout.write(text.decode(), ending="")
            else:
                Path(options["csv"]).write_bytes(text)
        if options["csv"] != "-":
            counts = ", ".join(f"{found.counts[verdict]} {verdict.value}" for verdict in Verdict)
            self.stdout.write(f"{found.people} people, {len(found.lines)} messages: {counts}")
            for line in [line for line in found.lines if line.verdict in WRONG][:SHOWN]:
                self.stdout.write(
                    f"  {line.verdict.value}: {line.address} message {line.part} on {line.channel}: "
                    f"we say {line.ours.name.lower()}, the journal {' + '.join(line.journal) or 'nothing'}"
                )
        if not found.agrees:
            sys.exit(1)
