"""Members of the team, customers and their tags."""

from __future__ import annotations

from typing import Any

from django.db.models import Exists, OuterRef, Prefetch, Q, QuerySet
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from conversations.activity import tags_in_use
from conversations.models import Contact, Conversation, Customer
from tenants.models import Member
from tenants.roles import Permission
from workspace.api.base import ApiView
from workspace.api.me import MemberSerializer
from workspace.api.pages import page
from workspace.api.schema import PAGE_PARAMETERS, page_of
from workspace.api.shapes import Instant, kind_field


class ContactSerializer(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    channel = kind_field(source="channel.kind")
    channel_name = serializers.CharField(source="channel.name")
    address = serializers.CharField()
    opted_out_at = Instant(allow_null=True)


class CustomerSerializer(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    name = serializers.CharField()
    language = serializers.CharField()
    phone = serializers.CharField()
    email = serializers.CharField()
    tags = serializers.ListField(child=serializers.CharField())
    bound_to = serializers.CharField(source="bound_to.name", default=None, allow_null=True)
    contacts = ContactSerializer(many=True)
    created_at = Instant()


class TagSerializer(serializers.Serializer[Any]):
    tag = serializers.CharField()
    customers = serializers.IntegerField()


class TagsSerializer(serializers.Serializer[Any]):
    results = TagSerializer(many=True)


class Members(ApiView):
    requires = {"GET": Permission.ASSIGN}

    @extend_schema(
        operation_id="list_members", parameters=PAGE_PARAMETERS, responses=page_of(MemberSerializer)
    )
    def get(self, request: Request) -> Response:
        """The members of the team, past ones too."""
        return Response(
            page(
                request,
                Member.objects.select_related("user"),
                order=("id",),
                descending=False,
                shape=MemberSerializer,
            )
        )


class Customers(ApiView):
    requires = {"GET": Permission.VIEW_CONVERSATIONS}

    @extend_schema(
        operation_id="list_customers",
        parameters=[
            OpenApiParameter("q", str, description="name or phone"),
            OpenApiParameter("tag", str),
            *PAGE_PARAMETERS,
        ],
        responses=page_of(CustomerSerializer),
    )
    def get(self, request: Request) -> Response:
        """Customers whose conversations the caller may see, the newest first."""
        rows = _visible_to(self.member).select_related("bound_to")
        if q := request.query_params.get("q", "").replace("\x00", ""):
            rows = rows.filter(Q(name__icontains=q) | Q(phone__contains=q.lstrip("+")))
        if tag := request.query_params.get("tag", "").replace("\x00", ""):
            rows = rows.filter(tags__contains=[tag])
        contacts = Contact.objects.current().select_related("channel").order_by("pk")
        return Response(
            page(
                request,
                rows.prefetch_related(Prefetch("contacts", queryset=contacts)),
                order=("id",),
                descending=True,
                shape=CustomerSerializer,
            )
        )


class Tags(ApiView):
    requires = {"GET": Permission.VIEW_CONVERSATIONS}

    @extend_schema(operation_id="list_tags", responses=TagsSerializer)
    def get(self, request: Request) -> Response:
        """Tags in use, with how many of the caller's customers have them."""
        return Response(TagsSerializer({"results": tags_in_use(_visible_to(self.member))}).data)


def _visible_to(member: Member) -> QuerySet[Customer]:
    if member.may(Permission.VIEW_ALL_CONVERSATIONS):
        return Customer.objects.all()
    seen = Conversation.objects.visible_to(member).filter(customer=OuterRef("pk"))
    return Customer.objects.filter(Q(bound_to=member) | Exists(seen))
