"""A new template's first step: account, name, language, category. Also the way a template is duplicated."""

from __future__ import annotations

from typing import Any

from django import forms
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods

from channels.models import WhatsAppAccount
from templates_app.languages import LANGUAGES
from templates_app.lifecycle import Category
from templates_app.models import Template
from templates_app.rules import CATEGORIES, MAX_NAME
from templates_app.services import create_draft, duplicate
from tenants.errors import Invalid
from tenants.requests import TenantRequest, require_permission
from tenants.roles import Permission

_USUAL = {"zh-hant": "zh_HK", "zh-hans": "zh_CN"}


class StartForm(forms.Form):
    account = forms.ModelChoiceField(
        WhatsAppAccount.objects.none(), label=_("WhatsApp account"), empty_label=None
    )
    name = forms.CharField(
        label=_("Name"),
        max_length=MAX_NAME,
        help_text=_("Small letters, digits and underscores. Customers never see it."),
    )
    language = forms.ChoiceField(label=_("Language"), choices=list(LANGUAGES.items()))
    category = forms.ChoiceField(
        label=_("Category"),
        choices=[(value, Category(value).label) for value in CATEGORIES],
        widget=forms.RadioSelect,
        help_text=_("Meta decides in the end: what promotes or invites counts as marketing."),
    )

    def __init__(self, *args: Any, copying: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        accounts = self.fields["account"]
        if isinstance(accounts, forms.ModelChoiceField):
            accounts.queryset = WhatsAppAccount.objects.order_by("pk")
        if copying:
            del self.fields["category"]


@require_http_methods(["GET", "POST"])
@require_permission(Permission.MANAGE_TEMPLATES)
def new(request: TenantRequest) -> HttpResponse:
    """`?from=` names the template to begin with."""
    source = _source(request.GET.get("from", ""))
    form = StartForm(request.POST or None, copying=source is not None, initial=_initial(source))
    if request.method == "POST" and form.is_valid():
        try:
            made = _make(request, form.cleaned_data, source)
        except Invalid as error:
            for fault in error.errors or [{"field": "", "detail": str(error.message)}]:
                form.add_error(fault["field"] if fault["field"] in form.fields else None, fault["detail"])
        else:
            return redirect("templates:edit", template=made.pk)
    context = {"form": form, "source": source, "has_accounts": WhatsAppAccount.objects.exists()}
    return render(request, "whatsapp_templates/new.html", context, status=422 if form.is_bound else 200)


def _source(given: str) -> Template | None:
    if not given.isdecimal():
        return None
    return Template.objects.select_related("account", "header_media").filter(pk=int(given[:18])).first()


def _initial(source: Template | None) -> dict[str, Any]:
    if source is None:
        return {"language": _USUAL.get(get_language() or "", "en"), "category": Category.UTILITY}
    return {"account": source.account_id, "name": source.name}


def _make(request: TenantRequest, data: dict[str, Any], source: Template | None) -> Template:
    if source is None:
        return create_draft(
            data["account"],
            by=request.member,
            name=data["name"],
            language=data["language"],
            category=data["category"],
        )
    return duplicate(
        source, by=request.member, account=data["account"], name=data["name"], language=data["language"]
    )
