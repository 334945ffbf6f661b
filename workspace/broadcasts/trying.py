"""Trying a broadcast on one chat before many get it, such as one's own with the shop."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from campaigns.audience import audience_of
from campaigns.drafts import draft_of
from campaigns.models import Campaign, CampaignKind
from campaigns.trying import chats_to_try, send_test
from conversations.filters import MAX_SEARCH, ConversationFilter
from conversations.models import ConversationQuerySet
from templates_app.models import Template
from tenants.errors import Invalid
from tenants.requests import TenantRequest
from workspace.broadcasts.access import for_senders
from workspace.broadcasts.drafting import own_campaign, read_draft
from workspace.inbox.rows import Row, window_of

MOST = 20  # chats at once; others are found by searching


@require_http_methods(["GET", "POST"])
@for_senders
def test(request: TenantRequest, number: int) -> HttpResponse:
    """The chats one may choose among, searched by `q`; posted with what stands in the composer, `chat` gets it."""
    campaign = own_campaign(request, number)
    chats = _chats(request, campaign).select_related("customer", "contact", "channel")
    if request.method == "GET":
        return render(request, "broadcasts/test_chats.html", {"campaign": campaign, "rows": _rows(chats)})
    given = request.POST.get("chat", "")
    if not given.isdecimal():
        raise Invalid(_("Choose a chat."))
    chat = get_object_or_404(chats, number=int(given[:18]))
    draft = read_draft(request.POST, audience_of(campaign.audience), campaign.kind)
    send_test(request.member, draft, chat)
    words = _("The test is on its way to chat #{number}.").format(number=chat.number)
    response = render(request, "_toast.html", {"text": words, "tone": "success"})
    response["HX-Retarget"], response["HX-Reswap"] = "#toasts", "beforeend"
    return response


def _chats(request: TenantRequest, campaign: Campaign) -> ConversationQuerySet:
    """Of a template those on its account."""
    seen = chats_to_try(request.member, campaign.kind)
    words = request.GET.get("q", "").strip()[:MAX_SEARCH]
    if campaign.kind != CampaignKind.TEMPLATE:
        return ConversationFilter(q=words).apply(seen, request.member)
    picked = draft_of(campaign).template
    template = Template.objects.filter(pk=picked.template).first() if picked else None
    if template is None:
        raise Invalid(_("Choose a template."))
    return ConversationFilter(q=words, account=str(template.account_id)).apply(seen, request.member)


def _rows(chats: ConversationQuerySet) -> list[Row]:
    now = timezone.now()
    newest = chats.order_by("-last_message_at", "-pk")[:MOST]
    return [Row(chat, window_of(chat.contact, chat.channel.kind, now)) for chat in newest]
