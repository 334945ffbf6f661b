"""The prepaid credit: what a part costs, what is left, and every movement.

Amounts are integers in millionths of the currency unit (11300 = 0.0113 USD) beside their currency.
"""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils import timezone

from tenants.scopes import TenantManager, TenantModel


class Price(models.Model):
    """One line of the operator's price list: from `valid_from` on, until a later line for the same key."""

    currency = models.CharField(max_length=3)
    market = models.CharField(max_length=40)  # "TW", "MY", …, "*" for the rest
    category = models.CharField(max_length=40)  # "service", "marketing", "utility", "authentication"
    amount = models.BigIntegerField()  # millionths of the currency unit, per delivered message
    valid_from = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["currency", "market", "category", "valid_from"], name="price_once"
            ),
            models.CheckConstraint(condition=Q(amount__gte=0), name="price_not_negative"),
        ]


class Wallet(TenantModel):
    """What a tenant can still spend in one currency; changed only together with an entry."""

    currency = models.CharField(max_length=3)
    available = models.BigIntegerField(default=0)

    objects = TenantManager["Wallet"]()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["tenant", "currency"], name="wallet_once_per_currency"),
            models.CheckConstraint(condition=Q(available__gte=0), name="wallet_never_negative"),
        ]


class Account(models.TextChoices):
    AVAILABLE = "available"
    RESERVED = "reserved"
    SPENT = "spent"
    TOP_UPS = "top_ups"  # the platform's side of a top-up
    LOSSES = "losses"  # the platform bears it


class Entry(TenantModel):
    """One movement between two accounts. Insert-only: triggers refuse UPDATE, DELETE and TRUNCATE."""

    key = models.CharField(max_length=80)  # what it books, once: "reserve:campaign:7"
    currency = models.CharField(max_length=3)
    amount = models.BigIntegerField()
    source = models.CharField(max_length=10, choices=Account)
    target = models.CharField(max_length=10, choices=Account)
    at = models.DateTimeField(default=timezone.now)

    objects = TenantManager["Entry"]()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["tenant", "key"], name="entry_once"),
            models.CheckConstraint(condition=Q(amount__gt=0), name="entry_moves_something"),
        ]
