"""At what balance the owners are told."""

from __future__ import annotations

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from billing.alerts import alert_level, set_alert
from billing.errors import InvalidAmount
from billing.money import parse_amount, written
from tenants.requests import TenantRequest, require_permission
from tenants.roles import Permission


class AlertForm(forms.Form):
    level = forms.CharField(
        label=gettext_lazy("Tell the owner below"),
        max_length=20,
        required=False,
        widget=forms.TextInput({"inputmode": "decimal"}),
    )


@require_http_methods(["GET", "POST"])
@require_permission(Permission.TOP_UP)
def alert(request: TenantRequest) -> HttpResponse:
    """Set the level, or leave it empty for none."""
    currency = request.tenant.currency
    level = alert_level(currency)
    form = AlertForm(
        request.POST or None, initial={"level": "" if level is None else written(level, currency)}
    )
    if request.method == "POST" and form.is_valid():
        text = form.cleaned_data["level"].strip()
        try:
            set_alert(request.member, parse_amount(text, currency) if text else None)
        except InvalidAmount as error:
            form.add_error("level", str(error.message))
        else:
            messages.success(request, _("The alert is set.") if text else _("The alert is off."))
            return redirect("credit:overview")
    context = {"form": form, "currency": currency}
    return render(request, "credit/alert.html", context, status=422 if form.errors else 200)
