from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from billing.margins import Step, steps
from billing.pricelist import LISTS, BadPriceList, Terms, load, read_price_list


class Command(BaseCommand):
    help = (
        "Load a price list, sold with your margin (manage.py margin). "
        "Safe to run again; what was prepared before keeps its prices. See docs/credit.md."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "file",
            nargs="?",
            type=Path,
            default=LISTS / "whatsapp-usd.toml",
            help="a price list in TOML, or the name of one that comes with the product, such as whatsapp-hkd; "
            "without it Meta's indicative list in US dollars",
        )
        parser.add_argument(
            "--margin",
            default="",
            help="per cent on top of the list, instead of what manage.py margin has set",
        )
        parser.add_argument("--into", default="", help="sell in this currency, such as HKD; needs --rate")
        parser.add_argument("--rate", default="", help="units of --into for one unit of the list's currency")

    def handle(self, *args: Any, **options: Any) -> None:
        path: Path = options["file"]
        if (LISTS / f"{path}.toml").exists():
            path = LISTS / f"{path}.toml"
        try:
            listed = read_price_list(path.read_text(encoding="utf-8"))
        except OSError as error:
            raise CommandError(f"{path} cannot be read: {error.strerror}.") from error
        except BadPriceList as error:
            raise CommandError(f"{path} is no price list: {error}. Nothing was changed.") from error
        terms = _terms(options, listed.currency)
        changed = load(listed, terms)
        self.stdout.write(
            f"{len(listed.prices)} prices in {terms.currency}, {changed} of them new or changed."
            f" Source: {listed.source}."
        )
        if listed.indicative:
            self.stdout.write(
                "They are indicative: compare them with the rate card of your own WhatsApp account."
            )


def _terms(options: dict[str, Any], currency: str) -> Terms:
    into = options["into"].upper()
    if bool(into) != bool(options["rate"]):
        raise CommandError("Give --into and --rate together.")
    if into and (len(into) != 3 or not into.isalpha()):
        raise CommandError(f"{into} is no currency.")
    if into == currency:
        raise CommandError(f"The list is in {currency} already: load it without --into and --rate.")
    return Terms(
        margins=_margins(options["margin"]),
        currency=into or currency,
        rate=_number(options["rate"] or "1", "--rate", least=Decimal("0.000001")),
    )


def _margins(text: str) -> Sequence[Step]:
    if not text:
        return steps()
    return [Step(datetime.min.replace(tzinfo=UTC), _number(text, "--margin", least=Decimal(0)))]


def _number(text: str, option: str, *, least: Decimal) -> Decimal:
    try:
        number = Decimal(text)
    except InvalidOperation:
        raise CommandError(f"{option} must be a number, not {text}.") from None
    if not number.is_finite() or number < least:
        raise CommandError(f"{option} must be at least {least}, not {text}.")
    return number
