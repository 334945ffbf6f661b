"""Meta's bill beside our books, for other programs: each line with both sides, and the messages behind it (B-27)."""

from __future__ import annotations

from datetime import UTC
from typing import Any

from django.shortcuts import get_object_or_404
from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from billing.statements import following
from campaigns.bill import behind
from campaigns.models import BillLine
from tenants.roles import Permission
from workspace.api.base import ApiView
from workspace.api.idempotency import idempotent
from workspace.api.pages import page
from workspace.api.schema import PAGE_PARAMETERS, page_of
from workspace.api.shapes import Instant
from workspace.api.wallet import MONTH, MonthSerializer
from workspace.credit.bill import MOST_MESSAGES, agrees, ask_meta
from workspace.credit.movements import month_of


class BillLineSerializer(serializers.Serializer[Any]):
    """What Meta and we say of one number, country, category and day of UTC."""

    id = serializers.IntegerField()
    account = serializers.IntegerField(source="bill.account_id")
    channel = serializers.IntegerField(source="channel_id")
    day = serializers.DateField()
    country = serializers.CharField()
    category = serializers.CharField()
    meta_messages = serializers.IntegerField(source="meta_volume")
    meta_cost = serializers.IntegerField(
        allow_null=True, help_text="millionths of `meta_currency`; null: it tells none"
    )
    meta_currency = serializers.CharField(source="bill.currency")
    our_messages = serializers.IntegerField(source="our_volume")
    our_amount = serializers.IntegerField(help_text="millionths of `our_currency`")
    our_currency = serializers.CharField(source="tenant.currency")
    agrees = serializers.SerializerMethodField()
    final = serializers.SerializerMethodField(help_text="false for the present day, which Meta still counts")
    compared_at = Instant(source="bill.compared_at", allow_null=True)

    def get_agrees(self, row: BillLine) -> bool:
        return agrees(row, row.tenant.currency)

    def get_final(self, row: BillLine) -> bool:
        return row.day < timezone.now().astimezone(UTC).date()


class BilledMessageSerializer(serializers.Serializer[Any]):
    """A person of a broadcast, or a message in a chat."""

    recipient = serializers.IntegerField(allow_null=True)
    message = serializers.IntegerField(allow_null=True)
    amount = serializers.IntegerField(help_text="millionths, whoever paid it")
    at = Instant()


class BillLineDetailSerializer(BillLineSerializer):
    messages = serializers.SerializerMethodField(
        help_text=f"what we booked under it, {MOST_MESSAGES} at most"
    )

    @extend_schema_field(BilledMessageSerializer(many=True))
    def get_messages(self, row: BillLine) -> Any:
        return BilledMessageSerializer(behind(row, MOST_MESSAGES), many=True).data


class Bill(ApiView):
    requires = {"GET": Permission.VIEW_CREDIT}

    @extend_schema(
        operation_id="list_bill_lines",
        parameters=[*PAGE_PARAMETERS, OpenApiParameter("month", {"type": "string", "pattern": f"^{MONTH}$"})],
        responses=page_of(BillLineSerializer),
    )
    def get(self, request: Request) -> Response:
        """The lines of a month, the latest first; the present month where none is named."""
        asked = MonthSerializer(data=request.query_params.dict())
        asked.is_valid(raise_exception=True)
        named = month_of(asked.validated_data.get("month", ""))
        month = named or timezone.now().astimezone(UTC).date().replace(day=1)
        rows = BillLine.objects.filter(day__gte=month, day__lt=following(month))
        rows = rows.select_related("bill", "tenant")
        return Response(page(request, rows, order=("day", "id"), descending=True, shape=BillLineSerializer))


class BillLineDetail(ApiView):
    requires = {"GET": Permission.VIEW_CREDIT}

    @extend_schema(operation_id="get_bill_line", responses=BillLineDetailSerializer)
    def get(self, request: Request, line: int) -> Response:
        """One line with the messages that we booked under it."""
        row = get_object_or_404(BillLine.objects.select_related("bill", "channel", "tenant"), pk=line)
        return Response(BillLineDetailSerializer(row).data)


class BillComparison(ApiView):
    requires = {"POST": Permission.MANAGE_CHANNELS}

    @extend_schema(operation_id="compare_bill", request=None, responses={204: None})
    @idempotent
    def post(self, request: Request) -> Response:
        """Have Meta asked at once, not tonight; its answer comes a little later."""
        ask_meta()
        return Response(status=204)
