"""What can be wrong with a channel or a file, in words for the person who meets it."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from tenants.errors import DomainError


class MediaError(DomainError):
    """A file was not taken; nothing of it was kept."""

    code = "media_refused"
    status = 400


class EmptyFile(MediaError):
    code = "media_empty"
    message = _("This file is empty. Nothing was saved; please choose another one.")


class FileTooLarge(MediaError):
    code = "media_too_large"
    status = 413


class TypeNotAllowed(MediaError):
    code = "media_type_not_allowed"
    status = 415


class TypeMismatch(MediaError):
    """The name promises another kind of file than the bytes are."""

    code = "media_type_mismatch"
    status = 415


class TooManyPixels(MediaError):
    code = "media_too_many_pixels"


class ArchiveTooLarge(MediaError):
    code = "media_archive_too_large"
    message = _(
        "This document unpacks to far more than its size, as harmful files do. Nothing was saved; please save it as PDF"
        " and retry."
    )


class CorruptFile(MediaError):
    code = "media_corrupt"
    message = _(
        "This file is damaged or incomplete and cannot be opened. Nothing was saved; please save it again and retry."
    )


class MediaUnavailable(MediaError):
    """The provider does not have, or does not give, what a customer sent."""

    code = "media_unavailable"
    status = 502
    message = _("This file can no longer be fetched from the provider. Ask the customer to send it again.")


class MediaNotReady(MediaError):
    """The provider is still preparing it: ask again."""

    code = "media_not_ready"
    status = 503
    message = _("The provider is still preparing this file. Please try again in a minute.")
