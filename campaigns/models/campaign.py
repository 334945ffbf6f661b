"""One broadcast and its parts: a *part* is one of up to five messages. State machine: `docs/engine.md`."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from channels.adapters.base import PartKind
from channels.models import Media
from templates_app.models import Template
from tenants.models import Member
from tenants.scopes import TenantManager, TenantModel

MAX_PARTS = 5


class CampaignKind(models.TextChoices):
    MESSAGE = "message", _("Message")
    TEMPLATE = "template", _("WhatsApp template")


class Status(models.TextChoices):
    DRAFT = "draft", _("Draft")
    SCHEDULED = "scheduled", _("Scheduled")
    PREPARING = "preparing", _("Preparing")
    RUNNING = "running", _("Sending")
    PAUSED = "paused", _("Paused")
    COMPLETED = "completed", _("Completed")
    CANCELLING = "cancelling", _("Cancelling")
    CANCELLED = "cancelled", _("Cancelled")
    REFUSED = "refused", _("Refused")
    MISSED = "missed", _("Missed")


class OnUnsupported(models.TextChoices):
    SKIP_RECIPIENT = "skip_recipient", _("Leave the person out")
    DROP_PART = "drop_part", _("Leave the part out")


class Campaign(TenantModel):
    """One broadcast. Its counts live in `Counter`, maintained in the transactions that change recipients.

    `on_unsupported` says what becomes of people whose channel refuses a part, `on_unsupported_by` for which kinds of
    channel something else holds. `audience` is what was asked for (`campaigns.audience`); `prepare_cursor` is the
    contact id of the last person written while preparing, so that preparing can be taken up again.
    `scheduled_zone` is the zone in which `scheduled_at` was picked.
    """

    number = models.BigIntegerField()
    kind = models.CharField(max_length=10, choices=CampaignKind, default=CampaignKind.MESSAGE)
    status = models.CharField(max_length=12, choices=Status, default=Status.DRAFT)
    client = models.CharField(max_length=5, default="web")  # "web" or "app" (D-3)
    created_by = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="+")
    audience = models.JSONField(default=dict)
    on_unsupported = models.CharField(
        max_length=15, choices=OnUnsupported, default=OnUnsupported.SKIP_RECIPIENT
    )
    on_unsupported_by = models.JSONField(default=dict, blank=True)  # kind of channel → OnUnsupported
    reason = models.CharField(max_length=40, blank=True)  # why paused, refused or missed
    waiting_for = ArrayField(models.CharField(max_length=30), default=list, blank=True)
    total = models.BigIntegerField(default=0)  # people prepared
    prepare_cursor = models.BigIntegerField(default=0)
    currency = models.CharField(max_length=3, default="USD")
    reserved = models.BigIntegerField(default=0)  # millionths
    category = models.CharField(max_length=40, blank=True)  # of the price list it was prepared with
    direct = (
        ArrayField(  # ids of the channels whose account Meta bills directly, of those that cost something
            models.BigIntegerField(), default=list, blank=True
        )
    )
    shortfall = models.BigIntegerField(
        default=0
    )  # millionths the credit lacked when it was refused or paused for it
    # By what those who still waited were priced anew, "" where nothing changed, and what that put on hold besides.
    repriced_category = models.CharField(max_length=40, blank=True, default="", db_default="")
    repriced_by = models.BigIntegerField(default=0, db_default=0)  # millionths; below 0 where it gave back
    owners_told_at = models.DateTimeField(null=True, blank=True)  # that it lacks credit
    retry_of = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="retries"
    )
    in_doubt = models.BooleanField(default=False)  # a retry of people in doubt: it may reach them twice
    # Links in its texts become short ones of each person's own (`campaigns.links`).
    track_links = models.BooleanField(default=True, db_default=True)
    at_any_hour = models.BooleanField(default=False, db_default=False)  # leaves in quiet hours, too
    created_at = models.DateTimeField(default=timezone.now)
    scheduled_at = models.DateTimeField(null=True, blank=True)
    scheduled_zone = models.CharField(max_length=60, blank=True, default="", db_default="")  # IANA name
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    settled_at = models.DateTimeField(null=True, blank=True)
    counted_at = models.DateTimeField(null=True, blank=True)  # once ended: its messages (`Counter.messages`)

    objects = TenantManager["Campaign"]()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["tenant", "number"], name="campaign_number_once")]
        indexes = [
            models.Index(fields=["tenant", "-created_at", "-id"], name="campaign_list"),
            models.Index(
                fields=["status"],
                name="campaign_unfinished",
                condition=Q(status__in=["scheduled", "preparing", "running", "paused", "cancelling"]),
            ),
            models.Index(
                fields=["finished_at"],
                name="campaign_unsettled",
                condition=Q(finished_at__isnull=False, settled_at__isnull=True),
            ),
            models.Index(
                fields=["-finished_at"],
                name="campaign_uncounted",
                condition=Q(finished_at__isnull=False, counted_at__isnull=True),
            ),
            models.Index(
                fields=["tenant", "started_at"],
                name="campaign_started",
                condition=Q(started_at__isnull=False),
            ),
        ]

    @property
    def subject(self) -> str:
        """What its entries in the ledger are about."""
        return f"campaign:{self.number}"


class Part(TenantModel):
    """One message of a campaign. Text may hold variables `{{ name|fallback }}`, replaced plainly.

    Of a template: `values` by its parameters' names, which may hold variables too; `media` or `place` fill its header.
    From the start of sending on `wording` is what the template said then (`templates_app.wording`), and `text` those
    words with the values in them, as people read them.
    """

    campaign = models.ForeignKey(Campaign, on_delete=models.CASCADE, related_name="parts")
    position = models.PositiveSmallIntegerField()
    kind = models.CharField(max_length=10, choices=[(kind.value, kind.value) for kind in PartKind])
    text = models.TextField(blank=True)
    media = models.ForeignKey(Media, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    template = models.ForeignKey(Template, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    values = models.JSONField(default=dict, blank=True)
    place = models.JSONField(null=True, blank=True)
    wording = models.JSONField(null=True, blank=True)

    objects = TenantManager["Part"]()

    class Meta:
        ordering = ["position"]
        constraints = [
            models.UniqueConstraint(fields=["campaign", "position"], name="part_position_once"),
            models.CheckConstraint(condition=Q(position__lt=MAX_PARTS), name="at_most_five_parts"),
        ]
