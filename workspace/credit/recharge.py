"""Automatic recharge: when, with how much, up to what a month, by which card."""

from __future__ import annotations

from dataclasses import dataclass

from allauth.account.decorators import reauthentication_required
from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from billing.errors import InvalidAmount, PaymentsOff, PaymentUnavailable
from billing.models import Recharge
from billing.money import parse_amount, shown, written
from billing.recharge import (
    NOTICES,
    begin_card,
    charged_this_month,
    look_for_card,
    recharge_of,
    set_recharge,
    switch_off,
)
from tenants.requests import TenantRequest, require_permission
from tenants.roles import Permission
from workspace.credit.top_up import LANGUAGES

FIELDS = ("below", "amount", "ceiling")


@dataclass(frozen=True)
class Described:
    """An automatic recharge in words."""

    active: bool
    below: str
    amount: str
    ceiling: str
    charged: str
    card: str
    notice: str | Promise


class RechargeForm(forms.Form):
    below = forms.CharField(
        label=gettext_lazy("When less is left than"),
        max_length=20,
        widget=forms.TextInput({"inputmode": "decimal"}),
    )
    amount = forms.CharField(
        label=gettext_lazy("Charge the card with"),
        max_length=20,
        widget=forms.TextInput({"inputmode": "decimal"}),
    )
    ceiling = forms.CharField(
        label=gettext_lazy("At most in a month"),
        max_length=20,
        widget=forms.TextInput({"inputmode": "decimal"}),
    )


def described(row: Recharge | None) -> Described | None:
    if row is None:
        return None
    below, amount, ceiling = (shown(getattr(row, name), row.currency) for name in FIELDS)
    return Described(
        active=row.active,
        below=below,
        amount=amount,
        ceiling=ceiling,
        charged=shown(charged_this_month(row.currency), row.currency),
        card=row.card_label,
        notice=NOTICES.get(row.notice, ""),
    )


@require_http_methods(["GET", "POST"])
@require_permission(Permission.TOP_UP)
@reauthentication_required  # type: ignore[untyped-decorator]
def settings(request: TenantRequest) -> HttpResponse:
    """Only the owner gets here, and only after signing in again: whoever sets it spends the team's money."""
    currency = request.tenant.currency
    row = recharge_of(currency)
    initial = {name: written(getattr(row, name), currency) for name in FIELDS} if row else {}
    form = RechargeForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            return _save(request, form)
        except InvalidAmount as error:
            for fault in error.errors:
                form.add_error(fault["field"], fault["detail"])
    unreachable, card_url = False, ""
    try:
        card_url = look_for_card(row) if row else ""
    except (PaymentUnavailable, PaymentsOff):
        unreachable = True
    context = {
        "form": form,
        "currency": currency,
        "recharge": described(row),
        "card_url": card_url,
        "unreachable": unreachable,
    }
    return render(request, "credit/recharge.html", context, status=422 if form.errors else 200)


def _save(request: TenantRequest, form: RechargeForm) -> HttpResponse:
    """Without a card, or to replace it, the provider's page comes next; the address of this one goes on from here."""
    currency, here = request.tenant.currency, reverse("credit:recharge")
    row = set_recharge(request.member, **{name: _amount(name, form, currency) for name in FIELDS})
    if row.card and "new_card" not in request.POST:
        messages.success(request, _("Automatic recharge is on."))
        return redirect("credit:overview")
    begin_card(
        row,
        request.member,
        email=request.user.email,
        back=request.build_absolute_uri(here),
        language=LANGUAGES.get(get_language() or "", "auto"),
    )
    return redirect(f"{here}#card")


def _amount(name: str, form: RechargeForm, currency: str) -> int:
    try:
        return parse_amount(form.cleaned_data[name], currency)
    except InvalidAmount as error:
        raise InvalidAmount(str(error.message), field=name) from error


@require_POST
@require_permission(Permission.TOP_UP)
def off(request: TenantRequest) -> HttpResponse:
    """Spending less needs no second password."""
    switch_off(request.member)
    messages.success(request, _("Automatic recharge is off, and the card is forgotten."))
    return redirect("credit:overview")
