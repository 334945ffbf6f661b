"""Topping up: choose an amount, pay on the provider's page, come back and see it credited."""

from __future__ import annotations

from typing import Any

from allauth.account.decorators import reauthentication_required
from django import forms
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET, require_http_methods

from billing.errors import InvalidAmount, PaymentsOff, PaymentUnavailable
from billing.models import PAYABLE, Method, TopUp, TopUpStatus
from billing.money import MILLIONTHS, parse_amount, shown
from billing.topups import open_payment, refresh, start_top_up
from tenants.requests import TenantRequest, require_permission
from tenants.roles import Permission
from workspace.credit.lacking import lacking
from workspace.credit.receipts import receipt_pdf

SUGGESTED = (50, 100, 300, 1000)  # in units of the currency
LANGUAGES = {"zh-hant": "zh-HK", "zh-hans": "zh", "en": "en"}  # as the payment page names them


class TopUpForm(forms.Form):
    amount = forms.CharField(
        label=_("Amount"), max_length=20, widget=forms.TextInput({"inputmode": "decimal"})
    )
    method = forms.ChoiceField(
        label=_("How you pay"),
        choices=[(method.value, method.label) for method in PAYABLE],
        initial=Method.CARD,
        widget=forms.RadioSelect,
    )


@require_http_methods(["GET", "POST"])
@require_permission(Permission.TOP_UP)
@reauthentication_required  # type: ignore[untyped-decorator]
def new(request: TenantRequest) -> HttpResponse:
    """Only the owner gets here, and only after signing in again (S0-9)."""
    form = TopUpForm(request.POST or None, initial={"amount": SUGGESTED[1]})
    if request.method == "POST" and form.is_valid():
        try:
            return _begin(request, form)
        except InvalidAmount as error:
            form.add_error("amount", str(error.message))
    currency = request.tenant.currency
    suggestions = [(units, shown(units * MILLIONTHS, currency)) for units in SUGGESTED]
    return render(
        request,
        "credit/top_up.html",
        {"form": form, "currency": currency, "suggestions": suggestions},
        status=422 if form.errors else 200,
    )


def _begin(request: TenantRequest, form: TopUpForm) -> HttpResponse:
    currency = request.tenant.currency
    amount = parse_amount(form.cleaned_data["amount"], currency)
    method = Method(form.cleaned_data["method"])
    top_up = start_top_up(request.member, amount=amount, currency=currency, method=method)
    here = reverse("credit:top_up_detail", args=[top_up.key])
    if method is Method.TRANSFER:
        return redirect(here)
    open_payment(
        top_up,
        email=request.user.email,
        back=request.build_absolute_uri(here),
        language=LANGUAGES.get(get_language() or "", "auto"),
    )
    # A form may not lead to another site, not even by a redirection: the top-up's own page goes on from here.
    return redirect(f"{here}#pay")


@require_GET
@require_permission(Permission.VIEW_CREDIT)
def detail(request: TenantRequest, top_up_key: str) -> HttpResponse:
    """How it stands: paid, waiting, ended. Asks the provider itself, should its message to us be late."""
    top_up = _find(top_up_key)
    unreachable, pay_url = False, ""
    try:
        pay_url = refresh(top_up)
    except (PaymentUnavailable, PaymentsOff):
        unreachable = True
    context: dict[str, Any] = {
        "top_up": top_up,
        "amount": shown(top_up.amount, top_up.currency),
        "refunded": shown(top_up.refunded, top_up.currency) if top_up.refunded else "",
        "unreachable": unreachable,
        "pay_url": pay_url,
        "waiting": top_up.status == TopUpStatus.PENDING,
        "lacking": lacking(),
    }
    template = "credit/top_up_detail.html" + ("#state" if request.htmx else "")
    return render(request, template, context)


@require_GET
@require_permission(Permission.VIEW_CREDIT)
def receipt(request: TenantRequest, top_up_key: str) -> HttpResponse:
    """The receipt of a paid top-up, as a PDF."""
    top_up = get_object_or_404(_paid(), key=top_up_key)
    response = HttpResponse(receipt_pdf(top_up), content_type="application/pdf")
    response["Content-Disposition"] = f'attachment; filename="receipt-{top_up.reference}.pdf"'
    return response


def _find(key: str) -> TopUp:
    return get_object_or_404(TopUp.objects.select_related("tenant", "created_by"), key=key)


def _paid() -> Any:
    return TopUp.objects.select_related("tenant").filter(paid_at__isnull=False).exclude(method=Method.PLAY)
