"""A template to one customer, where a plain message is not possible: picked, filled in, sent (S0-14, D-6)."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST

from billing.errors import NoPrice, NoPriceList
from billing.money import shown as money
from campaigns.drafts import TemplateDraft
from campaigns.single import send_single, single_faults
from channels.adapters.base import ChannelKind
from channels.models import Media
from conversations.charges import category_of, obstacle, price_of
from conversations.filters import ConversationFilter
from conversations.models import Conversation
from conversations.variables import LABELS, render_line, values_of
from templates_app.models import Template
from tenants.errors import DomainError, Invalid, NotAllowed, NotFound
from tenants.requests import TenantRequest, require_permission
from tenants.roles import Permission
from workspace.broadcasts.template_draft import Phone, faults_by_field
from workspace.inbox.context import find
from workspace.templates.choosing import obstacle_of, picker_context
from workspace.templates.filling import form_of, read_draft
from workspace.templates.looks import preview_of

NOT_THIS_ONE = gettext_lazy(
    "This template cannot be sent to this customer now. Nothing was sent; pick another one."
)


@require_http_methods(["GET", "POST"])
@require_permission(Permission.REPLY)
def template(request: TenantRequest, number: int) -> HttpResponse:
    """The picker; with `template` in the address the fields of that one; posted, the message leaves."""
    opened = _on_whatsapp(request, number)
    chosen = _chosen(request, opened)
    if chosen is None and request.method == "GET":
        return _picker(request, opened)
    if chosen is None:
        raise Invalid(NOT_THIS_ONE)
    draft = _read(request, chosen)
    if request.method == "POST":
        return _send(request, opened, chosen, draft)
    return render(request, "inbox/template.html", _context(request, opened, chosen, draft))


@require_POST
@require_permission(Permission.REPLY)
def template_shown(request: TenantRequest, number: int) -> HttpResponse:
    """While it is filled in: what is still wrong, and the phone."""
    opened = _on_whatsapp(request, number)
    chosen = _chosen(request, opened)
    if chosen is None:
        raise Invalid(NOT_THIS_ONE)
    context = _context(request, opened, chosen, _read(request, chosen))
    return render(request, "inbox/template_shown.html", context)


def _on_whatsapp(request: TenantRequest, number: int) -> Conversation:
    opened = find(request.member, number)
    if opened.channel.kind != ChannelKind.WHATSAPP:
        raise Invalid(_("Templates go to WhatsApp customers only. Write a plain message instead."))
    return opened


def _back(request: TenantRequest) -> str:
    """The list the conversation stands beside, which the picker's own filters must not be taken for."""
    given = QueryDict(request.GET.get("back", "")).dict()
    return ConversationFilter.parse(given, strict=False).to_query()


def _chosen(request: TenantRequest, opened: Conversation) -> Template | None:
    """The template asked for, of the account the customer writes to, if it can be sent."""
    given = (request.POST if request.method == "POST" else request.GET).get("template", "")
    number = int(given[:18]) if given.isascii() and given.isdigit() else 0
    of_account = Template.objects.present().filter(account=opened.channel.whatsapp_account_id)
    found = of_account.select_related("account").filter(pk=number).first()
    return found if found and not obstacle_of(found) else None


def _picker(request: TenantRequest, opened: Conversation) -> HttpResponse:
    account = opened.channel.whatsapp_account_id
    context = picker_context(request.GET, {account} if account else set(), request.member)
    context |= {"conversation": opened, "method": "get", "back": _back(request)}
    page = "template_sending/_picker.html#choices" if request.htmx else "inbox/pick_template.html"
    return render(request, page, context)


def _read(request: TenantRequest, chosen: Template) -> TemplateDraft:
    return read_draft(request.POST) or TemplateDraft(chosen.pk)


def _context(
    request: TenantRequest, opened: Conversation, chosen: Template, draft: TemplateDraft
) -> dict[str, Any]:
    faults = single_faults(opened, draft)
    media = Media.objects.filter(key=draft.header_media).first() if draft.header_media else None
    form = form_of(chosen.content, draft.values, faults_by_field(faults), media, draft.place)
    known = values_of(opened)
    values = {name: render_line(text, known) for name, text in draft.values.items()}
    preview = preview_of(chosen.content, media, values, draft.place)
    return {
        "conversation": opened,
        "template": chosen,
        "form": form,
        "literals": [(LABELS[name], value) for name, value in known.items() if value],
        "phones": [Phone(opened.customer.name, preview)],
        "reason": form.named(faults[0]) if faults else _unpaid(opened, chosen),
        "cost": _cost(opened, chosen),
        "upload": reverse("inbox:attach", args=[opened.number]),
        "back": _back(request),
        "now": timezone.now(),
    }


def _unpaid(opened: Conversation, chosen: Template) -> str:
    """Why the message cannot be paid for now; "" where it can."""
    found = obstacle(opened.channel, opened.contact, category_of(chosen))
    return str(found.message) if found else ""


def _cost(opened: Conversation, chosen: Template) -> str:
    """What the message costs at most; "" where nothing, or nobody knows it."""
    try:
        price = price_of(opened.channel, opened.contact, category_of(chosen))
    except (NoPrice, NoPriceList):
        return ""
    return money(price.amount, price.currency, places=4) if price else ""


def _send(
    request: TenantRequest, opened: Conversation, chosen: Template, draft: TemplateDraft
) -> HttpResponse:
    """Where it cannot be sent the page says why and keeps what was typed; else one is back in the conversation."""
    try:
        send_single(opened, draft, by=request.member)
    except DomainError as error:
        if error.status in (NotAllowed.status, NotFound.status):
            raise
        messages.error(request, str(error.message))
        context = _context(request, opened, chosen, draft)
        return render(request, "inbox/template.html", context, status=error.status)
    messages.success(request, _("The template is on its way."))
    return redirect(f"{reverse('inbox:conversation', args=[opened.number])}?{_back(request)}")
