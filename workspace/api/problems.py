"""Every error of the API as a problem document (RFC 9457), in the caller's language.

`{"type", "title", "status", "detail", "code", "errors"}`: `code` is stable and meant for programs, `title`
and `detail` for people; `errors` has one `{"field", "code", "detail"}` per faulty field, with dotted paths.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from typing import Any

from django.core.exceptions import PermissionDenied, RequestDataTooBig, SuspiciousOperation
from django.core.signals import got_request_exception
from django.http import Http404
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from rest_framework import exceptions
from rest_framework.response import Response

from billing.errors import InsufficientCredit
from campaigns.errors import AccountConflict
from channels.direct import BudgetExceeded
from tenants.errors import DomainError, Invalid, NotAllowed, NotFound

logger = logging.getLogger(__name__)

CONTENT_TYPE = "application/problem+json"

TITLES = {
    400: gettext_lazy("The request is not valid"),
    401: gettext_lazy("No valid API token"),
    402: gettext_lazy("Not enough credit"),
    403: gettext_lazy("Not allowed"),
    404: gettext_lazy("Not found"),
    405: gettext_lazy("Method not allowed"),
    406: gettext_lazy("Not acceptable"),
    409: gettext_lazy("Not possible in this state"),
    413: gettext_lazy("The request is too large"),
    415: gettext_lazy("Media type not supported"),
    422: gettext_lazy("The request cannot be processed"),
    429: gettext_lazy("Too many requests"),
    500: gettext_lazy("Something went wrong on our side"),
    503: gettext_lazy("Not available at the moment"),
}


def problem(
    status: int,
    code: str,
    detail: str,
    *,
    errors: list[dict[str, str]] | None = None,
    headers: Mapping[str, str] | None = None,
    **members: Any,
) -> Response:
    """A problem document. `members` are further keys, such as the shortfall of a 402."""
    body = {
        "type": f"urn:broadcaster:problem:{code}",
        "title": str(TITLES.get(status, TITLES[400])),
        "status": status,
        "detail": detail,
        "code": code,
        "errors": errors or [],
        **members,
    }
    return Response(body, status=status, headers=dict(headers or {}), content_type=CONTENT_TYPE)


def answer_problem(error: Exception, context: Mapping[str, Any]) -> Response:
    """DRF's exception handler: nothing that a view raises leaves as anything but a problem document."""
    if isinstance(error, DomainError):
        return _of_domain(error)
    if isinstance(error, exceptions.APIException):
        return _of_framework(error)
    if isinstance(error, Http404):
        return _of_domain(NotFound())
    if isinstance(error, PermissionDenied):
        return _of_domain(NotAllowed())
    if isinstance(error, RequestDataTooBig):
        return problem(413, "too_large", _("The request is larger than this address accepts."))
    if isinstance(error, SuspiciousOperation):
        return _of_domain(Invalid(gettext_lazy("The request could not be read.")))
    return _of_fault(error, context)


def _of_domain(error: DomainError) -> Response:
    members: dict[str, Any] = {}
    if isinstance(error, InsufficientCredit | BudgetExceeded):
        members = {"shortfall": error.shortfall, "currency": error.currency}
    elif isinstance(error, AccountConflict):
        members = {"accounts": [asdict(account) for account in error.accounts]}
    errors = [{key: str(value) for key, value in entry.items()} for entry in error.errors]
    return problem(error.status, error.code, str(error.message), errors=errors, **members)


def _of_framework(error: exceptions.APIException) -> Response:
    headers: dict[str, str] = {}
    if challenge := getattr(error, "auth_header", None):
        headers["WWW-Authenticate"] = challenge
    if isinstance(error, exceptions.Throttled):
        headers["Retry-After"] = str(max(1, int(getattr(error, "wait", None) or 1)))
        detail = _("You have sent too many requests. Wait %(seconds)s seconds, then go on.")
        return problem(429, "rate_limited", detail % {"seconds": headers["Retry-After"]}, headers=headers)
    if isinstance(error, exceptions.ValidationError):
        return problem(400, "invalid", str(Invalid.message), errors=list(_field_errors(error.detail)))
    if isinstance(error, exceptions.NotAuthenticated):
        detail = _("Send your API token with the request, as “Authorization: Bearer …”.")
        return problem(401, "not_authenticated", detail, headers=headers)
    code = _CODES.get(error.default_code, error.default_code)
    if isinstance(error, exceptions.PermissionDenied):
        return _of_domain(NotAllowed())
    if isinstance(error, exceptions.NotFound):
        return _of_domain(NotFound())
    return problem(error.status_code, code, str(error.detail), headers=headers)


_CODES = {"authentication_failed": "not_authenticated", "error": "internal_error"}


def _field_errors(detail: Any, path: str = "") -> Iterator[dict[str, str]]:
    """DRF's nested error details as a flat list."""
    if isinstance(detail, Mapping):
        for key, value in detail.items():
            inner = path if key == "non_field_errors" else f"{path}.{key}".lstrip(".")
            yield from _field_errors(value, inner)
    elif isinstance(detail, list):
        for position, value in enumerate(detail):
            nested = isinstance(value, (Mapping, list))
            yield from _field_errors(value, f"{path}.{position}".lstrip(".") if nested else path)
    else:
        yield {"field": path, "code": getattr(detail, "code", "invalid"), "detail": str(detail)}


def _of_fault(error: Exception, context: Mapping[str, Any]) -> Response:
    """Our own fault: logged with its traceback, and told without details."""
    request = context.get("request")
    got_request_exception.send(sender=type(context.get("view")), request=request)
    logger.error("api request failed", exc_info=error)
    return problem(
        500, "internal_error", _("This is our fault, and it has been recorded. Please try again later.")
    )
