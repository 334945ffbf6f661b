"""Why a conversation does not take what a member wanted to do."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from tenants.errors import DomainError, Invalid, WrongStatus


class ConversationEnded(WrongStatus):
    code = "conversation_ended"
    message = _("This conversation has ended. Reopen it to write again.")


class AnotherIsOpen(WrongStatus):
    code = "another_is_open"
    message = _("This customer already has an open conversation. Go on there.")


class WindowClosed(DomainError):
    code = "window_closed"
    status = 409
    message = _(
        "The reply window is closed: the customer last wrote too long ago. "
        "You can write again as soon as the customer answers."
    )


class TemplateSent(WindowClosed):
    code = "template_sent"
    message = _(
        "Template sent, waiting for an answer. You can write again as soon as the customer answers or taps a button."
    )


class ContactOptedOut(DomainError):
    code = "opted_out"
    status = 409
    message = _(
        "The customer does not want marketing messages, and this template is one. Nothing was sent;"
        " choose a template of the category Utility, or wait until the customer writes."
    )


class ContactBlocked(DomainError):
    code = "contact_blocked"
    status = 409
    message = _("The customer has blocked this account, so nothing can be delivered.")


class ChannelOff(DomainError):
    code = "channel_off"
    status = 409
    message = _("This channel is switched off or disconnected. Nothing was sent; your text is kept.")


class InvalidTemplateMessage(Invalid):
    code = "invalid_template_message"
    message = _("The template was not sent. Please correct what is marked.")
