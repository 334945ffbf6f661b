"""A template's customers over more than one WhatsApp account: the selection is never trimmed silently (S2-28..32)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from django.http import HttpResponse
from django.shortcuts import render

from campaigns.audience import Audience, Filtered, Picked
from campaigns.errors import AccountChats, AccountConflict
from tenants.models import Member
from tenants.requests import TenantRequest
from workspace.broadcasts.purposes import Purpose
from workspace.broadcasts.selection import change_selection


@dataclass(frozen=True)
class Side:
    """The chats on one WhatsApp account; `numbers` or `query` are the selection without the others, "" both where it
    cannot be told apart."""

    name: str
    chats: int
    numbers: str = ""
    query: str = ""


def ask(
    request: TenantRequest, accounts: Sequence[AccountChats], audience: Audience, purpose: Purpose
) -> HttpResponse:
    """The prompt: over the selection where htmx asked from there, else as a page."""
    context = {
        "text": AccountConflict.message,
        "sides": [_side(account, audience, request.member) for account in accounts],
        "purpose": purpose,
        "over_selection": bool(request.htmx),
        "change_selection": change_selection(purpose=purpose),
    }
    if not request.htmx:
        return render(request, "broadcasts/conflict.html", context, status=AccountConflict.status)
    response = render(request, "broadcasts/_conflict.html", context, status=AccountConflict.status)
    response["HX-Retarget"] = "#faults"
    return response


def _side(account: AccountChats, audience: Audience, member: Member) -> Side:
    kept = audience.on_account(account.id, member) if account.id else None
    numbers = ",".join(map(str, kept.numbers)) if isinstance(kept, Picked) else ""
    query = kept.filter.to_query() if isinstance(kept, Filtered) else ""
    return Side(account.name, account.chats, numbers, query)
