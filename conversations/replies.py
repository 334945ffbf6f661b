"""Answering a customer: allowed or not, and why; the message is written here and sent by `outbox`."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple

from django.core.files.base import File
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from billing.prices import SERVICE
from channels.adapters import ADAPTERS
from channels.adapters.base import ChannelKind, ChannelSpec, Idempotency, PartKind
from channels.media import problems_for, store_upload
from channels.models import Media
from conversations import charges, windows
from conversations.errors import (
    ChannelOff,
    ContactBlocked,
    ConversationEnded,
    InvalidTemplateMessage,
    TemplateSent,
    WindowClosed,
)
from conversations.filled import Filled
from conversations.models import (
    Author,
    Conversation,
    ConversationStatus,
    Direction,
    Message,
    MessageStatus,
    OptOutSource,
    new_opaque_id,
)
from conversations.services import claim, saved, take
from conversations.tasks import send_replies
from conversations.templates import awaits_answer, fill, require_wanted, template_faults
from templates_app.models import Template
from tenants.doorbell import ring_on_commit
from tenants.errors import DomainError, Invalid, WrongStatus
from tenants.models import Member
from tenants.roles import Permission


class Refusal(NamedTuple):
    """Why nothing can be written now, as the reply box says it; `code` is stable."""

    code: str
    message: str


def refusal_of(conversation: Conversation, now: datetime) -> Refusal | None:
    """Why a reply would be refused at `now`; None where it may go. Uses contact and channel of the row."""
    error = _obstacle(conversation, now)
    return None if error is None else Refusal(error.code, str(error.message))


def take_file(conversation: Conversation, file: File[bytes], *, by: Member) -> Media:
    """Keep a file that is to be sent in this conversation. Raises the errors of `store_upload`, or Invalid naming
    the channel's rule that it breaks; then nothing is kept."""
    by.require(Permission.REPLY)
    media = store_upload(file, by=by)
    if problems := problems_for(media, _spec(conversation.channel.kind)):
        media.file.delete(save=False)
        media.preview.delete(save=False)
        media.delete()
        raise Invalid(" ".join(problem.text for problem in problems))
    return media


@transaction.atomic
def send_again(message: Message, *, by: Member) -> Message:
    """Send a member's reply anew that is proved not to have arrived, once. One in doubt is never sent again.

    Raises WrongStatus where it did not fail or went again already, and the errors of `send_reply`.
    """
    row = claim(message.conversation, by=by)
    failed = Message.objects.select_for_update(of=("self",)).select_related("media", "template")
    found = failed.filter(pk=message.pk, author=Author.MEMBER, status=MessageStatus.FAILED).first()
    if found is None or Message.objects.filter(repeats=found).exists():
        raise WrongStatus(_("This message has been sent again already, or may have arrived after all."))
    if found.template is not None and found.filled is not None:
        filled = Filled.read(found.filled)
        return send_template(
            row,
            by=by,
            template=found.template,
            values=filled.values,
            media=found.media,
            place=filled.place,
            test=found.test,
            repeats=found,
        )
    return send_reply(row, by=by, text=found.text, media=found.media, test=found.test, repeats=found)


@transaction.atomic
def send_reply(
    conversation: Conversation,
    *,
    by: Member,
    text: str = "",
    media: Media | None = None,
    test: bool = False,
    repeats: Message | None = None,
) -> Message:
    """Write a reply that leaves at once: a text, or a file with a caption where the channel has captions.

    The first reply makes a pending conversation in progress and `by`'s. `test` marks a trial; `repeats` is the failed
    one it stands for.
    What it can cost is held back until the provider tells. Raises NotAllowed, NotFound if unseen, ConversationEnded,
    ChannelOff, ContactBlocked, WindowClosed, InsufficientCredit and the like (`charges.hold_for`), or Invalid for what
    the channel does not take. Nothing is written then.
    """
    row = claim(conversation, by=by)
    now = timezone.now()
    if (error := _obstacle(row, now)) is not None:
        raise error
    text = text.replace("\r\n", "\n").strip()
    _check_content(row.channel.kind, text, media)
    kind = media.kind if media else PartKind.TEXT
    return _write(row, by, now, kind=kind, text=text, media=media, test=test, repeats=repeats)


@transaction.atomic
def send_template(
    conversation: Conversation,
    *,
    by: Member,
    template: Template,
    values: Mapping[str, str],
    media: Media | None = None,
    place: Mapping[str, Any] | None = None,
    test: bool = False,
    repeats: Message | None = None,
) -> Message:
    """Write a template that leaves at once, whatever the reply window. `values` by its parameters' names, may hold
    variables; `media` or `place` (`templates_app.wording.read_place`) fill its header; `test` marks a trial.

    Raises as `send_reply` but for the window, InvalidTemplateMessage naming what Meta would refuse, ContactOptedOut.
    """
    row = claim(conversation, by=by)
    now = timezone.now()
    if (error := _barrier(row, charges.category_of(template))) is not None:
        raise error
    if faults := template_faults(row, template, values, media, place):
        raise InvalidTemplateMessage(errors=faults)
    require_wanted(row.contact, template)
    filled = fill(row, template, values, place)
    kept = {"template": template, "filled": filled.as_json(), "test": test, "repeats": repeats}
    return _write(row, by, now, kind=PartKind.TEMPLATE, text=filled.text, media=media, **kept)


def _write(row: Conversation, by: Member, now: datetime, **content: Any) -> Message:
    """Write down what leaves at once, in the conversation that was claimed for it."""
    message = Message.objects.create(
        tenant_id=row.tenant_id,
        conversation=row,
        contact_id=row.contact_id,
        direction=Direction.OUT,
        author=Author.MEMBER,
        member=by,
        opaque_id=new_opaque_id(),
        retry_key=uuid.uuid4() if _spec(row.channel.kind).idempotency is Idempotency.RETRY_KEY else None,
        status=MessageStatus.WAITING,
        due_at=now,
        at=now,
        **content,
    )
    charges.hold_for(message, row.channel, row.contact, charges.category_of(message.template))
    row.note_last(message.text, author=Author.MEMBER, kind=message.kind, at=now)
    row.unread = 0
    take(row, by)
    saved(row)
    ring_on_commit(send_replies)
    return message


def _obstacle(conversation: Conversation, now: datetime) -> DomainError | None:
    if (error := _barrier(conversation)) is not None:
        return error
    if windows.is_open_to_members(conversation.contact, conversation.channel, now):
        return None
    return TemplateSent() if awaits_answer(conversation.contact) else WindowClosed()


def _barrier(conversation: Conversation, category: str = SERVICE) -> DomainError | None:
    """What holds up everything, a template too; `category` is that of the price list."""
    if conversation.status == ConversationStatus.ENDED:
        return ConversationEnded()
    if not conversation.channel.usable or ChannelKind(conversation.channel.kind) not in ADAPTERS:
        return ChannelOff()
    if conversation.contact.opt_out_source == OptOutSource.BLOCKED:
        return ContactBlocked()
    return charges.obstacle(conversation.channel, conversation.contact, category)


def _check_content(kind: str, text: str, media: Media | None) -> None:
    adapter, spec = ADAPTERS[ChannelKind(kind)], _spec(kind)
    if media is None:
        if not text:
            raise Invalid(_("There is nothing to send yet. Write something first."))
        longest = spec.max_text
    else:
        if problems := problems_for(media, spec):
            raise Invalid(" ".join(problem.text for problem in problems))
        longest = spec.max_caption
    length = adapter.text_length(text)
    if length > longest:
        found = {"length": length, "max": longest, "channel": spec.label}
        raise Invalid(_("The text is too long for %(channel)s: %(length)s of %(max)s characters.") % found)


def _spec(kind: str) -> ChannelSpec:
    return ADAPTERS[ChannelKind(kind)].spec
