"""What can be wrong with a template, in words for the person who meets it."""

from __future__ import annotations

from collections.abc import Sequence

from django.utils.translation import gettext_lazy as _

from templates_app.rules import Problem
from tenants.errors import DomainError, Invalid


class InvalidTemplate(Invalid):
    """`problems` are all breaches at once."""

    code = "invalid_template"
    message = _("Nothing was submitted. Please correct what is marked.")

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems = list(problems)
        super().__init__(
            errors=[{"field": one.field, "code": one.code, "detail": one.text} for one in problems]
        )


class NameTaken(Invalid):
    code = "template_exists"
    status = 409
    message = _(
        "This account already has a template of this name in this language. Choose another name or language."
    )


class NameRests(Invalid):
    code = "template_name_rests"
    status = 409


class EditTooSoon(DomainError):
    code = "template_edit_limit"
    status = 409


class NotEditable(DomainError):
    code = "template_not_editable"
    status = 409
    message = _("A template cannot be changed in this state. Duplicate it under another name instead.")


class NothingChanged(DomainError):
    code = "template_unchanged"
    status = 409
    message = _("Nothing was changed since it was last submitted.")


class NotDeletable(DomainError):
    code = "template_not_deletable"
    status = 409
    message = _("A template cannot be deleted in this state.")


class NoUsableNumber(DomainError):
    code = "no_usable_number"
    status = 409
    message = _(
        "No number of this WhatsApp account is connected. Connect one under Channels; nothing was changed."
    )


class RefusedByMeta(DomainError):
    """Meta's own explanation stands in the message."""

    code = "template_refused"
    status = 422


class MetaUnavailable(DomainError):
    code = "provider_unavailable"
    status = 503
    message = _("WhatsApp could not be reached. Nothing was changed; please try again in a moment.")
