"""People and what was said: customers, their addresses, conversations, sessions, messages."""

from __future__ import annotations

from datetime import datetime

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from channels.models import Channel, Media, unguessable_key
from conversations.grams import Grams
from templates_app.models import Template
from tenants.models import Member
from tenants.roles import Permission
from tenants.scopes import TenantManager, TenantModel

LAST_LINE = 200  # characters


class Customer(TenantModel):
    """A person. Names are what the person or the provider wrote: never trusted as markup or template."""

    name = models.CharField(max_length=120, blank=True)
    language = models.CharField(max_length=10, blank=True)
    phone = models.CharField(max_length=20, blank=True)  # +E.164
    email = models.EmailField(blank=True)
    tags = ArrayField(models.CharField(max_length=40), default=list, blank=True)
    fields = models.JSONField(default=dict, blank=True)
    note = models.TextField(blank=True)
    bound_to = models.ForeignKey(Member, on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)

    objects = TenantManager["Customer"]()

    class Meta:
        indexes = [GinIndex(Grams("tenant", "name"), name="customer_name_words")]

    def __str__(self) -> str:
        return self.name


class OptOutSource(models.TextChoices):
    KEYWORD = "keyword", _("Wrote an opt-out word")
    BLOCKED = "blocked", _("Blocked the account")
    PROVIDER = "provider", _("Stopped marketing messages in the app")
    MEMBER = "member", _("Set by a member")


class ContactQuerySet(models.QuerySet["Contact"]):
    def current(self) -> ContactQuerySet:
        """Without those found to be the same person under another address."""
        return self.filter(merged_into__isnull=True)


class Contact(TenantModel):
    """One address of a customer on one channel.

    `address` is what replies go to: LINE's user id; WhatsApp's business-scoped user id where known, else
    +E.164. `last_inbound_at` is the session clock: the customer's last message, never ours.
    `window_closes_at` is when plain messages stop being allowed; None where the channel has no window
    or the customer never wrote. `preference_at` is the provider's time of the last opt-out or opt-in, so
    that a late event does not undo a newer one. `merged_into`: this address turned out to be that contact's;
    the row stays for the campaigns it was in, and nothing new is sent to it. `market` is the country whose price a
    WhatsApp message to it has (`conversations.markets`); "" on the other channels, and where nothing tells.
    """

    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="contacts")
    channel = models.ForeignKey(Channel, on_delete=models.PROTECT, related_name="contacts")
    address = models.CharField(max_length=140)
    phone = models.CharField(max_length=20, blank=True)
    market = models.CharField(max_length=2, blank=True, default="", db_default="")
    last_inbound_at = models.DateTimeField(null=True, blank=True)
    window_closes_at = models.DateTimeField(null=True, blank=True)
    opted_out_at = models.DateTimeField(null=True, blank=True)
    opt_out_source = models.CharField(max_length=20, choices=OptOutSource, blank=True)
    preference_at = models.DateTimeField(null=True, blank=True)
    profile_due_at = models.DateTimeField(null=True, blank=True)  # when to ask the provider for the name
    merged_into = models.ForeignKey("self", on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)

    objects = TenantManager.from_queryset(ContactQuerySet)()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["tenant", "channel", "address"], name="contact_once_per_channel")
        ]
        indexes = [
            models.Index(fields=["channel", "phone"], name="contact_by_phone", condition=~Q(phone="")),
            models.Index(
                fields=["profile_due_at"],
                name="contact_profile_due",
                condition=Q(profile_due_at__isnull=False),
            ),
            GinIndex(Grams("tenant", "phone"), name="contact_phone_digits", condition=~Q(phone="")),
        ]


class ConversationStatus(models.TextChoices):
    PENDING = "pending", _("Pending")
    IN_PROGRESS = "in_progress", _("In progress")
    ENDED = "ended", _("Ended")


class ConversationQuerySet(models.QuerySet["Conversation"]):
    def in_progress(self) -> ConversationQuerySet:
        return self.filter(status=ConversationStatus.IN_PROGRESS)

    def of(self, member: Member) -> ConversationQuerySet:
        return self.filter(assignee=member)

    def open(self) -> ConversationQuerySet:
        return self.exclude(status=ConversationStatus.ENDED)

    def visible_to(self, member: Member) -> ConversationQuerySet:
        """A salesperson sees own and unassigned ones, whoever may view all sees all, others nothing."""
        if member.may(Permission.VIEW_ALL_CONVERSATIONS):
            return self
        if member.may(Permission.VIEW_CONVERSATIONS):
            return self.filter(Q(assignee=member) | Q(assignee__isnull=True))
        return self.none()


class Conversation(TenantModel):
    """The case staff work on, with the chat number people use for it. At most one per contact is not ended."""

    number = models.BigIntegerField()
    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, related_name="conversations")
    contact = models.ForeignKey(Contact, on_delete=models.PROTECT, related_name="conversations")
    channel = models.ForeignKey(Channel, on_delete=models.PROTECT, related_name="conversations")
    assignee = models.ForeignKey(Member, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    status = models.CharField(max_length=12, choices=ConversationStatus, default=ConversationStatus.PENDING)
    unread = models.PositiveIntegerField(default=0)
    last_message_at = models.DateTimeField(default=timezone.now)
    last_message_text = models.CharField(max_length=LAST_LINE, blank=True)
    last_message_author = models.CharField(max_length=12, blank=True)
    last_message_kind = models.CharField(max_length=20, default="text")
    created_at = models.DateTimeField(default=timezone.now)
    ended_at = models.DateTimeField(null=True, blank=True)

    objects = TenantManager.from_queryset(ConversationQuerySet)()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["tenant", "number"], name="chat_number_once"),
            models.UniqueConstraint(
                fields=["contact"], condition=~Q(status="ended"), name="one_open_conversation_per_contact"
            ),
        ]
        indexes = [
            models.Index(
                fields=["tenant", "status", "-last_message_at", "-id"], name="conversation_inbox_team"
            ),
            models.Index(
                fields=["tenant", "assignee", "status", "-last_message_at", "-id"],
                name="conversation_inbox_mine",
            ),
            models.Index(
                fields=["tenant", "channel", "status", "-last_message_at", "-id"],
                name="conversation_inbox_channel",
            ),
            models.Index(  # of the few that are unread
                fields=["tenant", "-last_message_at", "-id"],
                name="conversation_unread",
                condition=Q(unread__gt=0),
            ),
        ]

    def note_last(self, text: str, *, author: str, kind: str, at: datetime) -> None:
        """Show this as the last line in the inbox, unless a newer one already stands there; does not save."""
        if self.last_message_author and at < self.last_message_at:
            return
        self.last_message_at, self.last_message_author, self.last_message_kind = at, author, kind
        self.last_message_text = " ".join(text[:800].split())[:LAST_LINE]


class Session(TenantModel):
    """One stretch of 24 hours inside a conversation, opened by the customer; it closes by itself."""

    conversation = models.ForeignKey(Conversation, on_delete=models.CASCADE, related_name="sessions")
    opened_at = models.DateTimeField()
    closes_at = models.DateTimeField()

    objects = TenantManager["Session"]()

    class Meta:
        indexes = [models.Index(fields=["conversation", "-closes_at"], name="session_latest")]


class SavedReplyQuerySet(models.QuerySet["SavedReply"]):
    def visible_to(self, member: Member) -> SavedReplyQuerySet:
        """The team's and the member's own."""
        return self.filter(Q(owner__isnull=True) | Q(owner=member))

    def matching(self, words: str) -> SavedReplyQuerySet:
        """Those with `words` in shortcut, title or text; a leading slash is how shortcuts are typed."""
        plain = words.strip().removeprefix("/")
        either = Q(shortcut__icontains=plain) | Q(title__icontains=plain) | Q(text__icontains=plain)
        return self.filter(either) if plain else self


class SavedReply(TenantModel):
    """A text, a file or both, kept to be sent again and again: the team's, or one member's own (`owner`).

    The text may hold variables (`conversations.variables`). `shortcut` is what is typed after the slash.
    """

    owner = models.ForeignKey(Member, on_delete=models.CASCADE, null=True, blank=True, related_name="+")
    title = models.CharField(max_length=80)
    shortcut = models.CharField(max_length=30, blank=True)
    text = models.TextField(blank=True)
    media = models.ForeignKey(Media, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)
    updated_at = models.DateTimeField(default=timezone.now)

    objects = TenantManager.from_queryset(SavedReplyQuerySet)()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "owner", "shortcut"],
                condition=~Q(shortcut=""),
                nulls_distinct=False,
                name="shortcut_once",
            )
        ]

    def __str__(self) -> str:
        return self.title

    def may_be_changed_by(self, member: Member) -> bool:
        """One's own, or the team's for those who keep them."""
        if self.owner_id is None:
            return member.may(Permission.MANAGE_SAVED_REPLIES)
        return self.owner_id == member.pk


class Direction(models.TextChoices):
    IN = "in", _("In")
    OUT = "out", _("Out")


class Author(models.TextChoices):
    CUSTOMER = "customer", _("Customer")
    MEMBER = "member", _("Member")
    BOT = "bot", _("Bot")
    BUSINESS_APP = "app", _("Phone app")
    CAMPAIGN = "campaign", _("Broadcast")


class MessageStatus(models.TextChoices):
    RECEIVED = "received", _("Received")
    WAITING = "waiting", _("Waiting")
    SENDING = "sending", _("Sending")
    UNCONFIRMED = "unconfirmed", _("Checking")
    ACCEPTED = "accepted", _("Sent")
    DELIVERED = "delivered", _("Delivered")
    READ = "read", _("Read")
    FAILED = "failed", _("Failed")


class Message(TenantModel):
    """One message in or out, outside campaigns. Outgoing ones follow the same states as a campaign's part.

    `opaque_id` is ours and comes back in status webhooks; `retry_key` is LINE's. `provider_id` is theirs.
    `repeats` is the failed message that this one was sent again for. Of a template `text` is what it says,
    `filled` what is sent (`conversations.filled`) and `media` its header's; `test`: a broadcast tried on one person.
    """

    conversation = models.ForeignKey(Conversation, on_delete=models.CASCADE, related_name="messages")
    contact = models.ForeignKey(Contact, on_delete=models.PROTECT, related_name="messages")
    direction = models.CharField(max_length=3, choices=Direction)
    author = models.CharField(max_length=12, choices=Author)
    member = models.ForeignKey(Member, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    kind = models.CharField(max_length=20, default="text")
    text = models.TextField(blank=True)
    media = models.ForeignKey(Media, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    template = models.ForeignKey(
        Template, on_delete=models.PROTECT, null=True, blank=True, related_name="+", db_index=False
    )
    filled = models.JSONField(null=True, blank=True)
    test = models.BooleanField(default=False, db_default=False)
    media_source = models.JSONField(null=True, blank=True)  # IncomingMedia not fetched yet
    reply_token = models.CharField(
        max_length=120, blank=True
    )  # LINE, of an inbound message: free for a minute
    provider_id = models.CharField(max_length=255, blank=True)
    quoted_provider_id = models.CharField(max_length=255, blank=True)
    opaque_id = models.CharField(max_length=40, blank=True, default="")
    retry_key = models.UUIDField(null=True, blank=True)
    status = models.CharField(max_length=12, choices=MessageStatus)
    reason = models.CharField(max_length=40, blank=True)
    provider_code = models.CharField(max_length=120, blank=True)
    tries = models.PositiveSmallIntegerField(default=0)
    due_at = models.DateTimeField(
        null=True, blank=True
    )  # when to send, or fetch its file; None = nothing to do
    leased_until = models.DateTimeField(null=True, blank=True)
    repeats = models.OneToOneField(
        "self", on_delete=models.SET_NULL, null=True, blank=True, related_name="again"
    )
    price = models.BigIntegerField(default=0, db_default=0)  # millionths held for it when it was written
    category = models.CharField(max_length=40, blank=True, default="", db_default="")  # of the price list
    direct = models.BooleanField(default=False, db_default=False)  # billed by Meta directly, no credit
    charge = models.BigIntegerField(null=True, blank=True)  # what became of the price: see billing.parts
    entry = models.BigIntegerField(default=0, db_default=0)  # of the ledger, that settled it
    at = models.DateTimeField(default=timezone.now)  # the provider's time for inbound ones
    sent_at = models.DateTimeField(null=True, blank=True)
    delivered_at = models.DateTimeField(null=True, blank=True)
    read_at = models.DateTimeField(null=True, blank=True)
    failed_at = models.DateTimeField(null=True, blank=True)

    objects = TenantManager["Message"]()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["contact", "provider_id"], condition=~Q(provider_id=""), name="provider_message_once"
            ),
            models.UniqueConstraint(fields=["opaque_id"], condition=~Q(opaque_id=""), name="opaque_id_once"),
        ]
        indexes = [
            models.Index(fields=["conversation", "at", "id"], name="message_thread"),
            models.Index(fields=["due_at"], name="message_due", condition=Q(due_at__isnull=False)),
            models.Index(
                fields=["template"], name="message_of_template", condition=Q(template__isnull=False)
            ),
            models.Index(
                fields=["tenant", "at"], name="message_template_at", condition=Q(template__isnull=False)
            ),
            models.Index(fields=["tenant", "at"], name="message_out_at", condition=Q(direction="out")),
            models.Index(fields=["at"], name="message_held", condition=Q(price__gt=0, charge__isnull=True)),
            GinIndex(Grams("tenant", "text"), name="message_words"),
        ]


def new_opaque_id() -> str:
    """For a message outside campaigns: cannot be mistaken for a campaign part's `<recipient>.<part>.<n>`."""
    return "m" + unguessable_key()


def is_message(opaque_id: str) -> bool:
    """Whether the id was given to a message here, not to a part of a campaign."""
    return opaque_id.startswith("m")
