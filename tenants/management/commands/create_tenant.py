from __future__ import annotations

import getpass
import sys
from typing import Any

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction

from tenants.errors import DomainError
from tenants.models import User
from tenants.plans import Plan
from tenants.services import create_tenant


class Command(BaseCommand):
    help = (
        "Make a team with its first owner. A new owner's password is asked for, or read from standard input."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("slug", help="the team's short name, in addresses and commands")
        parser.add_argument("--name", required=True, help="the team's name")
        parser.add_argument("--owner", required=True, metavar="EMAIL")
        parser.add_argument("--plan", choices=[plan.value for plan in Plan], default=Plan.STARTER.value)

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            with transaction.atomic():
                tenant = create_tenant(
                    name=options["name"],
                    slug=options["slug"],
                    owner=_owner(options["owner"].lower()),
                    plan=Plan(options["plan"]),
                )
        except (DomainError, ValidationError) as error:
            raise CommandError("; ".join(getattr(error, "messages", [str(error)]))) from error
        self.stdout.write(f"{tenant.name}: {options['owner']} can sign in now.")


def _owner(email: str) -> User:
    """The person with this address; a new one gets the password typed or piped in. Raises ValidationError."""
    user = User.objects.filter(email=email).first()
    if user is None:
        interactive = sys.stdin.isatty()
        password = getpass.getpass(f"Password for {email}: ") if interactive else sys.stdin.readline().strip()
        validate_password(password)
        user = User.objects.create_user(email, password)
    return user
