"""One broadcast, its parts, and each person in it.

The words: a *part* is one of up to five messages; a *recipient* is one contact in one campaign; a *shard* is
the set of recipients a worker leases together; an *attempt* is one LINE call with its retry key.
State machines: `docs/engine.md`.
"""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q, Value
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from channels.adapters.base import PartKind
from channels.models import Channel, Media, WhatsAppAccount
from conversations.models import Contact, Conversation
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
    at_any_hour = models.BooleanField(default=False, db_default=False)  # leaves in quiet hours, too
    created_at = models.DateTimeField(default=timezone.now)
    scheduled_at = models.DateTimeField(null=True, blank=True)
    scheduled_zone = models.CharField(max_length=60, blank=True, default="", db_default="")  # IANA name
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    settled_at = models.DateTimeField(null=True, blank=True)

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


class ShardState(models.IntegerChoices):
    OPEN = 0
    LEASED = 1
    DONE = 2


class Shard(TenantModel):
    """Recipients of one campaign on one channel that are leased together.

    A lease is (`lease`, `leased_until`): each lease raises the number, every write of its holder names it.
    """

    campaign = models.ForeignKey(Campaign, on_delete=models.CASCADE, related_name="shards")
    channel = models.ForeignKey(Channel, on_delete=models.PROTECT, related_name="+")
    state = models.SmallIntegerField(choices=ShardState, default=ShardState.OPEN)
    lease = models.IntegerField(default=0)
    leased_until = models.DateTimeField(null=True, blank=True)
    due_at = models.DateTimeField(default=timezone.now)
    closes_at = models.DateTimeField(null=True, blank=True)  # the soonest reply window in it
    people = models.IntegerField(default=0)
    slot = models.IntegerField(default=0)  # which shard of its chunk and channel, used while it is written
    held = models.CharField(max_length=40, db_default="", blank=True)  # a Reason: waits for a member

    objects = TenantManager["Shard"]()

    class Meta:
        indexes = [
            models.Index(fields=["channel", "due_at"], name="shard_open", condition=Q(state__lt=2)),
            models.Index(fields=["campaign", "state"], name="shard_of_campaign"),
        ]


class State(models.IntegerChoices):
    """The sending side of a recipient: eight states that add up to the prepared count."""

    WAITING = 0, _("Waiting")
    SENDING = 1, _("Sending")
    UNCONFIRMED = 2, _("Checking")
    ACCEPTED = 3, _("Accepted")
    PARTIAL = 4, _("Partial")
    FAILED = 5, _("Failed")
    SKIPPED = 6, _("Skipped")
    CANCELLED = 7, _("Cancelled")


class DeliveryRank(models.IntegerChoices):
    """The provider's side of an accepted recipient: that of its lowest part."""

    ACCEPTED = 0, _("Accepted")
    DELIVERED = 1, _("Delivered")
    READ = 2, _("Read")


class PartState(models.IntegerChoices):
    """One part of one recipient."""

    WAITING = 0
    SENDING = 1
    UNCONFIRMED = 2
    ACCEPTED = 3
    FAILED = 4
    DROPPED = 5  # left out on purpose (on_unsupported)


class Attempt(TenantModel):
    """One LINE call: the same key, body and people again until an answer proves it, for at most 23 hours."""

    campaign = models.ForeignKey(Campaign, on_delete=models.CASCADE, related_name="+")
    channel = models.ForeignKey(Channel, on_delete=models.PROTECT, related_name="+")
    shard = models.ForeignKey(Shard, on_delete=models.CASCADE, related_name="+")
    key = models.UUIDField(primary_key=True)  # LINE's retry key
    body_hash = models.BinaryField(max_length=32)  # SHA-256: what goes again must be these bytes
    people = models.IntegerField()
    first_sent_at = models.DateTimeField()
    settled_at = models.DateTimeField(null=True, blank=True)
    request_id = models.CharField(max_length=80, blank=True)

    objects = TenantManager["Attempt"]()


class Recipient(TenantModel):
    """One contact in one campaign, with its outcome.

    Arrays have one place per part. `lease` is the shard's lease number under which the row was last marked.
    `fields` are the rendering inputs frozen at launch; `prices` (millionths) were frozen there too. `charges` say what
    became of them, part by part (`campaigns.engine.charges`), NULL where nothing costs anything; `entries` are the ids
    of the ledger's entries that settled them, 0 where none did; `category` is what they are priced or billed as where
    that is not the campaign's. Written by the engine in batches of SQL, never one by one through the ORM.
    """

    # Indexes are few on purpose: each costs every one of a million inserts, and updates of an indexed column
    # cannot stay on their page. Of foreign keys the database holds none: they cost three quarters of preparing, and
    # the statement that writes a row has read or written all it refers to. Deleting that is refused (docs/adr/0020).
    tenant = models.ForeignKey(
        "tenants.Tenant", on_delete=models.PROTECT, related_name="+", db_index=False, db_constraint=False
    )
    campaign = models.ForeignKey(
        Campaign, on_delete=models.CASCADE, related_name="recipients", db_index=False, db_constraint=False
    )
    channel = models.ForeignKey(
        Channel, on_delete=models.PROTECT, related_name="+", db_index=False, db_constraint=False
    )
    contact = models.ForeignKey(
        Contact, on_delete=models.PROTECT, related_name="+", db_index=False, db_constraint=False
    )
    conversation = models.ForeignKey(
        Conversation,
        on_delete=models.PROTECT,
        null=True,
        related_name="+",
        db_index=False,
        db_constraint=False,
    )
    shard = models.ForeignKey(
        Shard, on_delete=models.PROTECT, null=True, related_name="recipients", db_constraint=False
    )
    attempt = models.ForeignKey(
        Attempt, on_delete=models.SET_NULL, null=True, related_name="+", db_index=False, db_constraint=False
    )
    address = models.CharField(max_length=140)
    fields = models.JSONField(default=dict)
    closes_at = models.DateTimeField(null=True)
    state = models.SmallIntegerField(choices=State, default=State.WAITING)
    delivery = models.SmallIntegerField(choices=DeliveryRank, default=DeliveryRank.ACCEPTED)
    lease = models.IntegerField(default=0)
    tries = models.SmallIntegerField(default=0)
    part = models.SmallIntegerField(default=0)  # the next part to send
    part_states = ArrayField(models.SmallIntegerField(), default=list)
    provider_ids = ArrayField(models.TextField(), default=list)
    prices = ArrayField(models.BigIntegerField(), default=list)
    charges = ArrayField(models.BigIntegerField(null=True), null=True)
    entries = ArrayField(models.BigIntegerField(), null=True)
    category = models.CharField(max_length=40, null=True)  # noqa: DJ001  NULL costs nothing; see above
    reason = models.CharField(max_length=40, default="")
    provider_code = models.CharField(max_length=120, default="")
    provider_answer = models.TextField(null=True)  # noqa: DJ001  kept only when not accepted; NULL costs nothing
    marked_at = models.DateTimeField(null=True)
    accepted_at = models.DateTimeField(null=True)
    sent_at = ArrayField(models.DateTimeField(null=True), null=True)
    delivered_at = ArrayField(models.DateTimeField(null=True), null=True)
    read_at = ArrayField(models.DateTimeField(null=True), null=True)
    failed_at = ArrayField(models.DateTimeField(null=True), null=True)
    replied_at = models.DateTimeField(null=True)
    clicked_at = models.DateTimeField(null=True)
    retried_in = models.ForeignKey(  # the retry that has claimed this person
        Campaign,
        on_delete=models.SET_NULL,
        null=True,
        related_name="+",
        db_index=False,
        db_constraint=False,
    )

    objects = TenantManager["Recipient"]()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["campaign", "contact"], name="recipient_once")]
        indexes = [
            models.Index(fields=["contact", "-id"], name="recipient_of_contact"),
            models.Index(  # only of the few that have a reason, so the report of a million finds them at once
                fields=["campaign", "reason", "provider_code", "channel"],
                name="recipient_with_reason",
                condition=~Q(reason=""),
            ),
        ]


class Counter(TenantModel):
    """How many people of a campaign stand where, per channel. The ten terms add up to `total`; `reasons` are those of
    them who did not get it, by state, reason and provider's code (`campaigns.engine.reasons`)."""

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
