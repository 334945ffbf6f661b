"""How many people of a campaign stand where, now and over time."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Value

from campaigns.models.campaign import Campaign
from channels.models import Channel
from tenants.scopes import TenantManager, TenantModel

_WHOLE = ArrayField(models.BigIntegerField())


class Counter(TenantModel):
    """How many people of a campaign stand where, per channel. The ten terms add up to `total`; `reasons` are those of
    them who did not get it, by state, reason and provider's code (`campaigns.engine.reasons`). `messages`: how many
    were accepted for each part, once the campaign has ended (`campaigns.engine.messages`)."""

    campaign = models.ForeignKey(Campaign, on_delete=models.CASCADE, related_name="counters")
    channel = models.ForeignKey(Channel, on_delete=models.PROTECT, related_name="+")
    waiting = models.BigIntegerField(default=0)
    sending = models.BigIntegerField(default=0)
    unconfirmed = models.BigIntegerField(default=0)
    accepted = models.BigIntegerField(default=0)  # accepted and not yet reported delivered
    delivered = models.BigIntegerField(default=0)
    read = models.BigIntegerField(default=0)
    partial = models.BigIntegerField(default=0)
    failed = models.BigIntegerField(default=0)
    skipped = models.BigIntegerField(default=0)
    cancelled = models.BigIntegerField(default=0)
    replied = models.BigIntegerField(default=0)
    clicked = models.BigIntegerField(default=0)
    interacted = models.BigIntegerField(default=0)  # replied or clicked: people
    messages = ArrayField(models.BigIntegerField(), default=list, db_default=Value([], _WHOLE), blank=True)
    reasons = models.JSONField(default=dict, db_default=Value({}, models.JSONField()), blank=True)
    turn_at = models.DateTimeField(
        null=True, blank=True
    )  # when a shard of it was last leased: the others go first

    objects = TenantManager["Counter"]()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["campaign", "channel"], name="counter_once")]


class Moment(TenantModel):
    """The counters of a campaign as they stood at `at`: its chart over time. See `campaigns.engine.moments`."""

    tenant = models.ForeignKey("tenants.Tenant", on_delete=models.PROTECT, related_name="+", db_index=False)
    campaign = models.ForeignKey(Campaign, on_delete=models.CASCADE, related_name="moments", db_index=False)
    at = models.DateTimeField()
    sent = models.BigIntegerField()
    delivered = models.BigIntegerField()
    read = models.BigIntegerField()
    replied = models.BigIntegerField()

    objects = TenantManager["Moment"]()

    class Meta:
        indexes = [models.Index(fields=["campaign", "-at"], name="moment_of_campaign")]
