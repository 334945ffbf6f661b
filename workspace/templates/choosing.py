"""Choosing a template to send: one card a name, its languages together; what cannot be sent is shown with why not."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from django.http import QueryDict
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _

from templates_app.explanations import explanation_of
from templates_app.languages import language_name
from templates_app.lifecycle import LOCAL, Category, Quality
from templates_app.markup import Span, spans
from templates_app.models import Template
from templates_app.rendering import examples_of
from tenants.models import Member
from tenants.roles import Permission
from workspace.templates.listing import narrow
from workspace.templates.looks import HEADER_ICONS, Look, quality_look, status_look

MOST = 60  # cards; more are found by searching
MOST_READ = 2000  # languages of all names
FILTERS = ("q", "category", "language", "quality")
_BEST = [Quality.HIGH, Quality.MEDIUM, Quality.UNKNOWN, Quality.LOW]


@dataclass(frozen=True)
class Language:
    """One language of a name; `obstacle` is why it cannot be sent, "" where it can."""

    template: int
    name: str
    look: Look
    url: str
    obstacle: str


@dataclass(frozen=True)
class Card:
    """A name on one account, as its first language that can be sent shows it."""

    name: str
    account: str
    category: str | Promise
    quality: Look
    header_icon: str
    body: list[Span]
    languages: list[Language]

    @property
    def sendable(self) -> bool:
        return any(not language.obstacle for language in self.languages)


def obstacle_of(template: Template) -> str:
    """Why a template cannot be sent now, in the reader's language; "" where it can."""
    if not template.sendable:
        if template.status in LOCAL:
            return _("Not submitted to Meta yet.")
        explained = explanation_of(template.status, template.reason)
        return str(explained.cause) if explained else str(template.get_status_display())
    if foreign := template.content.foreign:
        return _("It has parts that cannot be sent from here: {parts}.").format(parts=", ".join(foreign))
    return ""


def picker_context(query: QueryDict, accounts: Collection[int] | None, member: Member) -> dict[str, Any]:
    """The picker's cards and filters. `accounts`: ids of the WhatsApp accounts it chooses among; None = all."""
    wanted = {name: value for name in FILTERS if (value := query.get(name, "").strip())}
    among = Template.objects.present()
    if accounts is not None:
        among = among.filter(account_id__in=accounts)
    cards = _cards(narrow(among, wanted).select_related("account"))
    good = [card for card in cards if card.sendable]
    codes = among.order_by("language").values_list("language", flat=True).distinct()
    return {
        "cards": good[:MOST],
        "more": max(len(good) - MOST, 0),
        "others": [card for card in cards if not card.sendable][:MOST],
        "wanted": wanted,
        "categories": Category.choices,
        "qualities": Quality.choices,
        "languages": [(code, language_name(code)) for code in codes],
        "manages": member.may(Permission.MANAGE_TEMPLATES),
    }


def _cards(found: Any) -> list[Card]:
    ordered = found.order_by("name", "account_id", "language")[:MOST_READ]
    return [
        _card(list(group)) for _key, group in groupby(ordered, key=lambda one: (one.name, one.account_id))
    ]


def _card(templates: list[Template]) -> Card:
    languages = [_language(one) for one in templates]
    sendable = [one for one, language in zip(templates, languages, strict=True) if not language.obstacle]
    first = (sendable or templates)[0]
    header = first.content.header
    quality = min((Quality(one.quality) for one in sendable or templates), key=_BEST.index)
    return Card(
        name=first.name,
        account=first.account.name,
        category=first.get_category_display(),
        quality=quality_look(quality),
        header_icon=HEADER_ICONS.get(header.kind, "") if header else "",
        body=spans(first.content.body, examples_of(first.content)),
        languages=languages,
    )


def _language(template: Template) -> Language:
    return Language(
        template.pk,
        template.language_name,
        status_look(template.status),
        reverse("templates:detail", args=[template.pk]),
        obstacle_of(template),
    )
