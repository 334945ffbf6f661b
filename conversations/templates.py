"""A WhatsApp template to one customer, which the closed reply window does not hold up (S0-14, D-6).

It invites: free text becomes possible once the customer answers or taps a button.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from django.utils.translation import gettext as _

from channels.adapters.base import PartKind
from channels.models import Media
from conversations.errors import ContactOptedOut
from conversations.filled import Filled
from conversations.hooks import hooks
from conversations.models import Contact, Conversation, Direction, Message, MessageStatus
from conversations.variables import LABELS, render_line, values_of, variables_in
from templates_app.filling import Fault, header_of, state_faults, value_faults
from templates_app.lifecycle import Category
from templates_app.models import Template
from templates_app.wording import Wording


def fill(
    conversation: Conversation, template: Template, values: Mapping[str, str], place: Mapping[str, Any] | None
) -> Filled:
    """The template as this customer would read it; `values` may hold variables."""
    known = values_of(conversation)
    lines = {name: render_line(text, known) for name, text in values.items()}
    return Filled(Wording.of(template), lines, place)


def template_faults(
    conversation: Conversation,
    template: Template,
    values: Mapping[str, str],
    media: Media | None = None,
    place: Mapping[str, Any] | None = None,
) -> list[Fault]:
    """Why the template cannot be sent here as it is filled in; empty where it can."""
    if conversation.channel.whatsapp_account_id != template.account_id:
        detail = _("This template belongs to another WhatsApp account than the customer's number.")
        return [{"field": "template", "code": "other_account", "detail": detail}]
    header, faults = header_of(media, place)
    filled = fill(conversation, template, values, place)
    said = {entry["field"] for entry in faults}
    return [
        *state_faults(template),
        *faults,
        *variable_faults(values),
        *value_faults(template, filled.values, header, but=said),
    ]


def variable_faults(values: Mapping[str, str]) -> Iterator[Fault]:
    """Variables in the values that do not exist."""
    for name, text in values.items():
        for variable in variables_in([text]):
            if variable not in LABELS:
                detail = _("There is no variable “%(name)s”.") % {"name": variable}
                yield {"field": f"template.parameters.{name}", "code": "unknown_variable", "detail": detail}


def require_wanted(contact: Contact, template: Template) -> None:
    """Raises ContactOptedOut: whoever stopped marketing gets none, one by one neither."""
    if template.category == Category.MARKETING and contact.opted_out_at is not None:
        raise ContactOptedOut


def awaits_answer(contact: Contact) -> bool:
    """Whether a template has been sent since the customer last wrote, and may still arrive."""
    sent = Message.objects.filter(contact=contact, direction=Direction.OUT, kind=PartKind.TEMPLATE)
    if contact.last_inbound_at is not None:
        sent = sent.filter(at__gt=contact.last_inbound_at)
    return sent.exclude(status=MessageStatus.FAILED).exists() or hooks.template_broadcast(contact)
