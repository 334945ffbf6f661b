"""Why a conversation does not take what a member wanted to do."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from tenants.errors import DomainError, WrongStatus


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


class ContactBlocked(DomainError):
    code = "contact_blocked"
    status = 409
    message = _("The customer has blocked this account, so nothing can be delivered.")


class ChannelOff(DomainError):
    code = "channel_off"
    status = 409
    message = _("This channel is switched off or disconnected. Nothing was sent; your text is kept.")
