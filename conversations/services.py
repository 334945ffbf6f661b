"""What members do with a conversation. Replying stands in `replies`, what comes in in `inbound`."""

from __future__ import annotations

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from conversations.errors import AnotherIsOpen, ConversationEnded
from conversations.models import Contact, Conversation, ConversationStatus
from tenants import audit
from tenants.errors import Invalid, NotFound, WrongStatus
from tenants.live import publish
from tenants.models import Member
from tenants.roles import Permission


@transaction.atomic
def join(conversation: Conversation, *, by: Member) -> Conversation:
    """Take an unassigned conversation: it is mine and in progress. Nothing changes when it is so already."""
    row = claim(conversation, by=by)
    if row.status == ConversationStatus.ENDED:
        raise ConversationEnded
    if row.assignee_id not in (None, by.pk):
        raise WrongStatus(_("A colleague has taken this conversation already."))
    take(row, by)
    return saved(row)


@transaction.atomic
def assign(conversation: Conversation, *, to: Member | None, by: Member) -> Conversation:
    """Give an open conversation to `to`, in progress with them; to None puts it back among the pending.

    Raises NotAllowed without the right, Invalid where `to` cannot answer customers.
    """
    by.require(Permission.ASSIGN)
    row = claim(conversation, by=by)
    if row.status == ConversationStatus.ENDED:
        raise ConversationEnded
    if to is not None and not to.may(Permission.REPLY):
        raise Invalid(_("This member cannot answer customers. Choose somebody else."))
    before, row.assignee = row.assignee_id, to
    row.status = ConversationStatus.IN_PROGRESS if to else ConversationStatus.PENDING
    audit.record(by, "conversation.assigned", row, before=before, after=row.assignee_id)
    return saved(row)


@transaction.atomic
def end_conversation(conversation: Conversation, *, by: Member) -> Conversation:
    """Close the case; the customer's next message opens a new one (D-15)."""
    row = claim(conversation, by=by)
    if row.status == ConversationStatus.ENDED:
        return row
    row.status, row.ended_at, row.unread = ConversationStatus.ENDED, timezone.now(), 0
    return saved(row)


@transaction.atomic
def reopen(conversation: Conversation, *, by: Member) -> Conversation:
    """Take an ended conversation up again. Raises AnotherIsOpen where the customer has a newer open one."""
    row = claim(conversation, by=by)
    if row.status != ConversationStatus.ENDED:
        return row
    if Conversation.objects.open().filter(contact=row.contact_id).exists():
        raise AnotherIsOpen
    row.status, row.ended_at = ConversationStatus.PENDING, None
    take(row, by)
    return saved(row)


def mark_read(conversation: Conversation) -> bool:
    """Nothing in it is unread any more; whether anything was."""
    unread = Conversation.objects.filter(pk=conversation.pk, unread__gt=0)
    if not unread.update(unread=0):
        return False
    publish(conversation.tenant_id, "inbox")
    return True


def claim(conversation: Conversation, *, by: Member) -> Conversation:
    """The row as it is now, locked, for one who may answer in it. Raises NotAllowed, or NotFound if unseen.

    The contact is locked first, as everywhere, so that nobody opens another conversation meanwhile.
    """
    by.require(Permission.REPLY)
    list(Contact.objects.select_for_update(no_key=True).filter(pk=conversation.contact_id).values("pk"))
    rows = Conversation.objects.visible_to(by).select_for_update(no_key=True, of=("self",))
    row = rows.select_related("contact", "channel", "customer").filter(pk=conversation.pk).first()
    if row is None:
        raise NotFound
    return row


def take(conversation: Conversation, by: Member) -> None:
    """The first answer or *Join* makes it mine and in progress; a colleague's stays theirs."""
    if conversation.assignee_id is None:
        conversation.assignee = by
    conversation.status = ConversationStatus.IN_PROGRESS


def saved(conversation: Conversation) -> Conversation:
    """Save what members change, and tell the open pages."""
    conversation.save(
        update_fields=[
            "assignee",
            "status",
            "ended_at",
            "unread",
            "last_message_at",
            "last_message_text",
            "last_message_author",
            "last_message_kind",
        ]
    )
    publish(conversation.tenant_id, "inbox")
    publish(conversation.tenant_id, f"conversation-{conversation.number}")
    return conversation
