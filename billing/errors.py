from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from tenants.errors import DomainError


class InsufficientCredit(DomainError):
    """The free balance does not cover the amount; `shortfall` is in millionths of the currency unit."""

    code = "insufficient_credit"
    status = 402
    message = _(
        "Your WhatsApp credit does not cover this. Nothing was sent. An owner of your team can top up."
    )

    def __init__(self, shortfall: int, currency: str) -> None:
        super().__init__()
        self.shortfall = shortfall
        self.currency = currency


class NoPriceList(DomainError):
    """Messages cost something here, and nobody has said what in the tenant's currency."""

    code = "no_price_list"
    status = 409

    def __init__(self, currency: str) -> None:
        super().__init__(
            _(
                "There is no price list in %(currency)s. Nothing was sent. Ask who runs this installation to load one."
            )
            % {"currency": currency}
        )


class CurrencyMismatch(DomainError):
    """What is held for one subject is in one currency."""

    code = "currency_mismatch"
    status = 409

    def __init__(self, asked: str) -> None:
        super().__init__(
            _(
                "What is on hold for this is in another currency than %(currency)s. Nothing was sent. Start it anew."
            )
            % {"currency": asked}
        )


class NoPrice(DomainError):
    """The price list has none for this person's country."""

    code = "no_price"
    status = 409
    message = _(
        "The price list has no price for the country of this number. Nothing was sent. "
        "Ask who runs this installation to add it."
    )


class InvalidAmount(DomainError):
    """An amount nobody can pay: not a number, not positive, too many decimals, too small or too large."""

    code = "invalid_amount"
    status = 400

    def __init__(self, detail: str, *, field: str = "amount", code: str = "invalid_amount") -> None:
        super().__init__(detail, errors=[{"field": field, "code": code, "detail": detail}])


class PaymentsOff(DomainError):
    """This installation has no payment provider; the operator books transfers."""

    code = "payments_off"
    status = 409
    message = _("Card payments are not set up here. Pay by bank transfer, or ask who runs this installation.")


class PaymentUnavailable(DomainError):
    code = "payment_unavailable"
    status = 503
    message = _("The payment page cannot be opened right now. Nothing was charged. Please try again.")


class AlreadyBooked(DomainError):
    code = "already_booked"
    status = 409
    message = _("This top-up is settled already. Nothing was booked.")


class UnknownPayment(DomainError):
    """An event about a payment of ours that we do not know yet: the provider will tell it again."""

    code = "unknown_payment"
    status = 409


class PaymentMismatch(DomainError):
    """What was paid is not what was asked for; an operator must look."""

    code = "payment_mismatch"
    status = 409
