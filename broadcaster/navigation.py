"""The pages of the left rail and what else every page's frame needs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_GET

from tenants.doors import Membership
from tenants.models import Member
from tenants.requests import TenantRequest, for_every_member
from tenants.roles import Permission


@dataclass(frozen=True)
class Page:
    """One entry: shown to members with the permission (None: to all); current where its address begins the path, and
    none of those `inside` it does."""

    label: Promise | str
    icon: str
    url_name: str
    permission: Permission | None
    inside: tuple[Page, ...] = ()


# In the order of the rail; a phone's bottom bar takes the first three.
PAGES = [
    Page(_("Inbox"), "inbox", "inbox:list", Permission.VIEW_CONVERSATIONS),
    Page(
        _("Broadcasts"),
        "send",
        "campaigns:list",
        Permission.VIEW_CAMPAIGNS,
        inside=(
            Page(_("By chats"), "hash", "campaigns:by_chats", Permission.VIEW_CAMPAIGNS),
            Page(_("Bound customers"), "user-check", "campaigns:bound", Permission.SEND_CAMPAIGNS),
        ),
    ),
    Page(_("Templates"), "layout-template", "templates:list", Permission.VIEW_TEMPLATES),
    Page(_("Credit"), "wallet", "credit:overview", Permission.VIEW_CREDIT),
    Page(_("Reports"), "chart-column", "reports:links", Permission.VIEW_CAMPAIGNS),
    Page(_("Channels"), "radio", "channels:list", Permission.VIEW_CHANNELS),
    Page(_("Settings"), "settings", "tenants:settings", None),
]

# Inside the settings.
SETTINGS = [
    Page(_("Profile"), "user", "tenants:profile", None),
    Page(_("Saved replies"), "bookmark", "saved_replies:list", Permission.REPLY),
    Page(_("Team"), "building-2", "tenants:team_settings", Permission.MANAGE_TENANT),
    Page(_("Quiet hours"), "moon", "tenants:quiet_hours", Permission.MANAGE_TENANT),
    Page(_("Members"), "users", "tenants:members", Permission.MANAGE_MEMBERS),
    Page(_("API tokens"), "key-round", "tenants:tokens", Permission.MANAGE_TOKENS),
    Page(_("Audit log"), "scroll-text", "tenants:audit", Permission.VIEW_AUDIT),
]


def _allowed(pages: list[Page], member: Member, path: str) -> list[dict[str, Any]]:
    """The pages this member's roles may open, with their addresses."""
    return [
        _entry(page, member, path) for page in pages if page.permission is None or member.may(page.permission)
    ]


def _entry(page: Page, member: Member, path: str) -> dict[str, Any]:
    url, inside = reverse(page.url_name), _allowed(list(page.inside), member, path)
    within = path.startswith(url)
    return {
        "label": page.label,
        "icon": page.icon,
        "url": url,
        "inside": inside,
        "within": within,
        "current": within and not any(entry["current"] for entry in inside),
    }


@require_GET
@for_every_member
def home(request: TenantRequest) -> HttpResponse:
    """The first page of the rail."""
    return redirect(_allowed(PAGES, request.member, request.path)[0]["url"])


def frame(request: HttpRequest) -> dict[str, Any]:
    """Context processor: language tag, theme, rail, teams, and the real team beside which this one rehearses. Asks the
    database nothing."""
    member = getattr(request, "member", None)
    memberships: list[Membership] = getattr(request, "memberships", [])
    beside = request.tenant.rehearses_id if hasattr(request, "tenant") else None
    user = getattr(request, "user", None)
    return {
        "language_tag": LANGUAGE_TAGS.get(get_language() or "", "en"),
        "theme": user.theme if user and user.is_authenticated else "",
        "narrow_rail": request.COOKIES.get("rail") == "narrow",
        "navigation": _allowed(PAGES, member, request.path) if member else [],
        "settings_pages": _allowed(SETTINGS, member, request.path) if member else [],
        "memberships": [one for one in memberships if one.rehearses is None],
        "rehearses": next((one for one in memberships if one.tenant_id == beside), None) if beside else None,
    }


# As BCP 47 writes them: the style sheet and assistive technology choose the CJK face and voice by them.
LANGUAGE_TAGS = {"en": "en", "zh-hant": "zh-Hant", "zh-hans": "zh-Hans"}
assert LANGUAGE_TAGS.keys() == dict(settings.LANGUAGES).keys()  # noqa: S101
