"""Connected accounts and the files they send."""

from __future__ import annotations

import secrets
from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import BrinIndex
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from channels.adapters.base import PLAIN_KINDS, ChannelKind, Credentials
from tenants.models import Member
from tenants.rehearsing import require_served
from tenants.scopes import TenantManager, TenantModel
from tenants.secrets import EncryptedTextField

KIND_LABELS = {
    ChannelKind.LINE: "LINE",
    ChannelKind.FACEBOOK: "Facebook Messenger",
    ChannelKind.INSTAGRAM: "Instagram",
    ChannelKind.WHATSAPP: "WhatsApp",
    ChannelKind.WEB: _("Web chat"),
}


def kind_choices() -> list[tuple[str, Any]]:
    """A function, so that a new kind needs no migration."""
    return [(kind.value, label) for kind, label in KIND_LABELS.items()]


def unguessable_key() -> str:
    """128 random bits for addresses that strangers are given."""
    return secrets.token_hex(16)


class MetaApp(models.Model):
    """A Meta app whose webhooks come to `/webhooks/meta/<key>`: the installation's own (no tenant) or a tenant's.

    `human_agent`: Meta has granted it the feature of that name, so that members may answer for seven days.
    """

    tenant = models.ForeignKey(
        "tenants.Tenant", on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    key = models.CharField(max_length=32, unique=True, default=unguessable_key)
    app_id = models.CharField(max_length=40)
    secret = EncryptedTextField()
    verify_token = EncryptedTextField()
    human_agent = models.BooleanField(default=False)
    created_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["app_id"], name="meta_app_once"),
            models.UniqueConstraint(
                fields=["tenant"],
                condition=Q(tenant__isnull=True),
                nulls_distinct=False,
                name="one_meta_app_of_the_installation",
            ),
        ]


class Payer(models.TextChoices):
    """Who pays Meta for a WhatsApp account's messages (D-16)."""

    CREDIT = "credit", _("Through our credit")
    META = "meta", _("By Meta directly")


class WhatsAppAccount(TenantModel):
    """The WhatsApp Business Account that owns numbers and templates.

    `monthly_budget` (millionths of the tenant's currency) holds where Meta bills the tenant directly; None = no limit.
    """

    name = models.CharField(max_length=120)
    waba_id = models.CharField(max_length=40)
    payer = models.CharField(max_length=6, choices=Payer, default=Payer.CREDIT, db_default=Payer.CREDIT.value)
    monthly_budget = models.BigIntegerField(null=True, blank=True)
    created_at = models.DateTimeField(default=timezone.now)

    objects = TenantManager["WhatsAppAccount"]()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["waba_id"], name="whatsapp_account_once")]

    def __str__(self) -> str:
        return self.name


class DirectCost(TenantModel):
    """What a campaign, or a day's replies, cost on an account that Meta bills directly: an estimate by our price list,
    in millionths. No money of ours moves. `reserved` - `released` counts towards the budget of `month`, its first day
    (UTC); `captured` is what providers' reports said is billed.
    """

    account = models.ForeignKey(WhatsAppAccount, on_delete=models.PROTECT, related_name="+", db_index=False)
    subject = models.CharField(max_length=40)  # as in the ledger: "campaign:7"
    month = models.DateField()
    currency = models.CharField(max_length=3)
    reserved = models.BigIntegerField(default=0)
    captured = models.BigIntegerField(default=0)
    released = models.BigIntegerField(default=0)

    objects = TenantManager["DirectCost"]()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["tenant", "subject", "account"], name="direct_cost_once")
        ]
        indexes = [models.Index(fields=["account", "month"], name="direct_cost_of_month")]


class FreeUse(TenantModel):
    """How many messages a number sent in a month (its first day, UTC) that Meta reported as free service messages."""

    channel = models.ForeignKey("Channel", on_delete=models.CASCADE, related_name="+", db_index=False)
    month = models.DateField()
    used = models.IntegerField(default=0)

    objects = TenantManager["FreeUse"]()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["channel", "month"], name="free_use_once")]


class ChannelState(models.TextChoices):
    CONNECTED = "connected", _("Connected")
    DISCONNECTED = "disconnected", _("Disconnected")  # token revoked or expired: reconnect
    RESTRICTED = "restricted", _("Restricted by the provider")


class Channel(TenantModel):
    """One connected LINE account, Facebook Page, Instagram account, WhatsApp number or web chat.

    `account_id` is the provider's name for it: LINE's bot user id (`destination` of its webhooks),
    WhatsApp's phone_number_id, the Page id. `pace` overrides the spec's requests per second; None keeps it.
    """

    kind = models.CharField(max_length=20, choices=kind_choices)
    name = models.CharField(max_length=120)
    account_id = models.CharField(max_length=80)
    display_address = models.CharField(max_length=80, blank=True)  # "@shop", "+886 2 7700 1234"
    access_token = EncryptedTextField(blank=True)
    secret = EncryptedTextField(blank=True)  # LINE's channel secret; Meta's is the app's
    meta_app = models.ForeignKey(
        MetaApp, on_delete=models.PROTECT, null=True, blank=True, related_name="channels"
    )
    whatsapp_account = models.ForeignKey(
        WhatsAppAccount, on_delete=models.PROTECT, null=True, blank=True, related_name="channels"
    )
    enabled = models.BooleanField(default=True)
    state = models.CharField(max_length=20, choices=ChannelState, default=ChannelState.CONNECTED)
    state_reason = models.CharField(max_length=40, blank=True)  # a Reason
    state_changed_at = models.DateTimeField(default=timezone.now)
    pace = models.FloatField(null=True, blank=True)
    quota_limit = models.BigIntegerField(null=True, blank=True)  # LINE: people a month, None = unlimited
    quota_used = models.BigIntegerField(null=True, blank=True)
    quota_checked_at = models.DateTimeField(null=True, blank=True)
    last_webhook_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(default=timezone.now)

    objects = TenantManager["Channel"]()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["kind", "account_id"], name="provider_account_once")]

    def __str__(self) -> str:
        return self.name

    @property
    def usable(self) -> bool:
        """Whether anything may be sent through it now."""
        return self.enabled and self.state == ChannelState.CONNECTED

    def credentials(self) -> Credentials:
        """Decrypted; for adapters only, never stored, logged or passed to a task. Raises NotServedHere in a process
        that does not work for this channel's team."""
        require_served(self.tenant_id)
        app = self.meta_app
        return Credentials(
            account_id=self.account_id,
            access_token=self.access_token,
            secret=app.secret if app else self.secret,
            verify_token=app.verify_token if app else "",
        )


class Health(TenantModel):
    """What a provider last told of a channel, in its own words, "" where it does not tell. See `channels.health`.

    `due_at`: when it is asked again. `reach`: people that the portfolio may begin with in 24 hours, None without limit
    or where `tier` is "". `throughput`: messages a second. `token_expires_at`: None for ever; `token_valid`: None where
    it was never told. `notice`: the last alarm a webhook brought.
    """

    channel = models.OneToOneField(Channel, on_delete=models.CASCADE, related_name="told")
    due_at = models.DateTimeField(db_default=Now())
    checked_at = models.DateTimeField(null=True, blank=True)
    error = models.CharField(max_length=40, blank=True, default="", db_default="")  # a Reason
    status = models.CharField(max_length=40, blank=True, default="", db_default="")
    quality = models.CharField(max_length=20, blank=True, default="", db_default="")
    tier = models.CharField(max_length=40, blank=True, default="", db_default="")
    reach = models.BigIntegerField(null=True, blank=True)
    portfolio = models.CharField(max_length=40, blank=True, default="", db_default="")
    throughput = models.IntegerField(null=True, blank=True)
    shared_with_phone = models.BooleanField(default=False, db_default=False)
    token_valid = models.BooleanField(null=True, blank=True)
    token_expires_at = models.DateTimeField(null=True, blank=True)
    notice = models.CharField(max_length=120, blank=True, default="", db_default="")
    notice_at = models.DateTimeField(null=True, blank=True)

    objects = TenantManager["Health"]()


STEPS = 20  # a limit frees itself in so many steps


def step_of(reach: int) -> int:
    """People in one step of a limit."""
    return max(1, reach // STEPS)


class DailyLimit(TenantModel):
    """What is left of the people that WhatsApp numbers may begin with in 24 hours. See `campaigns.engine.daily_limit`.

    `owner` is whose limit it is: a portfolio, an account or a single channel; `channels` share it. `reach` is the limit
    that was counted by, `left` what may still be given out by that count, `opens` when each step of it frees itself,
    the soonest first. Until `resumes_at` nobody is begun with; `refused_until`: because WhatsApp said so.
    """

    owner = models.CharField(max_length=60)
    channels = ArrayField(models.BigIntegerField(), default=list)
    reach = models.BigIntegerField(null=True)
    left = models.BigIntegerField(default=0)
    opens = ArrayField(models.DateTimeField(), default=list)
    resumes_at = models.DateTimeField(null=True)
    refused_until = models.DateTimeField(null=True)

    objects = TenantManager["DailyLimit"]()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["tenant", "owner"], name="daily_limit_once")]


def media_path(media: Media, filename: str) -> str:
    return f"media/{media.tenant_id}/{media.key}/file{media.extension}"


def preview_path(media: Media, filename: str) -> str:
    return f"media/{media.tenant_id}/{media.key}/preview.jpg"


class Media(TenantModel):
    """A file a member uploaded, or a customer sent. Providers fetch it at `/m/<key>/<name>`: public, unguessable."""

    key = models.CharField(max_length=32, unique=True, default=unguessable_key)
    kind = models.CharField(max_length=10, choices=[(kind.value, kind.value) for kind in PLAIN_KINDS])
    mime = models.CharField(max_length=100)
    extension = models.CharField(max_length=10)
    name = models.CharField(max_length=255)  # what the person called it, for display only
    bytes = models.BigIntegerField()
    sha256 = models.CharField(max_length=64)
    width = models.PositiveIntegerField(null=True, blank=True)
    height = models.PositiveIntegerField(null=True, blank=True)
    duration_ms = models.PositiveIntegerField(null=True, blank=True)
    video_codec = models.CharField(max_length=20, blank=True)  # as in media.mp4; "" where it is not known
    audio_codec = models.CharField(max_length=20, blank=True)
    file = models.FileField(upload_to=media_path, max_length=200)
    preview = models.FileField(upload_to=preview_path, max_length=200, blank=True)
    uploaded_by = models.ForeignKey(Member, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)

    objects = TenantManager["Media"]()

    def __str__(self) -> str:
        return self.name


class ProviderFile(TenantModel):
    """A member's file at the provider of one channel. See `channels.media.provider_files`.

    `provider_media_id` is "" while it was never uploaded; `reason` says why it never will be.
    """

    channel = models.ForeignKey(Channel, on_delete=models.CASCADE, related_name="+", db_index=False)
    media = models.ForeignKey(Media, on_delete=models.CASCADE, related_name="+")
    claimed_until = models.DateTimeField()
    provider_media_id = models.CharField(max_length=120, blank=True)
    expires_at = models.DateTimeField(null=True, blank=True)
    reason = models.CharField(max_length=40, blank=True)
    provider_code = models.CharField(max_length=120, blank=True)
    detail = models.CharField(max_length=500, blank=True)  # the provider's words

    objects = TenantManager["ProviderFile"]()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["channel", "media"], name="provider_file_once")]


class Sighting(models.Model):
    """Something a provider sent that we do not know yet, counted: an event name, a field, an error code."""

    kind = models.CharField(max_length=20)  # ChannelKind
    what = models.CharField(max_length=20)  # "event", "code"
    value = models.CharField(max_length=120)
    count = models.BigIntegerField(default=1)
    first_at = models.DateTimeField(default=timezone.now)
    last_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["kind", "what", "value"], name="sighting_once")]


# --- Webhooks: what was delivered, and how far it was taken in ----------------------------------------------


class DeliverySource(models.TextChoices):
    """The door a delivery came through; says whose secret signed it."""

    LINE = "line"  # source_id is the channel's
    META = "meta"  # source_id is the MetaApp's


class RawDelivery(models.Model):
    """A signed delivery, byte for byte. Never changed: a trigger refuses it, old partitions are dropped whole.

    Partitioned by id (`channels.webhooks.retention`). It belongs to no tenant yet.
    """

    id = models.BigIntegerField(primary_key=True)
    received_at = models.DateTimeField()
    source = models.CharField(max_length=10, choices=DeliverySource)
    source_id = models.BigIntegerField()
    body = models.BinaryField()

    class Meta:
        managed = False
        db_table = "channels_rawdelivery"


class Arrival(models.Model):
    """Deliveries stored by one commit and not yet absorbed. Written by that commit, deleted by the absorbing one.

    See docs/adr/0005-absorbing-webhooks.md for why there is no cursor.
    """

    deliveries = ArrayField(models.BigIntegerField())
    bytes = models.BigIntegerField()
    stored_at = models.DateTimeField(db_default=Now())


class SeenEvent(models.Model):
    """One event was taken up. Its key makes every repeat of it a no-op."""

    key = models.UUIDField(primary_key=True)  # channels.webhooks.guard.key_of
    seen_at = models.DateTimeField(db_default=Now())

    class Meta:
        indexes = [BrinIndex(fields=["seen_at"], name="seen_by_time")]


class HeldState(models.TextChoices):
    UNMATCHED = "unmatched", _("Unmatched")  # about a message we do not know yet; tried again until given up
    QUARANTINED = "quarantined", _("Quarantined")  # broke its receiver; waits for an operator


class HeldEvent(models.Model):
    """An event that did not end as applied or ignored. The event itself stays in its raw delivery.

    `retry_at`: when it is tried again; None for one that waits for an operator or was given up after 24 hours.
    `account_id`, `name` and `error` are for the operator's eyes; the error holds no personal data and no secret.
    """

    key = models.UUIDField(unique=True)  # as in SeenEvent
    delivery = models.BigIntegerField()  # RawDelivery; no foreign key, for partitions are dropped
    state = models.CharField(max_length=12, choices=HeldState)
    kind = models.CharField(max_length=20)  # ChannelKind
    account_id = models.CharField(max_length=80)
    name = models.CharField(max_length=40)  # class of the event
    error = models.CharField(max_length=300, blank=True)
    attempts = models.PositiveIntegerField(default=1)
    first_at = models.DateTimeField(db_default=Now())
    retry_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["retry_at"], condition=Q(retry_at__isnull=False), name="held_due"),
        ]
