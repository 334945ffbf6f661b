"""What Meta decides on a template, by webhook, by an answer or found by a sync: stored once, noted, told.

Webhooks are repeated and come in any order, so each kind of news is weighed by Meta's own time; news from before the
last sync is left alone, for the sync saw what came of it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Q
from django.utils import timezone

from channels.adapters.base import TemplateChange
from channels.adapters.meta.whatsapp.templates import TemplateState
from channels.models import WhatsAppAccount
from templates_app.content import Content
from templates_app.hooks import hooks
from templates_app.lifecycle import LOCAL, SENDABLE, Quality, Status, read_quality, read_status
from templates_app.models import HistoryEntry, HistoryKind, Template, content_of

CLOCKS_DIFFER = timedelta(seconds=60)  # Meta's and ours, at most


@dataclass(frozen=True)
class News:
    """What is new. None, or "" for a category, where nothing was said."""

    status: Status | None = None
    reason: str = ""
    explanation: str = ""
    quality: Quality | None = None
    category: str = ""
    next_category: str | None = None


def apply_news(template: Template, news: News, at: datetime) -> bool:
    """Change the template (not saved) and note it in its history; whether anything changed. `at`: when it happened."""
    entries = [*_status(template, news), *_quality(template, news), *_category(template, news)]
    for entry in entries:
        entry.tenant_id, entry.template, entry.at = template.tenant_id, template, at
    HistoryEntry.objects.bulk_create(entries)
    if entries:
        template.updated_at = timezone.now()
    return bool(entries)


def _status(template: Template, news: News) -> Iterable[HistoryEntry]:
    if news.status is None:
        return
    before, template.status = template.status, news.status
    template.approved_once |= news.status in SENDABLE
    if before != news.status or news.reason:
        template.reason, template.explanation = news.reason, news.explanation[:1000]
    if news.status == Status.DELETED:
        template.deleted_at = template.deleted_at or timezone.now()
    if before != news.status:
        yield HistoryEntry(
            kind=HistoryKind.STATUS,
            before=before,
            after=news.status,
            reason=news.reason,
            explanation=news.explanation[:1000],
        )


def _quality(template: Template, news: News) -> Iterable[HistoryEntry]:
    if news.quality is not None and news.quality != template.quality:
        yield HistoryEntry(kind=HistoryKind.QUALITY, before=template.quality, after=news.quality)
        template.quality = news.quality


def _category(template: Template, news: News) -> Iterable[HistoryEntry]:
    if news.category and news.category != template.category:
        yield HistoryEntry(kind=HistoryKind.CATEGORY, before=template.category, after=news.category)
        template.category = news.category
    if news.next_category is None:
        return
    coming = "" if news.next_category == template.category else news.next_category
    if coming and coming != template.next_category:
        yield HistoryEntry(kind=HistoryKind.NOTICE, before=template.category, after=coming)
    template.next_category = coming


@dataclass(frozen=True)
class Before:
    """What others are told about once it is over."""

    sendable: bool
    category: str
    words: Content

    @classmethod
    def of(cls, template: Template) -> Before:
        return cls(template.sendable, template.category, template.content.words)

    def stopped(self, now: Template) -> bool:
        """Whether it can no longer be sent as it was."""
        return self.sendable and not (now.sendable and now.content.words == self.words)


def tell_others(changed: Iterable[tuple[Template, Before]]) -> None:
    """Tell the apps above which of the saved templates cannot be sent as they were, or cost something else now."""
    changed = list(changed)
    if stopped := [template for template, before in changed if before.stopped(template)]:
        hooks.templates_stopped(stopped)
    moved = [one for one, before in changed if before.category not in ("", one.category) and one.meta_id]
    if moved:
        hooks.templates_recategorised(moved)


# --- By webhook -----------------------------------------------------------------------------------------------


def take_in(account: WhatsAppAccount, change: TemplateChange) -> bool:
    """Apply one webhook; False where it can only be understood by asking Meta: a template we do not know, or one that
    was edited elsewhere."""
    template = _find(account, change)
    if template is None or (template.status == Status.DRAFT and not template.meta_id):
        return False
    if template.status == Status.UNCONFIRMED:
        adopt(template, change.template_id)
    before = Before.of(template)
    apply_news(template, _fresh(template, change), change.at)
    template.heard_at = timezone.now()
    template.save()
    tell_others([(template, before)])
    return not change.content_changed


def _find(account: WhatsAppAccount, change: TemplateChange) -> Template | None:
    same = Q(name=change.name, language=change.language)
    if change.template_id:
        same |= Q(meta_id=change.template_id)
    rows = Template.objects.present().filter(same, account=account).select_for_update()
    return max(rows, key=lambda row: row.meta_id == change.template_id, default=None)


def _fresh(template: Template, change: TemplateChange) -> News:
    """What the webhook says, without what newer news has overtaken; notes its time."""
    told = {
        "status": bool(change.status),
        "quality": bool(change.quality),
        "category": bool(change.category or change.next_category),
    }
    fresh = {kind for kind, said in told.items() if said and _is_news(template, kind, change.at)}
    template.told_at = template.told_at | dict.fromkeys(fresh, change.at.timestamp())
    status = "status" in fresh
    # The category that comes along with a verdict says nothing about notices.
    notice = None if change.status else change.next_category
    return News(
        status=read_status(change.status) if status else None,
        reason=change.reason if status else "",
        explanation=change.explanation if status else "",
        quality=read_quality(change.quality) if "quality" in fresh else None,
        category=change.category if "category" in fresh else "",
        next_category=notice if "category" in fresh else None,
    )


def _is_news(template: Template, kind: str, at: datetime) -> bool:
    if template.synced_at is not None and at < template.synced_at - CLOCKS_DIFFER:
        return False
    return at.timestamp() >= float(template.told_at.get(kind, 0))


# --- By asking ------------------------------------------------------------------------------------------------


def take_over(template: Template, state: TemplateState, asked_at: datetime) -> None:
    """Store what Meta answered to a question asked at `asked_at`; what a webhook has told since stays."""
    before = Before.of(template)
    if template.status in LOCAL or template.meta_id != state.template_id:
        adopt(template, state.template_id)
    _take_content(template, state, asked_at)
    if template.heard_at is None or template.heard_at < asked_at:
        apply_news(
            template,
            News(
                read_status(state.status),
                state.rejected_reason,
                "",
                read_quality(state.quality),
                state.category,
                state.next_category,
            ),
            asked_at,
        )
    template.synced_at = asked_at
    template.save()
    tell_others([(template, before)])


def _take_content(template: Template, state: TemplateState, at: datetime) -> None:
    """Meta's words are the template's. What a member wrote and Meta has is no longer pending."""
    named, components = state.parameter_format.upper() == "NAMED", list(state.components)
    before, now = content_of(template.components, template.named).words, content_of(components, named).words
    if template.synced_at is not None and before != now:
        HistoryEntry.objects.create(
            tenant_id=template.tenant_id, template=template, kind=HistoryKind.CONTENT, at=at
        )
    template.components, template.named = components, named
    if template.edited is not None and template.written.words == now:
        template.edited = None


def adopt(template: Template, meta_id: str) -> None:
    """It is at Meta under this id: a draft that turned out to be there, or one that was made anew under its name."""
    if template.status == Status.UNCONFIRMED and template.edited is not None:
        template.components, template.named = template.edited["components"], template.edited["named"]
        template.category, template.edited = template.edited["category"], None
        template.status = Status.DRAFT  # so that its history goes on from there
    template.meta_id = meta_id
