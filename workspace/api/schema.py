"""The OpenAPI document at `/api/schema/`, and the page that shows it."""

from __future__ import annotations

from typing import Any

from django.utils.decorators import method_decorator
from django.views.decorators.cache import cache_control
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.utils import OpenApiParameter, inline_serializer
from drf_spectacular.views import SpectacularJSONAPIView, SpectacularSwaggerSplitView
from rest_framework import serializers

from workspace.api.idempotency import MAX_KEY
from workspace.api.pages import DEFAULT_LIMIT, MAX_LIMIT
from workspace.api.problems import CONTENT_TYPE


class BearerScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]
    target_class = "workspace.api.authentication.BearerAuthentication"
    name = "token"

    def get_security_definition(self, auto_schema: Any) -> dict[str, Any]:
        return {"type": "http", "scheme": "bearer", "description": "A token from Settings → API tokens."}


PROBLEM: dict[str, Any] = {
    "type": "object",
    "description": "RFC 9457. `code` is stable; the texts are in the caller's language.",
    "required": ["type", "title", "status", "detail", "code", "errors"],
    "properties": {
        "type": {"type": "string", "format": "uri"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "code": {"type": "string"},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["field", "code", "detail"],
                "properties": {name: {"type": "string"} for name in ("field", "code", "detail")},
            },
        },
        "shortfall": {"type": "integer", "description": "402: what is missing, millionths of `currency`"},
        "currency": {"type": "string"},
    },
}
IDEMPOTENCY_KEY: dict[str, Any] = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "description": "The same key and body within 24 hours get the first answer again; nothing is done twice.",
    "schema": {"type": "string", "minLength": 1, "maxLength": MAX_KEY, "pattern": "^[!-~]+$"},
}
LANGUAGE: dict[str, Any] = {
    "name": "Accept-Language",
    "in": "header",
    "required": False,
    "description": "en, zh-Hant or zh-Hans",
    "schema": {"type": "string"},
}


def describe_conventions(result: dict[str, Any], **kwargs: Any) -> dict[str, Any]:
    """What holds for every operation: problem documents, the language header, keys on POST."""
    result.setdefault("components", {}).setdefault("schemas", {})["Problem"] = PROBLEM
    answer = {
        "description": "A problem document",
        "content": {CONTENT_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
    }
    for path, operations in result["paths"].items():
        if not path.startswith("/api/v1/"):
            continue
        for method, operation in operations.items():
            operation["responses"]["default"] = answer
            operation.setdefault("parameters", []).append(LANGUAGE)
            if method == "post":
                operation["parameters"].append(IDEMPOTENCY_KEY)
    return result


PAGE_PARAMETERS = [
    OpenApiParameter(
        "limit", {"type": "integer", "minimum": 1, "maximum": MAX_LIMIT, "default": DEFAULT_LIMIT}
    ),
    OpenApiParameter("cursor", str, description="from `next` or `previous`"),
]


def page_of(row: type[serializers.BaseSerializer[Any]]) -> serializers.Serializer[Any]:
    """The shape of a cursor page of `row`, for the document."""
    return inline_serializer(
        name=f"{row.__name__.removesuffix('Serializer')}Page",
        fields={
            "results": row(many=True),
            "next": serializers.URLField(allow_null=True),
            "previous": serializers.URLField(allow_null=True),
        },
    )


@method_decorator(cache_control(max_age=300), name="dispatch")
class Document(SpectacularJSONAPIView):
    """The OpenAPI document, in JSON; anyone may read it."""


class DocumentPage(SpectacularSwaggerSplitView):
    """The document as a page to read and try. Scripts and styles come from our own origin only."""

    url_name = "api:schema"
    template_name = "workspace/api_reference.html"
