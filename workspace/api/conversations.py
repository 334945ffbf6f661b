"""Conversations, what was said in them, and replies."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.shortcuts import get_object_or_404
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from campaigns.drafts import TemplateDraft
from campaigns.history import ThreadPart, parts_in_thread
from campaigns.single import send_single
from conversations.filters import ConversationFilter
from conversations.models import Author, Conversation, ConversationStatus, Direction, Message, MessageStatus
from conversations.replies import send_reply
from tenants.errors import Invalid
from tenants.roles import Permission
from workspace.api.base import ApiView
from workspace.api.campaign_requests import TemplateRequestSerializer
from workspace.api.idempotency import idempotent
from workspace.api.pages import MAX_LIMIT, Cursor, page
from workspace.api.schema import PAGE_PARAMETERS, page_of
from workspace.api.shapes import ChannelRefSerializer, Instant, MediaSerializer, existing, media_with

PAGING = {"cursor", "limit"}


class CustomerRefSerializer(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    name = serializers.CharField()


class ConversationSerializer(serializers.Serializer[Any]):
    number = serializers.IntegerField(help_text="the chat number")
    status = serializers.ChoiceField(ConversationStatus.values)
    channel = ChannelRefSerializer()
    customer = CustomerRefSerializer()
    assignee = serializers.CharField(source="assignee.name", default=None, allow_null=True)
    window_closes_at = Instant(
        source="contact.window_closes_at",
        allow_null=True,
        help_text="until when plain messages are allowed; null where the channel has no window",
    )
    opted_out = serializers.SerializerMethodField()
    unread = serializers.IntegerField()
    last_message = serializers.CharField(source="last_message_text")
    last_message_author = serializers.CharField()
    last_message_at = Instant()
    created_at = Instant()
    ended_at = Instant(allow_null=True)

    def get_opted_out(self, conversation: Conversation) -> bool:
        return conversation.contact.opted_out_at is not None


class MessageSerializer(serializers.Serializer[Any]):
    id = serializers.CharField(source="pk")
    direction = serializers.ChoiceField(Direction.values)
    author = serializers.ChoiceField(Author.values)
    member = serializers.CharField(source="member.name", default=None, allow_null=True)
    campaign = serializers.IntegerField(default=None, allow_null=True, help_text="number of the broadcast")
    kind = serializers.CharField()
    text = serializers.CharField(allow_blank=True)
    media = MediaSerializer(allow_null=True)
    status = serializers.ChoiceField(MessageStatus.values)
    reason = serializers.CharField(allow_blank=True)
    test = serializers.BooleanField(default=False, help_text="a broadcast tried on this one customer")
    at = Instant()
    delivered_at = Instant(default=None, allow_null=True)
    read_at = Instant(default=None, allow_null=True)


class ReplySerializer(serializers.Serializer[Any]):
    """A text, a file with an optional caption, or a WhatsApp template, which needs no open reply window."""

    text = serializers.CharField(required=False, allow_blank=True, default="", trim_whitespace=False)
    media = serializers.CharField(required=False, allow_null=True, help_text="id of an uploaded file")
    template = TemplateRequestSerializer(
        required=False, allow_null=True, help_text="in place of text and media"
    )


FILTERS = [
    OpenApiParameter("status", str, enum=ConversationStatus.values),
    OpenApiParameter("mine", bool, description="only the caller's own"),
    OpenApiParameter("channel", str, description="a kind, or a channel's id"),
    OpenApiParameter("account", str, description="a WhatsApp account's id"),
    OpenApiParameter(
        "q",
        str,
        description="part of name, phone or anything said, or the chat number; at most 100 characters",
    ),
    OpenApiParameter("window", str, enum=["open", "closed"]),
    OpenApiParameter("closes_within", int, description="hours, 1 to 168"),
    OpenApiParameter("unread", bool),
    OpenApiParameter("assignee", str, description="a member's id, or none"),
    OpenApiParameter("tag", str),
    OpenApiParameter(
        "answered", int, description="a broadcast's number: chats of those who answered or tapped"
    ),
    OpenApiParameter("last_after", str, description="a date or a moment"),
    OpenApiParameter("last_before", str, description="a date or a moment"),
]


class Conversations(ApiView):
    requires = {"GET": Permission.VIEW_CONVERSATIONS}

    @extend_schema(
        operation_id="list_conversations",
        parameters=[*FILTERS, *PAGE_PARAMETERS],
        responses=page_of(ConversationSerializer),
    )
    def get(self, request: Request) -> Response:
        """Conversations the caller may see, the latest first. Unknown parameters are refused."""
        asked = {name: value for name, value in request.query_params.items() if name not in PAGING}
        chosen = ConversationFilter.parse(asked)
        visible = Conversation.objects.visible_to(self.member)
        rows = chosen.apply(visible, self.member).select_related("channel", "customer", "contact", "assignee")
        return Response(
            page(
                request,
                rows,
                order=("last_message_at", "id"),
                descending=True,
                shape=ConversationSerializer,
                first=chosen.first,
            )
        )


class ConversationDetail(ApiView):
    requires = {"GET": Permission.VIEW_CONVERSATIONS}

    @extend_schema(operation_id="get_conversation", responses=ConversationSerializer)
    def get(self, request: Request, number: int) -> Response:
        """One conversation by its chat number."""
        return Response(ConversationSerializer(_find(self, number)).data)


class Messages(ApiView):
    requires = {"GET": Permission.VIEW_CONVERSATIONS, "POST": Permission.REPLY}

    @extend_schema(
        operation_id="list_messages", parameters=PAGE_PARAMETERS, responses=page_of(MessageSerializer)
    )
    def get(self, request: Request, number: int) -> Response:
        """What was said, the latest first, with the broadcasts that fell between; `previous` is always null."""
        conversation = _find(self, number)
        rows = Message.objects.filter(conversation=conversation).select_related("member", "media")
        answer = page(request, rows, order=("at", "id"), descending=True, shape=MessageSerializer)
        since = parse_datetime(answer["results"][-1]["at"]) if answer["next"] else None
        answer["results"] += _broadcasts(conversation, since, _until(request))
        answer["results"].sort(key=lambda message: message["at"], reverse=True)
        return Response(answer | {"previous": None})

    @extend_schema(operation_id="send_reply", request=ReplySerializer, responses={201: MessageSerializer})
    @idempotent
    def post(self, request: Request, number: int) -> Response:
        """Answer the customer. The first answer takes a pending conversation."""
        conversation = _find(self, number)
        asked = ReplySerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        if (template := asked.validated_data.get("template")) is not None:
            if asked.validated_data["text"] or asked.validated_data.get("media"):
                detail = _("A template is sent by itself.")
                raise Invalid(errors=[{"field": "template", "code": "unexpected", "detail": detail}])
            message = send_single(conversation, TemplateDraft.from_dict(template), by=self.member)
            return Response(MessageSerializer(message).data, status=201)
        media = media_with(asked.validated_data.get("media"))
        message = send_reply(conversation, by=self.member, text=asked.validated_data["text"], media=media)
        return Response(MessageSerializer(message).data, status=201)


def _find(view: ApiView, number: int) -> Conversation:
    visible = Conversation.objects.visible_to(view.member)
    rows = visible.select_related("channel", "customer", "contact", "assignee")
    return get_object_or_404(rows, number=existing(number))


def _until(request: Request) -> datetime | None:
    """Where the page before this one ended, of which the cursor tells."""
    given = request.query_params.get("cursor")
    return parse_datetime(Cursor.decode(given).values[0]) if given else None


def _broadcasts(
    conversation: Conversation, since: datetime | None, until: datetime | None
) -> list[dict[str, Any]]:
    """The contact's campaign parts of that time, in the shape of messages."""
    return [
        dict(MessageSerializer(_as_message(part)).data)
        for part in parts_in_thread(conversation.contact, before=until, limit=MAX_LIMIT)
        if (since is None or part.at >= since) and (until is None or part.at < until)
    ]


def _as_message(part: ThreadPart) -> dict[str, Any]:
    return {
        "pk": f"c{part.campaign_number}.{part.position}",
        "direction": Direction.OUT,
        "author": Author.CAMPAIGN,
        "campaign": part.campaign_number,
        "kind": part.kind,
        "text": part.text,
        "media": part.media,
        "status": part.state,
        "reason": part.reason,
        "at": part.at,
    }
