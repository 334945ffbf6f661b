"""The shopping-link report, for other programs (S1-18..22)."""

from __future__ import annotations

from typing import Any

from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from campaigns.links.report import LinkReport, Sums, days_of, link_report, members_of
from tenants.errors import Invalid
from tenants.models import Member
from tenants.roles import Permission
from workspace.api.base import ApiView
from workspace.reports.periods import NO_DAY, period_in

DAY = {"type": "string", "format": "date"}


class TotalMessagesSerializer(serializers.Serializer[Any]):
    """One part to one person is one message, once the provider accepted it."""

    total = serializers.IntegerField(source="total_messages")
    broadcasts = serializers.IntegerField(source="messages")
    replies = serializers.IntegerField()


class ShoppingLinksSerializer(serializers.Serializer[Any]):
    """One tracked link to one person is one shopping link."""

    total = serializers.IntegerField(source="links")
    official = serializers.IntegerField()
    other = serializers.IntegerField()


class TapsSerializer(serializers.Serializer[Any]):
    people = serializers.IntegerField(help_text="counted once a broadcast")
    taps = serializers.IntegerField()
    robots = serializers.IntegerField(help_text="previews and crawlers; no people")


class SumsSerializer(serializers.Serializer[Any]):
    total_messages = TotalMessagesSerializer(source="*")
    shopping_links = ShoppingLinksSerializer(source="*")
    clicks = TapsSerializer(source="*")


class DaySumsSerializer(SumsSerializer):
    day = serializers.DateField()

    def to_representation(self, instance: tuple[Any, Sums]) -> Any:
        day, sums = instance
        return {"day": f"{day:%Y-%m-%d}"} | SumsSerializer(sums).data


class MemberSumsSerializer(SumsSerializer):
    member = serializers.IntegerField()
    name = serializers.CharField()

    def to_representation(self, instance: tuple[Member, Sums]) -> Any:
        member, sums = instance
        return {"member": member.pk, "name": member.name} | SumsSerializer(sums).data


class BroadcastSumsSerializer(SumsSerializer):
    campaign = serializers.IntegerField(help_text="its number")

    def to_representation(self, instance: Any) -> Any:
        return {"campaign": instance.campaign.number} | SumsSerializer(instance.sums).data


class AddressSerializer(serializers.Serializer[Any]):
    url = serializers.CharField()
    official = serializers.BooleanField(help_text="as it was when each broadcast was prepared")
    broadcasts = serializers.IntegerField()
    sent = serializers.IntegerField()
    people = serializers.IntegerField(help_text="who tapped, counted once a link of a broadcast")
    taps = serializers.IntegerField()


class LinkReportSerializer(serializers.Serializer[Any]):
    """`uncounted` broadcasts are still being sent: their messages and links come later."""

    time_zone = serializers.SerializerMethodField(help_text="in which the days are days")
    overview = SumsSerializer(source="total")
    uncounted = serializers.IntegerField()
    days = serializers.SerializerMethodField()
    members = serializers.SerializerMethodField()
    campaigns = BroadcastSumsSerializer(many=True)
    addresses = AddressSerializer(many=True)

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        ends = {
            "from": serializers.DateField(source="period.first"),
            "to": serializers.DateField(source="period.last"),
        }
        return ends | super().get_fields()

    def get_time_zone(self, report: LinkReport) -> str:
        return timezone.get_current_timezone_name()

    @extend_schema_field(DaySumsSerializer(many=True))
    def get_days(self, report: LinkReport) -> Any:
        return DaySumsSerializer(list(days_of(report)), many=True).data

    @extend_schema_field(MemberSumsSerializer(many=True))
    def get_members(self, report: LinkReport) -> Any:
        return MemberSumsSerializer(members_of(report), many=True).data


class Links(ApiView):
    requires = {"GET": Permission.VIEW_CAMPAIGNS}

    @extend_schema(
        operation_id="get_link_report",
        parameters=[OpenApiParameter("from", DAY), OpenApiParameter("to", DAY)],
        responses=LinkReportSerializer,
    )
    def get(self, request: Request) -> Response:
        """Messages, shopping links and taps of a period, of the last 30 days where none is named: in all, by day, by
        member, by broadcast and by address. Salespeople see their own, who leads sees the team's."""
        asked = period_in(request.query_params)
        if asked.fault or "" in (request.query_params.get(end) for end in ("from", "to")):
            raise Invalid(asked.fault or NO_DAY)
        return Response(LinkReportSerializer(link_report(self.member, asked.period)).data)
