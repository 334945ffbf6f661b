"""Channels: which there are, how they are, and how busy they were."""

from __future__ import annotations

from typing import Any

from django.shortcuts import get_object_or_404
from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from campaigns.reach import reaches
from channels.health.warnings import warnings_of
from channels.models import Channel, ChannelState, Health
from channels.services import set_enabled
from conversations.activity import activity_of
from tenants.roles import Permission
from workspace.api.base import ApiView
from workspace.api.pages import page
from workspace.api.schema import PAGE_PARAMETERS, page_of
from workspace.api.shapes import Instant, existing, kind_field


class ChannelSerializer(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    kind = kind_field()
    name = serializers.CharField()
    address = serializers.CharField(source="display_address")
    enabled = serializers.BooleanField()
    health = serializers.ChoiceField(ChannelState.values, source="state")
    health_reason = serializers.CharField(source="state_reason")
    health_since = Instant(source="state_changed_at")
    last_webhook_at = Instant(allow_null=True)
    quota_limit = serializers.IntegerField(allow_null=True, help_text="people a month; null: no limit")
    quota_used = serializers.IntegerField(allow_null=True)


class ChannelChangeSerializer(serializers.Serializer[Any]):
    enabled = serializers.BooleanField()


class DaySerializer(serializers.Serializer[Any]):
    date = serializers.DateField()
    conversations = serializers.IntegerField(help_text="begun on that day")
    messages = serializers.IntegerField()
    received = serializers.IntegerField()
    sent = serializers.IntegerField(help_text="replies; broadcasts are counted with their campaign")


class MetricsSerializer(serializers.Serializer[Any]):
    time_zone = serializers.CharField()
    days = DaySerializer(many=True)


class MetricsQuerySerializer(serializers.Serializer[Any]):
    days = serializers.IntegerField(min_value=1, max_value=366, default=30)


class WarningSerializer(serializers.Serializer[Any]):
    code = serializers.CharField()
    text = serializers.CharField()
    grave = serializers.BooleanField(help_text="nothing, or not everybody, can be sent to")


class HealthSerializer(serializers.Serializer[Any]):
    """In the provider's own words, "" or null where it does not tell."""

    checked_at = Instant(source="told.checked_at", allow_null=True)
    status = serializers.CharField(source="told.status")
    quality = serializers.CharField(source="told.quality")
    tier = serializers.CharField(source="told.tier")
    reach = serializers.IntegerField(
        source="told.reach",
        allow_null=True,
        help_text="people to begin with in 24 hours; null: no limit, or not told",
    )
    begun = serializers.IntegerField(allow_null=True, help_text="of them, with how many it was begun")
    throughput = serializers.IntegerField(
        source="told.throughput", allow_null=True, help_text="messages a second"
    )
    token_valid = serializers.BooleanField(source="told.token_valid", allow_null=True)
    token_expires_at = Instant(source="told.token_expires_at", allow_null=True)
    warnings = WarningSerializer(many=True)


class Channels(ApiView):
    requires = {"GET": Permission.VIEW_CHANNELS}

    @extend_schema(
        operation_id="list_channels", parameters=PAGE_PARAMETERS, responses=page_of(ChannelSerializer)
    )
    def get(self, request: Request) -> Response:
        """The team's channels and their health."""
        rows = Channel.objects.all()
        return Response(
            page(
                request,
                rows,
                order=("id",),
                descending=False,
                shape=ChannelSerializer,
            )
        )


class ChannelDetail(ApiView):
    requires = {"GET": Permission.VIEW_CHANNELS, "PATCH": Permission.MANAGE_CHANNELS}

    @extend_schema(operation_id="get_channel", responses=ChannelSerializer)
    def get(self, request: Request, channel: int) -> Response:
        """One channel."""
        return Response(ChannelSerializer(_find(channel)).data)

    @extend_schema(
        operation_id="change_channel",
        request={"application/json": ChannelChangeSerializer},
        responses=ChannelSerializer,
    )
    def patch(self, request: Request, channel: int) -> Response:
        """Switch a channel on or off."""
        row = _find(channel)
        asked = ChannelChangeSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        set_enabled(row, asked.validated_data["enabled"], by=self.member)
        return Response(ChannelSerializer(row).data)


class ChannelHealth(ApiView):
    requires = {"GET": Permission.VIEW_CHANNELS}

    @extend_schema(operation_id="get_channel_health", responses=HealthSerializer)
    def get(self, request: Request, channel: int) -> Response:
        """What its provider last told of the channel, and what to know before a broadcast; asked every night."""
        row = _find(channel)
        told = Health.objects.filter(channel=row).first()
        reach = next((one for one in reaches() if row in one.channels), None)
        values = {
            "told": told or Health(channel=row),
            "begun": reach.used if reach else None,
            "warnings": warnings_of(row, told),
        }
        return Response(HealthSerializer(values).data)


class ChannelMetrics(ApiView):
    requires = {"GET": Permission.VIEW_CHANNELS}

    @extend_schema(
        operation_id="get_channel_metrics",
        parameters=[
            OpenApiParameter("days", {"type": "integer", "minimum": 1, "maximum": 366, "default": 30})
        ],
        responses=MetricsSerializer,
    )
    def get(self, request: Request, channel: int) -> Response:
        """Conversations begun and messages of each of the last days, in the team's time zone."""
        row = _find(channel)
        asked = MetricsQuerySerializer(data=request.query_params)
        asked.is_valid(raise_exception=True)
        days = activity_of(row, asked.validated_data["days"], timezone.now())
        return Response(MetricsSerializer({"time_zone": row.tenant.time_zone, "days": days}).data)


def _find(number: int) -> Channel:
    return get_object_or_404(Channel.objects.select_related("tenant"), pk=existing(number))
