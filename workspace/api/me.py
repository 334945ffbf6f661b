"""Who the token acts as."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from tenants.models import Member
from tenants.plans import Feature, Plan
from tenants.roles import Role
from workspace.api.base import ApiView


class MemberSerializer(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    name = serializers.CharField()
    email = serializers.EmailField(source="user.email")
    roles = serializers.ListField(child=serializers.ChoiceField([role.value for role in Role]))
    active = serializers.BooleanField()


class TenantSerializer(serializers.Serializer[Any]):
    slug = serializers.SlugField()
    name = serializers.CharField()
    plan = serializers.ChoiceField([plan.value for plan in Plan])
    features = serializers.SerializerMethodField()
    time_zone = serializers.CharField(help_text="IANA name")
    country = serializers.CharField(help_text="ISO 3166, of phone numbers without a prefix")
    currency = serializers.CharField(help_text="ISO 4217")

    def get_features(self, tenant: Any) -> list[str]:
        return [feature.value for feature in Feature if tenant.has_feature(feature)]


class MeSerializer(serializers.Serializer[Any]):
    member = MemberSerializer(source="*")
    tenant = TenantSerializer()
    roles = serializers.ListField(child=serializers.ChoiceField([role.value for role in Role]))
    permissions = serializers.SerializerMethodField()

    def get_permissions(self, member: Member) -> list[str]:
        return sorted(permission.value for permission in member.permissions)


class Me(ApiView):
    requires = {"GET": None}

    @extend_schema(operation_id="me", responses=MeSerializer)
    def get(self, request: Request) -> Response:
        """The member this token acts as, their team and what they may do."""
        return Response(MeSerializer(self.member).data)
