from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from tenants.doors import memberships_of
from tenants.models import Member, Tenant, User
from tenants.scopes import tenant_scope
from tenants.tokens import create_api_token


class Command(BaseCommand):
    help = "Make an API token acting as a member; prints the token alone."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("email")
        parser.add_argument("--tenant", metavar="SLUG", help="needed where the person is in several teams")
        parser.add_argument("--name", default="command line", help="what the list of tokens calls it")

    def handle(self, *args: Any, **options: Any) -> None:
        email = options["email"].lower()
        user = User.objects.filter(email=email).first()
        mine = memberships_of(user.pk) if user else []
        teams = {membership.slug: membership for membership in mine if membership.rehearses is None}
        if not teams:
            raise CommandError(f"{email} is not an active member of any team.")
        slug = options["tenant"] or next(iter(teams))
        if slug not in teams or (options["tenant"] is None and len(teams) > 1):
            raise CommandError(f"Choose one of {email}'s teams with --tenant: {', '.join(teams)}")
        with tenant_scope(Tenant.objects.get(pk=teams[slug].tenant_id)):
            member = Member.objects.get(pk=teams[slug].member_id)
            _token, secret = create_api_token(member, name=options["name"])
        self.stdout.write(secret)
