"""Picking the template of a broadcast: only what can be sent to the chosen people's WhatsApp account can be picked."""

from __future__ import annotations

from dataclasses import replace

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from campaigns.accounts import accounts_chosen
from campaigns.audience import Audience
from campaigns.drafts import TemplateDraft, draft_of
from campaigns.errors import AccountChats, AccountConflict
from campaigns.models import Campaign, CampaignKind, Status
from campaigns.services import update_draft
from channels.models import WhatsAppAccount
from templates_app.content import MEDIA_HEADERS, HeaderKind
from templates_app.models import Template
from tenants.errors import Invalid
from tenants.models import Member
from tenants.requests import TenantRequest
from workspace.broadcasts import conflict
from workspace.broadcasts.access import for_senders
from workspace.broadcasts.drafting import own_campaign
from workspace.broadcasts.purposes import TEMPLATES
from workspace.templates.choosing import obstacle_of, picker_context


@require_http_methods(["GET", "POST"])
@for_senders
def pick(request: TenantRequest, number: int) -> HttpResponse:
    """The picker of a draft; a click on a language opens the composer with it. What was filled in before is kept where
    the new template has a value of the same name."""
    campaign = own_campaign(request, number)
    if campaign.status != Status.DRAFT or campaign.kind != CampaignKind.TEMPLATE:
        return redirect("campaigns:edit", number=number)
    draft = draft_of(campaign)
    chosen = _accounts(draft.audience, request.member)
    if len(chosen) > 1:
        return conflict.ask(request, chosen, draft.audience, TEMPLATES)
    accounts = {account.id for account in chosen if account.id} or None
    if request.method == "POST":
        return _picked(request, campaign, accounts)
    context = picker_context(request.GET, accounts, request.member) | {
        "campaign": campaign,
        "picked": draft.template,
        "method": "post",
        "account": WhatsAppAccount.objects.filter(pk__in=accounts).first() if accounts else None,
        "several_accounts": accounts is None,
    }
    page = "template_sending/_picker.html#choices" if request.htmx else "broadcasts/pick.html"
    return render(request, page, context)


def _accounts(audience: Audience, member: Member) -> list[AccountChats]:
    """Of the chosen people; none where the selection itself is at fault, which the composer says."""
    try:
        return accounts_chosen(member, audience)
    except Invalid:
        return []


def _picked(request: TenantRequest, campaign: Campaign, accounts: set[int] | None) -> HttpResponse:
    given = request.POST.get("template", "")
    among = Template.objects.present().filter(pk=int(given[:18]) if given.isdecimal() else 0)
    if accounts is not None:
        among = among.filter(account_id__in=accounts)
    template = among.first()
    why = obstacle_of(template) if template else str(AccountConflict.message)
    if template is None or why:
        messages.error(request, why)
        return redirect("campaigns:template", number=campaign.number)
    draft = draft_of(campaign)
    update_draft(campaign, request.member, replace(draft, template=carried_over(draft.template, template)))
    return redirect("campaigns:edit", number=campaign.number)


def carried_over(former: TemplateDraft | None, template: Template) -> TemplateDraft:
    """A draft of `template` with what was filled in before, as far as it has a place there."""
    if former is None:
        return TemplateDraft(template.pk)
    names = {parameter.name for parameter in template.content.parameters}
    kind = template.content.header.kind if template.content.header else None
    return TemplateDraft(
        template.pk,
        {name: text for name, text in former.values.items() if name in names},
        former.header_media if kind in MEDIA_HEADERS else "",
        former.place if kind is HeaderKind.LOCATION else None,
    )
