"""The hours in which the team's broadcasts do not leave."""

from __future__ import annotations

from typing import Any

from django.utils import timezone
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from tenants.models import Tenant
from tenants.quiet import QuietHours
from tenants.roles import Permission
from tenants.services import change_quiet_hours
from workspace.api.base import ApiView
from workspace.api.shapes import Instant


@extend_schema_field({"type": "string", "pattern": "^([01][0-9]|2[0-3]):[0-5][0-9]$"})
class ClockField(serializers.TimeField):
    """Hours and minutes."""

    def __init__(self, **options: Any) -> None:
        super().__init__(format="%H:%M", input_formats=["%H:%M"], **options)


class QuietHoursSerializer(serializers.Serializer[Any]):
    """By the clock of `time_zone`."""

    days = serializers.ListField(
        child=serializers.IntegerField(min_value=1, max_value=7),
        help_text="on which they begin, Monday is 1; none: no quiet hours",
    )
    begins = ClockField(help_text="21:00")
    ends = ClockField(help_text="09:00; on the next day where that is not later than `begins`")
    time_zone = serializers.CharField(source="zone.key", read_only=True, help_text="IANA name")
    until = serializers.SerializerMethodField(help_text="when those end that hold now, else null")

    @extend_schema_field(Instant(allow_null=True))
    def get_until(self, hours: QuietHours) -> Any:
        until = hours.until(timezone.now())
        return Instant().to_representation(until) if until else None


class QuietHoursView(ApiView):
    requires = {"GET": None, "PATCH": Permission.MANAGE_TENANT}

    @extend_schema(operation_id="get_quiet_hours", responses=QuietHoursSerializer)
    def get(self, request: Request) -> Response:
        """When broadcasts do not leave; replies always do."""
        return self._answer(self.member.tenant)

    @extend_schema(
        operation_id="change_quiet_hours",
        request=QuietHoursSerializer(partial=True),
        responses=QuietHoursSerializer,
    )
    def patch(self, request: Request) -> Response:
        """Change what is given. Holds at once, for what is being sent as well."""
        tenant = self.member.tenant
        asked = QuietHoursSerializer(data=request.data, partial=True)
        asked.is_valid(raise_exception=True)
        hours = tenant.quiet_hours
        wanted = {name: getattr(hours, name) for name in ("days", "begins", "ends")} | asked.validated_data
        change_quiet_hours(tenant, **wanted, by=self.member)
        return self._answer(tenant)

    def _answer(self, tenant: Tenant) -> Response:
        return Response(QuietHoursSerializer(tenant.quiet_hours).data)
