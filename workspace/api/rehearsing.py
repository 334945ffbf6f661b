"""A broadcast rehearsed: sent to nobody, with what is to go wrong chosen beforehand."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.shortcuts import get_object_or_404
from django.urls import reverse
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from campaigns.models import Campaign, Rehearsal, Status
from campaigns.rehearsal.performing import rehearse
from campaigns.rehearsal.results import result_of
from campaigns.rehearsal.scenario import SHARES, Scenario
from campaigns.reports import campaigns_visible_to
from tenants.errors import Invalid
from tenants.roles import Permission
from workspace.api.base import ApiView
from workspace.api.idempotency import idempotent
from workspace.api.pages import page
from workspace.api.schema import PAGE_PARAMETERS, page_of
from workspace.api.shapes import Instant, existing


class ScenarioSerializer(serializers.Serializer[Any]):
    """What is to go wrong; nothing of it: all goes well."""

    unreachable = serializers.ChoiceField(
        SHARES, required=False, help_text="percent of the people who cannot be reached"
    )
    throttled = serializers.BooleanField(required=False, help_text="the provider slows us down")
    late = serializers.BooleanField(required=False, help_text="reports come late, twice and in disorder")
    outage = serializers.BooleanField(required=False, help_text="the provider fails for a while")


class RehearseRequestSerializer(serializers.Serializer[Any]):
    scenario = ScenarioSerializer(required=False)


class ResultSerializer(serializers.Serializer[Any]):
    """How it came out so far."""

    status = serializers.ChoiceField(Status.values)
    total = serializers.IntegerField()
    reached = serializers.IntegerField()
    failed = serializers.IntegerField(help_text="and left out")
    in_doubt = serializers.IntegerField()
    cost = serializers.IntegerField(help_text="what it would have cost at most, in millionths of `currency`")
    currency = serializers.CharField()
    seconds = serializers.FloatField(help_text="since it started, up to its end")


class RehearsalSerializer(serializers.Serializer[Any]):
    number = serializers.IntegerField()
    campaign = serializers.IntegerField(source="campaign.number")
    scenario = ScenarioSerializer()
    people = serializers.IntegerField(help_text="who are rehearsed")
    left_out = serializers.IntegerField(help_text="who would get the broadcast, too, but are beyond the most")
    created_at = Instant()
    url = serializers.SerializerMethodField(help_text="where a person looks at it")
    result = serializers.SerializerMethodField()

    def get_url(self, row: Rehearsal) -> str:
        return f"{settings.PUBLIC_URL}{reverse('campaigns:rehearse', args=[row.campaign.number])}"

    @extend_schema_field(ResultSerializer)
    def get_result(self, row: Rehearsal) -> Any:
        return ResultSerializer(result_of(row)).data


class Rehearse(ApiView):
    requires = {"POST": Permission.SEND_CAMPAIGNS}

    @extend_schema(
        operation_id="rehearse_campaign",
        request=RehearseRequestSerializer,
        responses={202: RehearsalSerializer},
    )
    @idempotent
    def post(self, request: Request, campaign: int) -> Response:
        """Send a draft, as it stands, to nobody: a sandbox plays the providers. No credit is spent."""
        body = request.data if isinstance(request.data, Mapping) else None
        if body is None:
            raise Invalid
        scenario = Scenario.read(body.get("scenario") or {})
        made = rehearse(_find(self, campaign), self.member, scenario)
        return Response(RehearsalSerializer(made).data, status=202)


class Rehearsals(ApiView):
    requires = {"GET": Permission.VIEW_CAMPAIGNS}

    @extend_schema(
        operation_id="list_rehearsals", parameters=PAGE_PARAMETERS, responses=page_of(RehearsalSerializer)
    )
    def get(self, request: Request, campaign: int) -> Response:
        """How the rehearsals of a broadcast came out, the latest first."""
        rows = Rehearsal.objects.filter(campaign=_find(self, campaign)).select_related("campaign")
        return Response(page(request, rows, order=("number",), descending=True, shape=RehearsalSerializer))


def _find(view: ApiView, number: int) -> Campaign:
    return get_object_or_404(campaigns_visible_to(view.member), number=existing(number))
