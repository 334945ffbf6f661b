"""What Meta bills beside what we booked."""

from __future__ import annotations

from django.db import models
from django.db.models.functions import Now

from channels.models import Channel, WhatsAppAccount
from tenants.scopes import TenantManager, TenantModel


class MetaBill(TenantModel):
    """The comparison of what Meta bills a WhatsApp account with what we booked. See `campaigns.bill`.

    `due_at`: when Meta is asked again; `error`: why it did not answer the last time; `currency` is Meta's.
    """

    account = models.OneToOneField(WhatsAppAccount, on_delete=models.CASCADE, related_name="+")
    currency = models.CharField(max_length=3, blank=True, default="", db_default="")
    due_at = models.DateTimeField(db_default=Now())
    compared_at = models.DateTimeField(null=True, blank=True)
    error = models.CharField(max_length=40, blank=True, default="", db_default="")  # a Reason

    objects = TenantManager["MetaBill"]()


class BillLine(TenantModel):
    """Both sides for one number, country, category and day of UTC: messages, and millionths of each side's currency.
    `meta_cost` is None where Meta tells no cost."""

    bill = models.ForeignKey(MetaBill, on_delete=models.CASCADE, related_name="lines")
    channel = models.ForeignKey(Channel, on_delete=models.CASCADE, related_name="+", db_index=False)
    day = models.DateField()
    country = models.CharField(max_length=2, blank=True)
    category = models.CharField(max_length=40)
    meta_volume = models.BigIntegerField()
    meta_cost = models.BigIntegerField(null=True, blank=True)
    our_volume = models.BigIntegerField()
    our_amount = models.BigIntegerField()

    objects = TenantManager["BillLine"]()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["bill", "day", "channel", "country", "category"], name="bill_line_once"
            )
        ]
