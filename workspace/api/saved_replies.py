"""Saved replies: the team's and the caller's own."""

from __future__ import annotations

from typing import Any

from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from conversations.models import SavedReply
from conversations.saved_replies import (
    LONGEST_SHORTCUT,
    LONGEST_TEXT,
    LONGEST_TITLE,
    Draft,
    change_saved_reply,
    create_saved_reply,
    delete_saved_reply,
)
from tenants.errors import Invalid
from tenants.models import Member
from tenants.roles import Permission
from workspace.api.base import ApiView
from workspace.api.idempotency import idempotent
from workspace.api.pages import page
from workspace.api.schema import PAGE_PARAMETERS, page_of
from workspace.api.shapes import Instant, MediaSerializer, existing, media_with

PARAMETERS = {"q", "cursor", "limit"}


class SavedReplySerializer(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    title = serializers.CharField()
    shortcut = serializers.CharField(help_text="typed after a slash; may be empty")
    text = serializers.CharField(help_text="may hold variables: {{ name|fallback }}")
    media = MediaSerializer(allow_null=True)
    team = serializers.SerializerMethodField(help_text="true: everybody's; false: only the caller's")
    created_at = Instant()
    updated_at = Instant()

    def get_team(self, reply: SavedReply) -> bool:
        return reply.owner_id is None


class SavedReplyWriteSerializer(serializers.Serializer[Any]):
    """A text, a file or both. `team` needs the right `manage_saved_replies`."""

    title = serializers.CharField(max_length=LONGEST_TITLE)
    shortcut = serializers.CharField(
        max_length=LONGEST_SHORTCUT, required=False, allow_blank=True, default=""
    )
    text = serializers.CharField(
        max_length=LONGEST_TEXT, required=False, allow_blank=True, default="", trim_whitespace=False
    )
    media = serializers.CharField(
        required=False, allow_null=True, default=None, help_text="id of an uploaded file"
    )
    team = serializers.BooleanField(required=False, default=False)


class SavedReplyChangeSerializer(SavedReplyWriteSerializer):
    """What is left out stays as it is."""

    title = serializers.CharField(max_length=LONGEST_TITLE, required=False)


class SavedReplies(ApiView):
    requires = {"GET": Permission.REPLY, "POST": Permission.REPLY}

    @extend_schema(
        operation_id="list_saved_replies",
        parameters=[
            OpenApiParameter("q", str, description="part of title, shortcut or text"),
            *PAGE_PARAMETERS,
        ],
        responses=page_of(SavedReplySerializer),
    )
    def get(self, request: Request) -> Response:
        """The team's and the caller's own, the newest first. Unknown parameters are refused."""
        if unknown := sorted(request.query_params.keys() - PARAMETERS):
            detail = _("No such filter.")
            raise Invalid(
                errors=[{"field": name, "code": "unknown_filter", "detail": detail} for name in unknown]
            )
        q = request.query_params.get("q", "").replace("\x00", "")
        rows = _visible_to(self.member).matching(q)
        return Response(page(request, rows, order=("id",), descending=True, shape=SavedReplySerializer))

    @extend_schema(
        operation_id="create_saved_reply",
        request={"application/json": SavedReplyWriteSerializer},
        responses={201: SavedReplySerializer},
    )
    @idempotent
    def post(self, request: Request) -> Response:
        """Keep a new one."""
        asked = SavedReplyWriteSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        reply = create_saved_reply(self.member, _draft(asked.validated_data))
        return Response(SavedReplySerializer(reply).data, status=201)


class SavedReplyDetail(ApiView):
    requires = {"GET": Permission.REPLY, "PATCH": Permission.REPLY, "DELETE": Permission.REPLY}

    @extend_schema(operation_id="get_saved_reply", responses=SavedReplySerializer)
    def get(self, request: Request, saved_reply: int) -> Response:
        """One of them."""
        return Response(SavedReplySerializer(_find(self.member, saved_reply)).data)

    @extend_schema(
        operation_id="change_saved_reply",
        request={"application/json": SavedReplyChangeSerializer},
        responses=SavedReplySerializer,
    )
    def patch(self, request: Request, saved_reply: int) -> Response:
        """Change what is named; `"media": null` takes the file away."""
        reply = _find(self.member, saved_reply)
        asked = SavedReplyChangeSerializer(data=request.data, partial=True)
        asked.is_valid(raise_exception=True)
        changed = change_saved_reply(reply, self.member, _draft(_values(reply) | asked.validated_data))
        return Response(SavedReplySerializer(changed).data)

    @extend_schema(operation_id="delete_saved_reply", responses={204: None})
    def delete(self, request: Request, saved_reply: int) -> Response:
        """It is offered no more; what it was used in stays."""
        delete_saved_reply(_find(self.member, saved_reply), self.member)
        return Response(status=204)


def _visible_to(member: Member) -> Any:
    return SavedReply.objects.visible_to(member).select_related("media")


def _find(member: Member, pk: int) -> SavedReply:
    reply: SavedReply = get_object_or_404(_visible_to(member), pk=existing(pk))
    return reply


def _values(reply: SavedReply) -> dict[str, Any]:
    return {
        "title": reply.title,
        "shortcut": reply.shortcut,
        "text": reply.text,
        "media": reply.media.key if reply.media else None,
        "team": reply.owner_id is None,
    }


def _draft(values: dict[str, Any]) -> Draft:
    return Draft(**values | {"media": media_with(values["media"])})
