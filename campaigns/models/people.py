"""Who is in a campaign, and how far each is.

A *recipient* is one contact in one campaign; a *shard* is the set of recipients a worker leases together; an
*attempt* is one LINE call with its retry key. State machines: `docs/engine.md`.
"""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from campaigns.models.campaign import Campaign
from channels.models import Channel
from conversations.models import Contact, Conversation
from tenants.scopes import TenantManager, TenantModel


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
