"""What the inbox's templates are given; the number of queries does not depend on how much there is."""

from __future__ import annotations

from typing import Any

from django.shortcuts import get_object_or_404
from django.utils import timezone, translation

from campaigns.models import Campaign, CampaignKind
from campaigns.reports import campaigns_visible_to
from channels.adapters.base import ChannelKind
from channels.models import Channel, WhatsAppAccount
from conversations.errors import TemplateSent, WindowClosed
from conversations.filters import ConversationFilter
from conversations.models import Conversation, ConversationQuerySet
from conversations.replies import Refusal, refusal_of
from conversations.reports import tab_counts
from tenants.models import Member
from tenants.plans import Feature
from tenants.requests import TenantRequest
from tenants.roles import Permission
from workspace.broadcasts.purposes import Purpose, read_purpose
from workspace.broadcasts.setup import EMOJI
from workspace.inbox import selecting, thread
from workspace.inbox.files import choosable
from workspace.inbox.rows import MOST_ROWS, PAGE, read_page, window_of
from workspace.inbox.tabs import tabs_of
from workspace.templatetags.inbox import WINDOW_WORDS


def list_context(request: TenantRequest) -> dict[str, Any]:
    """Tabs, rows and filter panel. Raises Invalid, NotAllowed, PlanRequired."""
    member, purpose = request.member, _selecting(request)
    kind = str(purpose or "")
    wanted, conversations = read_filter(request)
    cursor = request.GET.get("cursor", "")
    page = read_page(conversations, wanted, cursor=cursor, size=_rows(request))
    context: dict[str, Any] = {
        "emoji": EMOJI[translation.get_language() or "en"],
        "page": page,
        "filter": wanted,
        "query": wanted.to_query(select=kind),
        "filter_query": wanted.to_query(),
        "select_query": wanted.to_query(status="in_progress", mine=True, select=CampaignKind.MESSAGE.value),
        "template_query": wanted.to_query(
            status="in_progress", mine=True, channel=None, select=CampaignKind.TEMPLATE.value
        ),
        "cancel_query": wanted.to_query(**dict.fromkeys(_asked_for(wanted, purpose))),
        "next_query": wanted.to_query(select=kind, cursor=page.next) if page.next else "",
        "selecting": purpose,
        "window_words": WINDOW_WORDS,
    }
    if cursor:
        return context
    leads = member.may(Permission.VIEW_ALL_CONVERSATIONS)
    channels, accounts = list(Channel.objects.order_by("pk")), list(WhatsAppAccount.objects.order_by("pk"))
    if purpose and purpose.of_templates:
        channels = [channel for channel in channels if channel.kind == ChannelKind.WHATSAPP]
    return context | {
        "tabs": tabs_of(wanted, tab_counts(member)),
        "gate": selecting.gate_of(member, request.tenant),
        "may_choose_team": member.may(Permission.SEND_TO_TEAM),
        "total": selecting.total_of(conversations) if kind else None,
        "channels": channels,
        "accounts": accounts if len(accounts) > 1 else [],
        "every_account_query": wanted.to_query(account=None, select=kind),
        "of_account": next((one for one in accounts if str(one.pk) == wanted.account), None),
        "members": colleagues() if leads else [],
        "narrowing": len(_conditions(wanted, purpose)),
        "answered": _answered(wanted, member),
        "unanswered_query": wanted.to_query(answered=None, select=kind),
    }


def _answered(wanted: ConversationFilter, member: Member) -> Campaign | None:
    """The broadcast whose answers are shown."""
    return (
        campaigns_visible_to(member).filter(number=int(wanted.answered)).first() if wanted.answered else None
    )


def conversation_context(request: TenantRequest, opened: Conversation) -> dict[str, Any]:
    """Head, thread and reply box; `customer.customer_context` has the panel beside them."""
    now, member = timezone.now(), request.member
    refusal = refusal_of(opened, now)
    may_assign = member.may(Permission.ASSIGN)
    return {
        "conversation": opened,
        "window": window_of(opened.contact, opened.channel.kind, now),
        "thread": thread.read_thread(opened, size=_number(request.GET.get("messages"), thread.PAGE)),
        "refusal": refusal,
        "may_template": _may_template(opened, refusal),
        "may_reply": member.may(Permission.REPLY),
        "accept": choosable(opened.channel.kind),
        "colleagues": colleagues() if may_assign else [],
        "query": list_query(request),
        "now": now,
    }


def _may_template(opened: Conversation, refusal: Refusal | None) -> bool:
    """Whether a template may be sent where a plain message may not."""
    closed = refusal is not None and refusal.code in (WindowClosed.code, TemplateSent.code)
    return closed and opened.channel.kind == ChannelKind.WHATSAPP


def read_filter(request: TenantRequest) -> tuple[ConversationFilter, ConversationQuerySet]:
    """The filter of the address and what it finds among what the member may see."""
    wanted = ConversationFilter.parse(request.GET.dict(), strict=False)
    if purpose := _selecting(request):
        wanted = selecting.selectable(wanted, request.member, purpose)
    return wanted, wanted.apply(Conversation.objects.visible_to(request.member), request.member)


def list_query(request: TenantRequest) -> str:
    """The list an open conversation stands beside, as a query string."""
    return ConversationFilter.parse(request.GET.dict(), strict=False).to_query()


def find(member: Member, number: int) -> Conversation:
    """The conversation with this chat number, if the member may see it; else 404."""
    rows = Conversation.objects.visible_to(member)
    return get_object_or_404(
        rows.select_related("customer__bound_to", "contact", "channel", "assignee"), number=number
    )


def wants(request: TenantRequest, element: str) -> bool:
    """Whether htmx asks for just this element; going back in the history asks for whole pages."""
    htmx = request.htmx
    return bool(htmx and htmx.target == element and not htmx.history_restore_request)


def _selecting(request: TenantRequest) -> Purpose | None:
    """What one selects for; None while not selecting. Raises NotAllowed, PlanRequired."""
    purpose = read_purpose(request.GET.get("select", ""))
    if purpose is not None:
        request.member.require(Permission.SEND_CAMPAIGNS)
        request.tenant.require_feature(Feature.OMO)
    return purpose


def _conditions(wanted: ConversationFilter, purpose: Purpose | None) -> set[str]:
    """What somebody narrowed the list by, beside its tabs."""
    return wanted.to_dict().keys() - {"mine", "status", "q"} - _asked_for(wanted, purpose)


def _asked_for(wanted: ConversationFilter, purpose: Purpose | None) -> set[str]:
    """The conditions that nobody chose: a template goes to WhatsApp, one that is chosen to its account."""
    if purpose is None or not purpose.of_templates:
        return set()
    whole = {"channel"} if wanted.channel == ChannelKind.WHATSAPP else set()
    return whole | ({"account"} if purpose.template else set())


def _rows(request: TenantRequest) -> int:
    """A list brought up to date keeps as many rows as it had."""
    return min(max(_number(request.GET.get("rows"), PAGE), PAGE), MOST_ROWS)


def colleagues() -> list[Member]:
    """Those who can answer customers, by name."""
    return [m for m in Member.objects.filter(active=True).order_by("name") if m.may(Permission.REPLY)]


def _number(raw: str | None, default: int) -> int:
    return int(raw) if raw and raw.isascii() and raw.isdigit() and len(raw) < 6 else default
