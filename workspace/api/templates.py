"""Message templates: list, write, submit, delete, read anew from WhatsApp."""

from __future__ import annotations

from typing import Any

from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from channels.adapters.parsing import Malformed
from channels.models import Media, WhatsAppAccount
from templates_app.content import Content, Place, read_content
from templates_app.languages import LANGUAGES
from templates_app.lifecycle import Category, Quality, Status
from templates_app.models import Template
from templates_app.rules import CATEGORIES
from templates_app.services import create_draft, problems_of, request_sync, save_edit
from templates_app.submitting import delete, submit
from tenants.errors import Invalid, NotFound
from tenants.roles import Permission
from workspace.api.base import ApiView
from workspace.api.idempotency import idempotent
from workspace.api.pages import page
from workspace.api.schema import PAGE_PARAMETERS, page_of
from workspace.api.shapes import MAX_NUMBER, Instant, existing


class AccountRefSerializer(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    name = serializers.CharField()


class ParameterSerializer(serializers.Serializer[Any]):
    name = serializers.CharField(
        help_text="of numbered ones `1` in the body, `header.1`; `button.0`: by position"
    )
    place = serializers.ChoiceField([place.value for place in Place])
    example = serializers.CharField(allow_blank=True)


class ProblemSerializer(serializers.Serializer[Any]):
    field = serializers.CharField()
    code = serializers.CharField()
    detail = serializers.CharField(source="text")


class TemplateSerializer(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    name = serializers.CharField()
    language = serializers.CharField()
    category = serializers.ChoiceField(Category.values)
    next_category = serializers.CharField(help_text="what Meta will count it as soon; empty: no change")
    status = serializers.ChoiceField(Status.values)
    sendable = serializers.BooleanField(help_text="whether WhatsApp takes a message with it now")
    quality = serializers.ChoiceField(Quality.values)
    account = AccountRefSerializer()
    parameter_format = serializers.SerializerMethodField()
    parameters = ParameterSerializer(many=True, source="content.parameters")
    components = serializers.SerializerMethodField(help_text="what Meta has; of a draft what is written")
    rejected_reason = serializers.CharField(source="reason", help_text="Meta's word for why; may be empty")
    explanation = serializers.CharField(help_text="Meta's own words on it; may be empty")
    edited = serializers.SerializerMethodField(help_text="whether there are changes that were not submitted")
    created_at = Instant()
    updated_at = Instant()

    def get_parameter_format(self, template: Template) -> str:
        return "named" if template.content.named else "positional"

    def get_components(self, template: Template) -> list[dict[str, Any]]:
        shown: list[dict[str, Any]] = template.components
        return shown if template.meta_id else (template.edited or {}).get("components", [])

    def get_edited(self, template: Template) -> bool:
        return template.edited is not None


class TemplateDetailSerializer(TemplateSerializer):
    problems = serializers.SerializerMethodField(
        help_text="what would be refused if what is written were submitted now"
    )

    @extend_schema_field(ProblemSerializer(many=True))
    def get_problems(self, template: Template) -> list[dict[str, str]]:
        return [dict(ProblemSerializer(one).data) for one in problems_of(template)]


class ContentSerializer(serializers.Serializer[Any]):
    """`header_media`: id of an uploaded file, the example of a header of that kind."""

    components = serializers.ListField(
        child=serializers.DictField(), max_length=10, help_text="as Meta's documents write them"
    )
    header_media = serializers.CharField(required=False, allow_null=True)


class TemplateCreateSerializer(ContentSerializer):
    account = serializers.IntegerField(help_text="id of the WhatsApp account")
    name = serializers.CharField(max_length=512)
    language = serializers.ChoiceField(list(LANGUAGES))
    category = serializers.ChoiceField(CATEGORIES)
    parameter_format = serializers.ChoiceField(["named", "positional"], default="named")


class TemplateChangeSerializer(ContentSerializer):
    category = serializers.ChoiceField(CATEGORIES, required=False)


class SyncSerializer(serializers.Serializer[Any]):
    accounts = serializers.IntegerField(help_text="how many accounts are read")


class DeletionSerializer(serializers.Serializer[Any]):
    deleted = serializers.BooleanField(help_text="false: WhatsApp's answer was lost, a sync looks it up")


class TemplateQuerySerializer(serializers.Serializer[Any]):
    status = serializers.ChoiceField(Status.values, required=False)
    category = serializers.ChoiceField(Category.values, required=False)
    language = serializers.CharField(required=False)
    quality = serializers.ChoiceField(Quality.values, required=False)
    account = serializers.IntegerField(required=False, min_value=0, max_value=MAX_NUMBER)
    name = serializers.CharField(required=False)


class Templates(ApiView):
    requires = {"GET": Permission.VIEW_TEMPLATES, "POST": Permission.MANAGE_TEMPLATES}

    @extend_schema(
        operation_id="list_templates",
        parameters=[TemplateQuerySerializer, *PAGE_PARAMETERS],
        responses=page_of(TemplateSerializer),
    )
    def get(self, request: Request) -> Response:
        """The team's templates, the latest first."""
        asked = TemplateQuerySerializer(data=request.query_params.dict())
        asked.is_valid(raise_exception=True)
        rows = Template.objects.present().select_related("account", "header_media")
        rows = rows.filter(**asked.validated_data)
        return Response(page(request, rows, order=("id",), descending=True, shape=TemplateSerializer))

    @extend_schema(
        operation_id="create_template",
        request=TemplateCreateSerializer,
        responses={201: TemplateDetailSerializer},
    )
    @idempotent
    def post(self, request: Request) -> Response:
        """Keep a draft; `problems` says what submitting would be refused for."""
        asked = TemplateCreateSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        data = asked.validated_data
        template = create_draft(
            _account(data["account"]),
            by=self.member,
            name=data["name"],
            language=data["language"],
            category=data["category"],
            content=_content(data["components"], named=data["parameter_format"] == "named"),
            header_media=_media(data.get("header_media")),
        )
        return Response(TemplateDetailSerializer(template).data, status=201)


class TemplateDetail(ApiView):
    requires = {
        "GET": Permission.VIEW_TEMPLATES,
        "PATCH": Permission.MANAGE_TEMPLATES,
        "DELETE": Permission.MANAGE_TEMPLATES,
    }

    @extend_schema(operation_id="get_template", responses=TemplateDetailSerializer)
    def get(self, request: Request, template: int) -> Response:
        """One template."""
        return Response(TemplateDetailSerializer(_find(template)).data)

    @extend_schema(
        operation_id="change_template",
        request={"application/json": TemplateChangeSerializer},
        responses=TemplateDetailSerializer,
    )
    def patch(self, request: Request, template: int) -> Response:
        """Put other words in place of all components. WhatsApp has them once they are submitted."""
        row = _find(template)
        asked = TemplateChangeSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        data = asked.validated_data
        save_edit(
            row,
            by=self.member,
            category=data.get("category") or row.written_category,
            content=_content(data["components"], named=row.written.named),
            header_media=_media(data["header_media"]) if "header_media" in data else row.header_media,
        )
        return Response(TemplateDetailSerializer(row).data)

    @extend_schema(operation_id="delete_template", responses={200: DeletionSerializer})
    def delete(self, request: Request, template: int) -> Response:
        """Delete this language of the name at WhatsApp, or throw a draft away."""
        return Response({"deleted": delete(_find(template), by=self.member)})


class TemplateSubmit(ApiView):
    requires = {"POST": Permission.MANAGE_TEMPLATES}

    @extend_schema(operation_id="submit_template", request=None, responses={202: TemplateDetailSerializer})
    @idempotent
    def post(self, request: Request, template: int) -> Response:
        """Have Meta review what is written. `unconfirmed`: its answer was lost, and a sync looks it up."""
        row = _find(template)
        submit(row, by=self.member)
        return Response(TemplateDetailSerializer(_find(template)).data, status=202)


class TemplateSync(ApiView):
    requires = {"POST": Permission.MANAGE_TEMPLATES}

    @extend_schema(operation_id="sync_templates", request=None, responses={202: SyncSerializer})
    @idempotent
    def post(self, request: Request) -> Response:
        """Read the templates of all accounts from WhatsApp, soon."""
        return Response({"accounts": request_sync(by=self.member)}, status=202)


def _find(number: int) -> Template:
    rows = Template.objects.present().select_related("account", "header_media")
    return get_object_or_404(rows, pk=existing(number))


def _account(number: int) -> WhatsAppAccount:
    found = WhatsAppAccount.objects.filter(pk=number).first() if 0 < number < 2**63 else None
    if found is None:
        raise _fault("account", str(NotFound.message))
    return found


def _content(components: list[Any], *, named: bool) -> Content:
    """Raises Invalid for components that this product does not write, or that are none."""
    try:
        content = read_content(components, named=named)
    except Malformed as error:
        raise _fault(
            "components", _("This is not written as Meta documents it: {error}").format(error=error)
        ) from error
    if content.foreign:
        parts = ", ".join(content.foreign)
        raise _fault(
            "components",
            _("These parts can only be written in WhatsApp Manager: {parts}").format(parts=parts),
        )
    return content


def _media(key: str | None) -> Media | None:
    if not key:
        return None
    found = Media.objects.filter(key=key).first()
    if found is None:
        raise _fault("header_media", str(NotFound.message))
    return found


def _fault(field: str, detail: str) -> Invalid:
    return Invalid(errors=[{"field": field, "code": "invalid", "detail": detail}])
