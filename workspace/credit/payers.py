"""Who pays Meta for each WhatsApp account: our credit, or the team itself within a monthly budget (D-16)."""

from __future__ import annotations

from dataclasses import dataclass

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods

from billing.errors import InvalidAmount
from billing.money import parse_amount, shown, written
from channels.direct import month_of, set_payer, used
from channels.models import Payer, WhatsAppAccount
from tenants.requests import TenantRequest, require_permission
from tenants.roles import Permission


@dataclass(frozen=True)
class Row:
    """An account in words; `budget` and `used` are empty where our credit pays."""

    account: WhatsAppAccount
    payer: str
    used: str = ""
    budget: str = ""
    exceeded: bool = False


class PayerForm(forms.Form):
    payer = forms.ChoiceField(
        label=gettext_lazy("Meta is paid"), choices=Payer.choices, widget=forms.RadioSelect
    )
    monthly_budget = forms.CharField(
        label=gettext_lazy("Monthly budget"),
        max_length=20,
        required=False,
        widget=forms.TextInput({"inputmode": "decimal"}),
    )


@require_GET
@require_permission(Permission.VIEW_CREDIT)
def payers(request: TenantRequest) -> HttpResponse:
    """Every account with who pays, and what the directly billed ones have used of their budget this month."""
    currency = request.tenant.currency
    context = {
        "rows": [_row(account, currency) for account in WhatsAppAccount.objects.order_by("name", "pk")],
        "may_change": request.member.may(Permission.TOP_UP),
    }
    return render(request, "credit/payers.html", context)


@require_http_methods(["GET", "POST"])
@require_permission(Permission.TOP_UP)
def payer(request: TenantRequest, whatsapp_account: int) -> HttpResponse:
    """Choose who pays for one account from now on."""
    account = get_object_or_404(WhatsAppAccount, pk=whatsapp_account)
    currency, budget = request.tenant.currency, account.monthly_budget
    initial = {
        "payer": account.payer,
        "monthly_budget": "" if budget is None else written(budget, currency),
    }
    form = PayerForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        text = form.cleaned_data["monthly_budget"].strip()
        try:
            wanted = parse_amount(text, currency) if text else None
        except InvalidAmount as error:
            form.add_error("monthly_budget", str(error.message))
        else:
            set_payer(account, request.member, payer=form.cleaned_data["payer"], monthly_budget=wanted)
            messages.success(request, _("Saved. What is on its way stays with who pays for it now."))
            return redirect("credit:payers")
    context = {"form": form, "account": account, "currency": currency}
    return render(request, "credit/payer.html", context, status=422 if form.errors else 200)


def _row(account: WhatsAppAccount, currency: str) -> Row:
    label = str(Payer(account.payer).label)
    if account.payer != Payer.META:
        return Row(account, label)
    so_far, budget = used(account, month_of(timezone.now())), account.monthly_budget
    return Row(
        account,
        label,
        used=shown(so_far, currency),
        budget="" if budget is None else shown(budget, currency),
        exceeded=budget is not None and so_far >= budget,
    )
