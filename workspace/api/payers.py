"""Who pays Meta for each WhatsApp account, and how much of its monthly budget is used (D-16)."""

from __future__ import annotations

from typing import Any

from django.shortcuts import get_object_or_404
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from channels.direct import month_of, set_payer, used
from channels.models import Payer, WhatsAppAccount
from tenants.roles import Permission
from workspace.api.base import ApiView
from workspace.api.pages import page
from workspace.api.schema import PAGE_PARAMETERS, page_of
from workspace.api.wallet import MOST_AMOUNT

BUDGET = "millionths of `currency`, of accounts that Meta bills directly; null: no limit"


class PayerSerializer(serializers.Serializer[Any]):
    """A WhatsApp account: `credit` pays for it out of the wallet, `meta` bills the team itself."""

    id = serializers.IntegerField()
    name = serializers.CharField()
    payer = serializers.ChoiceField(Payer.values)
    monthly_budget = serializers.IntegerField(allow_null=True, help_text=BUDGET)
    used_this_month = serializers.SerializerMethodField(
        help_text="of the budget, by our price list; 0 where the wallet pays. Months are those of UTC"
    )
    currency = serializers.CharField(source="tenant.currency")

    def get_used_this_month(self, row: WhatsAppAccount) -> int:
        return used(row, month_of(timezone.now())) if row.payer == Payer.META else 0


class PayerChangeSerializer(serializers.Serializer[Any]):
    """What is left out stays as it is."""

    payer = serializers.ChoiceField(Payer.values, required=False)
    monthly_budget = serializers.IntegerField(
        min_value=0, max_value=MOST_AMOUNT, allow_null=True, required=False, help_text=BUDGET
    )


class Payers(ApiView):
    requires = {"GET": Permission.VIEW_CREDIT}

    @extend_schema(operation_id="list_payers", parameters=PAGE_PARAMETERS, responses=page_of(PayerSerializer))
    def get(self, request: Request) -> Response:
        """Who pays for each WhatsApp account."""
        accounts = WhatsAppAccount.objects.select_related("tenant")
        return Response(page(request, accounts, order=("id",), descending=False, shape=PayerSerializer))


class PayerDetail(ApiView):
    requires = {"GET": Permission.VIEW_CREDIT, "PATCH": Permission.TOP_UP}

    @extend_schema(operation_id="get_payer", responses=PayerSerializer)
    def get(self, request: Request, whatsapp_account: int) -> Response:
        """Who pays for one account."""
        return Response(PayerSerializer(_account(whatsapp_account)).data)

    @extend_schema(operation_id="set_payer", request=PayerChangeSerializer, responses=PayerSerializer)
    def patch(self, request: Request, whatsapp_account: int) -> Response:
        """Choose who pays from now on, and the budget; what is on its way stays with who pays for it now."""
        account = _account(whatsapp_account)
        asked = PayerChangeSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        chosen = {"payer": account.payer, "monthly_budget": account.monthly_budget} | asked.validated_data
        set_payer(account, self.member, **chosen)
        return Response(PayerSerializer(account).data)


def _account(pk: int) -> WhatsAppAccount:
    return get_object_or_404(WhatsAppAccount.objects.select_related("tenant"), pk=pk)
