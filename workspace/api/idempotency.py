"""`Idempotency-Key`: a POST that is sent again is answered again, not done again.

The key is claimed in its own transaction; then the work and its stored answer commit together, under the
claim's row lock. So a process that dies leaves either both or neither, and its key can be taken up again.
Answers that are errors changed nothing and are not kept: the same request may succeed later.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from datetime import timedelta
from functools import wraps
from typing import Any, Concatenate, ParamSpec, TypeVar, cast

from django.core.files.uploadedfile import UploadedFile
from django.db import OperationalError, transaction
from django.http import QueryDict
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from rest_framework.renderers import JSONRenderer
from rest_framework.request import Request
from rest_framework.response import Response

from tenants.errors import DomainError, Invalid
from tenants.models import IdempotentRequest
from workspace.api.base import ApiView

KEPT_FOR = timedelta(hours=24)
MAX_KEY = 255

V = TypeVar("V", bound=ApiView)
P = ParamSpec("P")


class IdempotencyKeyReused(DomainError):
    code = "idempotency_key_reused"
    status = 422
    message = _("This Idempotency-Key was used with another request. Nothing was done; use a new key.")


class IdempotencyInProgress(DomainError):
    code = "idempotency_in_progress"
    status = 409
    message = _(
        "The first request with this Idempotency-Key is still being worked on. Ask again in a moment."
    )


def idempotent(
    post: Callable[Concatenate[V, Request, P], Response],
) -> Callable[Concatenate[V, Request, P], Response]:
    """Honour the `Idempotency-Key` header of a view's POST. Without the header, nothing changes."""

    @wraps(post)
    def once(view: V, request: Request, /, *args: P.args, **kwargs: P.kwargs) -> Response:
        key = request.headers.get("Idempotency-Key")
        if key is None:
            return post(view, request, *args, **kwargs)
        if not 0 < len(key) <= MAX_KEY or not key.isascii() or not key.isprintable():
            raise Invalid(_("The Idempotency-Key must have between 1 and 255 visible characters."))
        fingerprint = fingerprint_of(request)
        _claim(view, key, fingerprint)
        with transaction.atomic():
            claim = _locked(view, key)
            if claim.fingerprint != fingerprint:
                raise IdempotencyKeyReused
            if claim.status is not None:
                return Response(claim.body, status=claim.status, headers={"Idempotency-Replayed": "true"})
            response = post(view, request, *args, **kwargs)
            claim.status = response.status_code
            claim.body = json.loads(JSONRenderer().render(response.data) or b"null")
            claim.save(update_fields=["status", "body"])
            return response

    once.is_idempotent = True  # type: ignore[attr-defined]
    return once


def _claim(view: ApiView, key: str, fingerprint: str) -> None:
    mine = IdempotentRequest.objects.filter(member=view.member)
    mine.filter(created_at__lt=timezone.now() - KEPT_FOR).delete()
    claim = IdempotentRequest(tenant=view.member.tenant, member=view.member, key=key, fingerprint=fingerprint)
    IdempotentRequest.objects.bulk_create([claim], ignore_conflicts=True)


def _locked(view: ApiView, key: str) -> IdempotentRequest:
    try:
        return IdempotentRequest.objects.select_for_update(nowait=True).get(member=view.member, key=key)
    except OperationalError as busy:
        raise IdempotencyInProgress from busy


def fingerprint_of(request: Request) -> str:
    """SHA-256 of what was asked: method, address and body. Of a form, its fields and files in order of name,
    because its boundary differs every time."""
    digest = hashlib.sha256(f"{request.method} {request.get_full_path()}\n".encode())
    if not (request.content_type or "").startswith("multipart/"):
        digest.update(request._request.body)
        return digest.hexdigest()
    form = cast(QueryDict, request.data)
    for name in sorted(form):
        for value in form.getlist(name):
            digest.update(json.dumps([name, *_described(value)]).encode())
    return digest.hexdigest()


def _described(value: Any) -> list[str]:
    if not isinstance(value, UploadedFile):
        return [str(value)]
    content = hashlib.sha256()
    for chunk in value.chunks():
        content.update(chunk)
    value.seek(0)
    return [value.name or "", content.hexdigest()]
