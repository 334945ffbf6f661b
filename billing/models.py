"""The prepaid credit: what a part costs, what is left, and every movement.

Amounts are integers in millionths of the currency unit (11300 = 0.0113 USD) beside their currency.
"""

from __future__ import annotations

import secrets

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from tenants.models import Member
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


class Margin(models.Model):
    """What the operator puts on top of price lists from `valid_from` on. Insert-only, as entries are: what was set,
    when and by whom stays."""

    percent = models.DecimalField(max_digits=6, decimal_places=2)
    valid_from = models.DateTimeField()  # 00:00 UTC
    set_at = models.DateTimeField(default=timezone.now)
    set_by = models.CharField(max_length=120)  # of the operator's machine

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(percent__gte=0), name="margin_not_negative")]


class FreeMessages(models.Model):
    """So many messages of a category cost nothing, for each number and calendar month, from `valid_from` on."""

    currency = models.CharField(max_length=3)
    category = models.CharField(max_length=40)
    valid_from = models.DateTimeField()
    messages = models.IntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["currency", "category", "valid_from"], name="free_messages_once"),
            models.CheckConstraint(condition=Q(messages__gte=0), name="free_messages_not_negative"),
        ]


class Wallet(TenantModel):
    """What a tenant can still spend in one currency; changed only together with an entry (`ledger.book`). `owed` is
    what a bank took back beyond that (`debts`). Millionths."""

    currency = models.CharField(max_length=3)
    available = models.BigIntegerField(default=0)
    owed = models.BigIntegerField(default=0, db_default=0)

    objects = TenantManager["Wallet"]()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["tenant", "currency"], name="wallet_once_per_currency"),
            models.CheckConstraint(condition=Q(available__gte=0), name="wallet_never_negative"),
            models.CheckConstraint(condition=Q(owed__gte=0), name="wallet_owes_or_not"),
        ]


class Account(models.TextChoices):
    """Between which an entry moves an amount. The first three are the tenant's, the others the platform's side."""

    AVAILABLE = "available", _("Available")
    RESERVED = "reserved", _("On hold")
    SPENT = "spent", _("Spent")
    TOP_UPS = "top_ups", _("Paid in")
    LOSSES = "losses", _("Borne by the platform")


class Entry(TenantModel):
    """One movement between two accounts. Insert-only: triggers refuse UPDATE, DELETE and TRUNCATE.

    `key` is what it books, once: "reserve:campaign:7". `subject` is what it is about: "campaign:7", "top_up:3".
    """

    key = models.CharField(max_length=80)
    subject = models.CharField(max_length=40, default="")
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
            models.CheckConstraint(condition=~Q(source=models.F("target")), name="entry_moves_somewhere"),
        ]
        indexes = [
            models.Index(fields=["tenant", "currency", "-id"], name="entry_newest_first"),
            models.Index(fields=["tenant", "currency", "at"], name="entry_by_time"),
            models.Index(fields=["tenant", "subject"], name="entry_of_subject", condition=~Q(subject="")),
        ]


class Reservation(TenantModel):
    """What a campaign or a reply holds back, and what became of it. `open` = reserved - captured - released.

    `lost` is what was delivered after its hold had been given back, or billed dearer than was held: the platform bears
    it, never the tenant.
    """

    subject = models.CharField(max_length=40)  # as in Entry
    currency = models.CharField(max_length=3)
    reserved = models.BigIntegerField(default=0)
    captured = models.BigIntegerField(default=0)
    released = models.BigIntegerField(default=0)
    lost = models.BigIntegerField(default=0)
    created_at = models.DateTimeField(default=timezone.now)

    objects = TenantManager["Reservation"]()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["tenant", "subject"], name="reservation_once"),
            models.CheckConstraint(
                condition=Q(reserved__gte=models.F("captured") + models.F("released")),
                name="reservation_never_overdrawn",
            ),
        ]
        indexes = [
            models.Index(
                fields=["tenant", "currency"],
                name="reservation_open",
                condition=Q(reserved__gt=models.F("captured") + models.F("released")),
            ),
        ]

    @property
    def open(self) -> int:
        return self.reserved - self.captured - self.released


class Check(models.Model):
    """How the nightly comparison of the ledger with everything else came out, for the operator."""

    at = models.DateTimeField(default=timezone.now)
    differences = models.IntegerField()
    first = models.CharField(max_length=300, blank=True)

    class Meta:
        indexes = [models.Index(fields=["-at"], name="check_newest_first")]


class Method(models.TextChoices):
    CARD = "card", _("Card")
    TRANSFER = "transfer", _("Bank transfer")
    RECHARGE = "recharge", _("Automatic recharge")
    PLAY = "play", _("Play money")  # of a team that rehearses: nobody pays it


PAYABLE = (Method.CARD, Method.TRANSFER)  # what a person can choose


class TopUpStatus(models.TextChoices):
    PENDING = "pending", _("Waiting for the payment")
    PAID = "paid", _("Paid")
    EXPIRED = "expired", _("Not paid")
    REFUNDED = "refunded", _("Paid back")
    DISPUTED = "disputed", _("Disputed")


def unguessable_key() -> str:
    """128 random bits, for addresses that the payment page sends people back to."""
    return secrets.token_hex(16)


class TopUp(TenantModel):
    """Money paid in. Its amount is credited once, when the payment is proved; `refunded` was taken back since.

    `reference` is what the payer writes on a bank transfer; `session` and `payment` are Stripe's ids.
    """

    number = models.BigIntegerField()
    key = models.CharField(max_length=32, unique=True, default=unguessable_key)
    method = models.CharField(max_length=10, choices=Method)
    amount = models.BigIntegerField()  # millionths of the currency unit
    currency = models.CharField(max_length=3)
    status = models.CharField(max_length=10, choices=TopUpStatus, default=TopUpStatus.PENDING)
    refunded = models.BigIntegerField(default=0)
    session = models.CharField(max_length=120, blank=True)
    payment = models.CharField(max_length=120, blank=True)
    created_by = models.ForeignKey(Member, on_delete=models.PROTECT, null=True, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)
    paid_at = models.DateTimeField(null=True, blank=True)

    objects = TenantManager["TopUp"]()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["tenant", "number"], name="top_up_number_once"),
            models.UniqueConstraint(fields=["session"], condition=~Q(session=""), name="top_up_session_once"),
            models.UniqueConstraint(fields=["payment"], condition=~Q(payment=""), name="top_up_payment_once"),
            models.UniqueConstraint(
                fields=["tenant"],
                condition=Q(method="recharge", status="pending"),
                name="one_recharge_at_a_time",
            ),
            models.CheckConstraint(condition=Q(amount__gt=0), name="top_up_of_something"),
            models.CheckConstraint(
                condition=Q(refunded__gte=0) & Q(refunded__lte=models.F("amount")),
                name="top_up_refund_within",
            ),
        ]
        indexes = [models.Index(fields=["tenant", "-created_at"], name="top_up_newest_first")]

    @property
    def reference(self) -> str:
        return f"{self.tenant.slug}-{self.number}"

    @property
    def subject(self) -> str:
        """As in Entry."""
        return f"top_up:{self.number}"


class Alert(TenantModel):
    """Below which available credit (`level`, millionths) the owners are told. `told_at`: since when it is below and
    they know; None while it is above."""

    currency = models.CharField(max_length=3)
    level = models.BigIntegerField()
    told_at = models.DateTimeField(null=True, blank=True)

    objects = TenantManager["Alert"]()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["tenant", "currency"], name="alert_once_per_currency"),
            models.CheckConstraint(condition=Q(level__gt=0), name="alert_level_positive"),
        ]


class Recharge(TenantModel):
    """By the owner's choice: whenever the available credit is below `below`, the saved card is charged with `amount`,
    at most `ceiling` in a month (all in millionths).

    `active`: whether it does. `notice`: what came in the way (`recharge.NOTICES`), `told_at`: when the owners were told
    of it. `rests_until`: the ceiling is reached till then. `page`: Stripe's id of an open page that saves a card;
    `customer`, `card`: its ids of what was saved.
    """

    currency = models.CharField(max_length=3)
    below = models.BigIntegerField()
    amount = models.BigIntegerField()
    ceiling = models.BigIntegerField()
    active = models.BooleanField(default=False)
    notice = models.CharField(max_length=40, blank=True)
    told_at = models.DateTimeField(null=True, blank=True)
    rests_until = models.DateTimeField(null=True, blank=True)
    page = models.CharField(max_length=120, blank=True)
    customer = models.CharField(max_length=120, blank=True)
    card = models.CharField(max_length=120, blank=True)
    card_label = models.CharField(max_length=40, blank=True)
    set_by = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="+")

    objects = TenantManager["Recharge"]()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["tenant", "currency"], name="recharge_once_per_currency"),
            models.UniqueConstraint(fields=["page"], condition=~Q(page=""), name="recharge_page_once"),
            models.CheckConstraint(
                condition=Q(below__gt=0, amount__gt=0, ceiling__gte=models.F("amount")),
                name="recharge_sensible",
            ),
            models.CheckConstraint(condition=Q(active=False) | ~Q(card=""), name="recharge_has_a_card"),
        ]


class PaymentEvent(models.Model):
    """A signed event of the payment provider that was taken up: its id makes every repeat a no-op."""

    event_id = models.CharField(max_length=120, primary_key=True)
    kind = models.CharField(max_length=60)
    outcome = models.CharField(max_length=40)  # what it led to, for the operator
    received_at = models.DateTimeField(default=timezone.now)
