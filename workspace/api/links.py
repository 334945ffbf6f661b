"""The links of a broadcast by the API."""

from __future__ import annotations

from typing import Any

from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from campaigns.links.figures import links_of
from campaigns.reports import campaigns_visible_to
from tenants.roles import Permission
from workspace.api.base import ApiView
from workspace.api.shapes import existing


class LinkSerializer(serializers.Serializer[Any]):
    place = serializers.IntegerField(source="link.place", help_text="from 0, in the order of the texts")
    part = serializers.IntegerField(source="link.part", help_text="position of its text")
    url = serializers.CharField(source="link.url")
    official = serializers.BooleanField(
        source="link.official", help_text="whether it led to one of the team's own sites when it was sent"
    )
    sent = serializers.IntegerField(help_text="people who were sent it")
    people = serializers.IntegerField(help_text="of them, who tapped it")
    taps = serializers.IntegerField(help_text="how often they did")
    robots = serializers.IntegerField(help_text="previews and crawlers, which are neither")


class LinksSerializer(serializers.Serializer[Any]):
    results = LinkSerializer(many=True)


class Links(ApiView):
    requires = {"GET": Permission.VIEW_CAMPAIGNS}

    @extend_schema(operation_id="list_links", responses=LinksSerializer)
    def get(self, request: Request, campaign: int) -> Response:
        """The short links of a broadcast: where they lead, and what came of them. None where it tracks none."""
        found = get_object_or_404(campaigns_visible_to(self.member), number=existing(campaign))
        return Response(LinksSerializer({"results": links_of(found)}).data)
