from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from billing.models import TopUp
from billing.money import parse_amount, shown
from billing.topups import book_transfer
from tenants.errors import DomainError
from tenants.models import Tenant
from tenants.scopes import tenant_scope


class Command(BaseCommand):
    help = "Credit a bank transfer that has arrived: manage.py book_top_up demo-12 300 USD"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "reference", help="what the payer wrote: the team's short name and the top-up's number"
        )
        parser.add_argument("amount", help="what arrived, in units of the currency")
        parser.add_argument("currency")

    def handle(self, *args: Any, **options: Any) -> None:
        slug, _dash, number = options["reference"].rpartition("-")
        tenant = Tenant.objects.filter(slug=slug).first()
        if tenant is None or not number.isdigit():
            raise CommandError(f"No top-up has the reference {options['reference']}.")
        currency = options["currency"].upper()
        with tenant_scope(tenant):
            try:
                amount = parse_amount(options["amount"], currency)
                top_up = book_transfer(tenant, number=int(number), amount=amount, currency=currency)
            except TopUp.DoesNotExist:
                raise CommandError(f"No bank transfer has the reference {options['reference']}.") from None
            except DomainError as error:
                raise CommandError(str(error.message)) from error
        self.stdout.write(f"{tenant.name}: {shown(top_up.amount, top_up.currency)} credited.")
