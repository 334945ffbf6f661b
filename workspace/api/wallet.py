"""The prepaid credit: what is left, every movement, and topping up."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.conf import settings
from django.urls import reverse
from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from billing.alerts import alert_level, set_alert
from billing.models import Account, Method, TopUpStatus
from billing.recharge import NOTICES, charged_this_month, recharge_of, switch_off
from billing.reports import balance_of, movements
from billing.statements import Statement, statement_of
from billing.topups import open_payment, start_top_up
from tenants.errors import NotFound
from tenants.roles import Permission
from workspace.api.base import ApiView
from workspace.api.idempotency import idempotent
from workspace.api.pages import page
from workspace.api.schema import PAGE_PARAMETERS, page_of
from workspace.api.shapes import Instant

MONTH = "20[0-9]{2}-(0[1-9]|1[0-2])"
MOST_AMOUNT = 2**53 - 1  # what JSON carries exactly


class WalletSerializer(serializers.Serializer[Any]):
    """Millionths of `currency`; available + reserved + spent is what was paid in and not paid back, plus `owed`."""

    currency = serializers.CharField()
    available = serializers.IntegerField()
    reserved = serializers.IntegerField()
    spent = serializers.IntegerField()
    owed = serializers.IntegerField(
        help_text="what a bank took back beyond what was available: the next money pays it first"
    )


class EntrySerializer(serializers.Serializer[Any]):
    """One movement of `amount` from one account to another."""

    id = serializers.IntegerField()
    at = Instant()
    subject = serializers.CharField(help_text="campaign:7, top_up:3")
    currency = serializers.CharField()
    amount = serializers.IntegerField()
    moved_from = serializers.ChoiceField(Account.values, source="source")
    moved_to = serializers.ChoiceField(Account.values, source="target")


class StatementSerializer(serializers.Serializer[Any]):
    """Millionths of `currency`. opening + paid_in - taken_back - reserved + released = closing; `spent` came out of
    what was on hold."""

    month = serializers.SerializerMethodField(help_text="2026-11")
    currency = serializers.CharField()
    opening = serializers.IntegerField()
    paid_in = serializers.IntegerField()
    taken_back = serializers.IntegerField()
    reserved = serializers.IntegerField()
    released = serializers.IntegerField()
    spent = serializers.IntegerField()
    closing = serializers.IntegerField()
    held_at_start = serializers.IntegerField()
    held_at_end = serializers.IntegerField()
    borne = serializers.IntegerField(
        help_text="what messages cost beyond what was held for them: at the platform's expense"
    )

    def get_month(self, row: Statement) -> str:
        return f"{row.month:%Y-%m}"


class MonthSerializer(serializers.Serializer[Any]):
    month = serializers.RegexField(rf"\A{MONTH}\Z", required=False, trim_whitespace=False)


class AlertSerializer(serializers.Serializer[Any]):
    level = serializers.IntegerField(
        min_value=1,
        max_value=MOST_AMOUNT,
        allow_null=True,
        help_text="millionths of `currency`; null: no alert",
    )
    currency = serializers.CharField(read_only=True)


class RechargeSerializer(serializers.Serializer[Any]):
    """Millionths of `currency`. Set up by the owner on the page, where a card is saved and the password asked again."""

    active = serializers.BooleanField()
    below = serializers.IntegerField()
    amount = serializers.IntegerField()
    ceiling = serializers.IntegerField(help_text="in a month")
    charged_this_month = serializers.IntegerField()
    currency = serializers.CharField()
    card = serializers.CharField(source="card_label", help_text="visa 4242")
    notice = serializers.ChoiceField(["", *NOTICES], help_text="what came in the way")


class TopUpRequestSerializer(serializers.Serializer[Any]):
    amount = serializers.IntegerField(
        min_value=1, max_value=MOST_AMOUNT, help_text="millionths of `currency`"
    )
    currency = serializers.CharField(min_length=3, max_length=3)


class TopUpSerializer(serializers.Serializer[Any]):
    id = serializers.IntegerField(source="number")
    amount = serializers.IntegerField()
    currency = serializers.CharField()
    status = serializers.ChoiceField(TopUpStatus.values)
    method = serializers.ChoiceField(Method.values)
    created_at = Instant()
    payment_url = serializers.SerializerMethodField(help_text="where a person pays it")

    def get_payment_url(self, row: Any) -> str:
        return str(self.context["payment_url"])


class Wallet(ApiView):
    requires = {"GET": Permission.VIEW_CREDIT}

    @extend_schema(operation_id="get_wallet", responses=WalletSerializer)
    def get(self, request: Request) -> Response:
        """What is left, on hold and spent."""
        return Response(WalletSerializer(balance_of(self.member.tenant.currency)).data)


class WalletEntries(ApiView):
    requires = {"GET": Permission.VIEW_CREDIT}

    @extend_schema(
        operation_id="list_wallet_entries", parameters=PAGE_PARAMETERS, responses=page_of(EntrySerializer)
    )
    def get(self, request: Request) -> Response:
        """Every movement of the credit, the latest first."""
        entries = movements(self.member.tenant.currency)
        return Response(page(request, entries, order=("id",), descending=True, shape=EntrySerializer))


class WalletStatement(ApiView):
    requires = {"GET": Permission.VIEW_CREDIT}

    @extend_schema(
        operation_id="get_wallet_statement",
        parameters=[OpenApiParameter("month", {"type": "string", "pattern": f"^{MONTH}$"})],
        responses=StatementSerializer,
    )
    def get(self, request: Request) -> Response:
        """What a month began with, what came and went, what was left; the present month where none is named."""
        asked = MonthSerializer(data=request.query_params.dict())  # of a form, "" would be no value
        asked.is_valid(raise_exception=True)
        named = asked.validated_data.get("month")
        month = date.fromisoformat(f"{named}-01") if named else timezone.localdate().replace(day=1)
        return Response(StatementSerializer(statement_of(month, self.member.tenant.currency)).data)


class WalletAlert(ApiView):
    requires = {"GET": Permission.VIEW_CREDIT, "PATCH": Permission.TOP_UP}

    @extend_schema(operation_id="get_wallet_alert", responses=AlertSerializer)
    def get(self, request: Request) -> Response:
        """Below which available credit the owners are told."""
        currency = self.member.tenant.currency
        return Response(AlertSerializer({"level": alert_level(currency), "currency": currency}).data)

    @extend_schema(operation_id="set_wallet_alert", request=AlertSerializer, responses=AlertSerializer)
    def patch(self, request: Request) -> Response:
        """Set that level, or none."""
        asked = AlertSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        set_alert(self.member, asked.validated_data["level"])
        return self.get(request)


class WalletRecharge(ApiView):
    requires = {"GET": Permission.VIEW_CREDIT, "DELETE": Permission.TOP_UP}

    @extend_schema(operation_id="get_wallet_recharge", responses=RechargeSerializer)
    def get(self, request: Request) -> Response:
        """The automatic recharge; 404 where the owner never set one up."""
        row = recharge_of(self.member.tenant.currency)
        if row is None:
            raise NotFound
        row.charged_this_month = charged_this_month(row.currency)  # type: ignore[attr-defined]
        return Response(RechargeSerializer(row).data)

    @extend_schema(operation_id="switch_off_wallet_recharge", responses={204: None})
    def delete(self, request: Request) -> Response:
        """Switch it off and forget the card. Setting it up asks for the password again, so only the page can."""
        switch_off(self.member)
        return Response(status=204)


class TopUps(ApiView):
    requires = {"POST": Permission.TOP_UP}

    @extend_schema(
        operation_id="create_top_up", request=TopUpRequestSerializer, responses={201: TopUpSerializer}
    )
    @idempotent
    def post(self, request: Request) -> Response:
        """Begin to top up; the owner pays at `payment_url`, and it is credited once it is paid."""
        asked = TopUpRequestSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        top_up = start_top_up(
            self.member,
            amount=asked.validated_data["amount"],
            currency=asked.validated_data["currency"].upper(),
        )
        back = f"{settings.PUBLIC_URL}{reverse('credit:top_up_detail', args=[top_up.key])}"
        url = open_payment(top_up, email=self.member.user.email, back=back, language="auto")
        return Response(TopUpSerializer(top_up, context={"payment_url": url}).data, status=201)
