from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from tenants.errors import DomainError


class InsufficientCredit(DomainError):
    """The free balance does not cover the amount; `shortfall` is in millionths of the currency unit."""

    code = "insufficient_credit"
    status = 402
    message = _("Your credit does not cover this broadcast. Nothing was sent.")

    def __init__(self, shortfall: int, currency: str) -> None:
        super().__init__()
        self.shortfall = shortfall
        self.currency = currency
