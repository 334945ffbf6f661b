"""Amounts as people write them and payment providers count them. Inside, they are millionths of the currency unit."""

from __future__ import annotations

from decimal import ROUND_UP, Decimal, InvalidOperation

from django.utils.formats import number_format
from django.utils.translation import gettext as _

from billing.errors import InvalidAmount

MILLIONTHS = 1_000_000
# Currencies whose smallest coin is the unit itself. https://docs.stripe.com/currencies#zero-decimal
ZERO_DECIMAL = frozenset(
    {
        "BIF",
        "CLP",
        "DJF",
        "GNF",
        "JPY",
        "KMF",
        "KRW",
        "MGA",
        "PYG",
        "RWF",
        "UGX",
        "VND",
        "VUV",
        "XAF",
        "XOF",
        "XPF",
    }
)
WHOLE_ONLY = frozenset({"TWD"})  # counted in hundredths by the provider, paid in whole units by people
LARGEST = 11  # digits before the point, less one: in millionths it still fits 64 bits
DIGITS = str.maketrans("０１２３４５６７８９．，", "0123456789.,")


def decimals(currency: str) -> int:
    """How many decimals people may write."""
    return 0 if currency in ZERO_DECIMAL | WHOLE_ONLY else 2


def parse_amount(text: str, currency: str) -> int:
    """Millionths from what a person typed: `1,200.50`, full-width digits too. Raises InvalidAmount."""
    plain = text.strip().translate(DIGITS).replace(",", "").replace(" ", "")
    try:
        amount = Decimal(plain)
    except InvalidOperation:
        raise InvalidAmount(_("Write the amount as a number."), code="not_a_number") from None
    if not amount.is_finite():
        raise InvalidAmount(_("Write the amount as a number."), code="not_a_number")
    if amount <= 0:
        raise InvalidAmount(_("The amount must be above zero."), code="not_positive")
    if amount.adjusted() > LARGEST:
        raise InvalidAmount(_("This amount is too large."), code="too_large")
    if amount != amount.quantize(Decimal(1).scaleb(-decimals(currency))):
        raise InvalidAmount(
            _("%(currency)s amounts have at most %(n)d decimals.")
            % {"currency": currency, "n": decimals(currency)},
            code="too_many_decimals",
        )
    return int(amount * MILLIONTHS)


def minor_units(amount: int, currency: str) -> int:
    """Millionths as the payment provider counts: whole units of a zero-decimal currency, else hundredths."""
    return amount // (MILLIONTHS if currency in ZERO_DECIMAL else MILLIONTHS // 100)


def from_minor_units(units: int, currency: str) -> int:
    return units * (MILLIONTHS if currency in ZERO_DECIMAL else MILLIONTHS // 100)


def shown(amount: int, currency: str, *, places: int | None = None) -> str:
    """ "1,200.50 USD" in the reader's format, rounded up to what people can pay; more `places` where asked."""
    wanted = decimals(currency) if places is None else places
    value = (Decimal(amount) / MILLIONTHS).quantize(Decimal(1).scaleb(-wanted), rounding=ROUND_UP)
    return f"{number_format(value, wanted, force_grouping=True)} {currency}"


def written(amount: int, currency: str) -> str:
    """An amount as people type it into a field: "1200.50"."""
    return f"{Decimal(amount) / MILLIONTHS:.{decimals(currency)}f}"
