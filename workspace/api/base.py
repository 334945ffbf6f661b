"""What every address of the API has in common."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import ExitStack
from typing import Any, ClassVar, cast

import structlog
from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils import timezone, translation
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from tenants import audit
from tenants.errors import NotAllowed, NotFound
from tenants.models import ApiToken, Member
from tenants.roles import Permission
from tenants.scopes import tenant_scope


class ApiView(APIView):
    """An address of the API: authenticated, inside its member's tenant scope, refused unless allowed.

    `requires` names the permission of each method; a method that is not named is refused to everybody.
    Everything a subclass does, and the answer to what it raises, happens in the caller's language.
    """

    requires: ClassVar[Mapping[str, Permission | None]] = {}
    scopes: ExitStack

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        with ExitStack() as self.scopes:
            self.scopes.enter_context(translation.override(translation.get_language_from_request(request)))
            return super().dispatch(request, *args, **kwargs)

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        form = (request.content_type or "").startswith(
            "multipart/"
        )  # its files are measured where they are taken
        if not form and _size_of(request) > (settings.DATA_UPLOAD_MAX_MEMORY_SIZE or 0):
            raise RequestDataTooBig

    def perform_authentication(self, request: Request) -> None:
        super().perform_authentication(request)
        if request.auth is None:
            return
        self.scopes.enter_context(tenant_scope(self.member.tenant))
        self.scopes.enter_context(timezone.override(self.member.tenant.zone))
        self.scopes.enter_context(audit.coming_from(request.META.get("REMOTE_ADDR")))
        language = self.member.user.language
        if language and "HTTP_ACCEPT_LANGUAGE" not in request.META:
            self.scopes.enter_context(translation.override(language))

    def check_permissions(self, request: Request) -> None:
        super().check_permissions(request)
        method = "GET" if request.method == "HEAD" else str(request.method)
        if method == "OPTIONS" or method.lower() not in dir(self):
            return
        if method not in self.requires:
            raise NotAllowed
        if (permission := self.requires[method]) is not None:
            self.member.require(permission)

    def finalize_response(self, request: Request, response: Response, *args: Any, **kwargs: Any) -> Response:
        final = super().finalize_response(request, response, *args, **kwargs)
        final.headers["Content-Language"] = translation.get_language() or "en"
        final.headers["Cache-Control"] = "no-store"
        if request_id := structlog.contextvars.get_contextvars().get("request_id"):
            final.headers["X-Request-ID"] = str(request_id)
        return final

    @property
    def member(self) -> Member:
        """Who acts: the token's member, with no more rights than the token has."""
        return cast(ApiToken, self.request.auth).acting_member()


def _size_of(request: Request) -> int:
    length = request.META.get("CONTENT_LENGTH") or "0"
    return int(length) if length.isdecimal() else 0


class UnknownAddress(ApiView):
    """Whatever else is asked for under `/api/`: a problem document too."""

    permission_classes = []
    throttle_classes = []

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        raise NotFound
