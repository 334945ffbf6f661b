"""A broadcast tried on one chat before many get it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from campaigns.drafts import CampaignDraft
from campaigns.models import CampaignKind, OnUnsupported
from campaigns.trying import chats_to_try, send_test
from channels.capabilities import Client
from conversations.models import Conversation
from tenants.errors import Invalid
from tenants.plans import Feature
from tenants.roles import Permission
from workspace.api.base import ApiView
from workspace.api.campaign_requests import PartRequestSerializer, TemplateRequestSerializer
from workspace.api.conversations import MessageSerializer
from workspace.api.idempotency import idempotent
from workspace.api.shapes import existing


class TestRequestSerializer(serializers.Serializer[Any]):
    """What a broadcast says, and the one chat that gets it."""

    conversation = serializers.IntegerField(min_value=1, help_text="the number of an open chat")
    kind = serializers.ChoiceField(CampaignKind.values, default="message")
    client = serializers.ChoiceField([client.value for client in Client], default="web")
    parts = serializers.ListField(
        child=PartRequestSerializer(), required=False, help_text="of a message broadcast"
    )
    template = TemplateRequestSerializer(
        required=False, allow_null=True, help_text="of a template broadcast, in place of `parts`"
    )
    on_unsupported = serializers.ChoiceField(OnUnsupported.values, default="skip_recipient")


class TestSentSerializer(serializers.Serializer[Any]):
    results = MessageSerializer(many=True)


class Test(ApiView):
    requires = {"POST": Permission.SEND_CAMPAIGNS}

    @extend_schema(
        operation_id="test_campaign", request=TestRequestSerializer, responses={201: TestSentSerializer}
    )
    @idempotent
    def post(self, request: Request) -> Response:
        """Send what a broadcast would say to one chat, all of it or nothing, marked as a test; none counts it."""
        self.member.tenant.require_feature(Feature.OMO)
        body = request.data if isinstance(request.data, Mapping) else {}
        asked = TestRequestSerializer(data=body)
        asked.is_valid(raise_exception=True)
        number = asked.validated_data["conversation"]
        draft = CampaignDraft.from_dict({**body, "audience": {"conversations": [number]}})
        chat = self._chat(existing(number), draft.kind)
        return Response(
            {"results": MessageSerializer(send_test(self.member, draft, chat), many=True).data}, 201
        )

    def _chat(self, number: int, kind: str) -> Conversation:
        rows = chats_to_try(self.member, kind).select_related("customer", "contact", "channel")
        chat = rows.filter(number=number).first()
        if chat is None:
            detail = _(
                "There is no open chat with this number that you can see and that takes this broadcast."
            )
            raise Invalid(errors=[{"field": "conversation", "code": "not_found", "detail": detail}])
        return chat
