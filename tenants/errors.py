"""Errors a person can meet, whatever the app: each has a stable code and a message in their language."""

from __future__ import annotations

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


class DomainError(Exception):
    """What must not go on. Pages show `message`; the API answers `status` with `code` as a problem document.

    `errors`: one dict per faulty field, `{"field", "code", "detail"}`.
    """

    code = "error"
    status = 400
    message: str | Promise = _("That did not work. Nothing was changed.")

    def __init__(
        self, message: str | Promise | None = None, *, errors: list[dict[str, str]] | None = None
    ) -> None:
        if message is not None:
            self.message = message
        self.errors = errors or []
        super().__init__(str(self.message))


class NotAllowed(DomainError):
    code = "not_allowed"
    status = 403
    message = _("Your role does not allow this. Ask an administrator of your team.")


class PlanRequired(DomainError):
    code = "plan_required"
    status = 403
    message = _("Broadcasts are part of the OMO plan. Ask the owner of your team to upgrade.")


class NotFound(DomainError):
    code = "not_found"
    status = 404
    message = _("This does not exist, or you may not see it.")


class WrongStatus(DomainError):
    code = "wrong_status"
    status = 409
    message = _("This is no longer possible in its present state.")


class Invalid(DomainError):
    code = "invalid"
    status = 400
    message = _("Please correct the marked fields.")


class LastOwner(DomainError):
    code = "last_owner"
    status = 409
    message = _("A team needs an owner. Make someone else an owner first; nothing was changed.")
