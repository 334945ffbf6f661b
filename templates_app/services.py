"""What members do with templates before Meta hears of it: write, copy, throw away. Raises NotAllowed throughout."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _

from channels.models import Media, WhatsAppAccount
from templates_app.content import MEDIA_HEADERS, Content, write_components
from templates_app.errors import EditTooSoon, InvalidTemplate, NameRests, NameTaken, NotEditable
from templates_app.lifecycle import EDITABLE, NAME_RESTS, SENDABLE, Status, next_edit_at
from templates_app.models import HistoryEntry, HistoryKind, Template
from templates_app.rules import Problem, content_problems, name_problems, setting_problems
from templates_app.syncing import TOPIC
from templates_app.wishes import want_sync
from tenants import audit, live
from tenants.models import Member
from tenants.roles import Permission


@transaction.atomic
def create_draft(
    account: WhatsAppAccount,
    *,
    by: Member,
    name: str,
    language: str,
    category: str,
    content: Content | None = None,
    header_media: Media | None = None,
) -> Template:
    """A template nobody but the team knows yet. Its words may be incomplete, its name and language must be good.

    Raises InvalidTemplate, NameTaken, NameRests.
    """
    by.require(Permission.MANAGE_TEMPLATES)
    if problems := [*name_problems(name), *setting_problems(category, language)]:
        raise InvalidTemplate(problems)
    require_free_name(account, name, language)
    content = content or Content()
    template = Template(
        tenant=by.tenant,
        account=account,
        name=name,
        language=language,
        category=category,
        named=content.named,
        edited=_edited(content, category),
        header_media=header_media,
        created_by=by,
    )
    try:
        with transaction.atomic():
            template.save()
    except IntegrityError as error:
        raise NameTaken from error
    note(template, HistoryKind.CREATED, by)
    audit.record(by, "template.drafted", template, name=name, language=language)
    live.publish(by.tenant_id, TOPIC)
    return template


@transaction.atomic
def save_edit(
    template: Template, *, by: Member, category: str, content: Content, header_media: Media | None = None
) -> None:
    """Keep what a member is writing, complete or not; Meta hears of it when it is submitted. The category of an
    approved template stays. Raises NotEditable."""
    by.require(Permission.MANAGE_TEMPLATES)
    row = Template.objects.select_for_update().get(pk=template.pk)
    require_editable(row)
    if row.status in SENDABLE:
        category = row.category
    row.edited = _edited(content, category)
    same_file = row.header_media_id == (header_media.pk if header_media else None)
    if row.meta_id and same_file and (content.words, category) == (row.content.words, row.category):
        row.edited = None
    row.header_media = header_media
    row.updated_at = timezone.now()
    if not row.meta_id:
        row.category, row.named = category, content.named
    row.save(update_fields=["edited", "header_media", "updated_at", "category", "named"])
    template.refresh_from_db()


@transaction.atomic
def rename_draft(template: Template, name: str, *, by: Member) -> None:
    """Raises NotEditable once Meta knows the template; InvalidTemplate, NameTaken, NameRests."""
    by.require(Permission.MANAGE_TEMPLATES)
    if template.status != Status.DRAFT or template.meta_id:
        raise NotEditable
    if problems := name_problems(name):
        raise InvalidTemplate(problems)
    require_free_name(template.account, name, template.language, but=template)
    template.name = name
    try:
        with transaction.atomic():
            template.save(update_fields=["name"])
    except IntegrityError as error:
        raise NameTaken from error


@transaction.atomic
def discard_edit(template: Template, *, by: Member) -> None:
    """Throw away what was written and not submitted; a draft is gone then. Raises NotEditable where nothing is."""
    by.require(Permission.MANAGE_TEMPLATES)
    if template.status == Status.DRAFT and not template.meta_id:
        audit.record(by, "template.draft_discarded", template, name=template.name, language=template.language)
        template.delete()
    elif template.edited is not None:
        template.edited = None
        template.save(update_fields=["edited"])
    else:
        raise NotEditable
    live.publish(by.tenant_id, TOPIC)


def duplicate(
    template: Template, *, by: Member, account: WhatsAppAccount, name: str, language: str
) -> Template:
    """A draft with the same words under another name, in another language or on another account."""
    by.require(Permission.MANAGE_TEMPLATES)
    content = template.written
    if content.foreign:
        raise InvalidTemplate(content_problems(content))
    if content.header:
        content = replace(content, header=replace(content.header, handle=""))
    return create_draft(
        account,
        by=by,
        name=name,
        language=language,
        category=template.written_category,
        content=content,
        header_media=template.header_media,
    )


def request_sync(*, by: Member, account: WhatsAppAccount | None = None) -> int:
    """Have templates read from Meta, of one account or of all; returns of how many."""
    by.require(Permission.MANAGE_TEMPLATES)
    accounts = [account] if account else list(WhatsAppAccount.objects.all())
    for one in accounts:
        want_sync(one)
    return len(accounts)


# --- What must hold --------------------------------------------------------------------------------------------


def problems_of(template: Template) -> list[Problem]:
    """Everything that keeps what is written from being submitted."""
    return [
        *name_problems(template.name),
        *setting_problems(template.written_category, template.language),
        *content_problems(template.written, template.example_file),
    ]


def require_editable(template: Template) -> None:
    """Raises NotEditable: by its state, or for parts that this product does not write."""
    if template.status not in EDITABLE or template.content.foreign:
        raise NotEditable


def require_edit_allowed(template: Template, now: datetime) -> None:
    """Raises EditTooSoon, naming when Meta takes the next edit of an approved template."""
    if (when := edit_possible_at(template, now)) is not None:
        words = _(
            "WhatsApp takes one edit of an approved template in 24 hours and ten in 30 days."
            " The next one is possible from {when}."
        )
        raise EditTooSoon(words.format(when=date_format(localtime(when), "SHORT_DATETIME_FORMAT")))


def edit_possible_at(template: Template, now: datetime) -> datetime | None:
    """When Meta takes the next edit; None where it does now."""
    edits = HistoryEntry.objects.filter(
        template=template, kind=HistoryKind.EDITED, before__in=SENDABLE
    ).values_list("at", flat=True)
    return next_edit_at(template.status, list(edits), now)


def require_free_name(
    account: WhatsAppAccount, name: str, language: str, *, but: Template | None = None
) -> None:
    """Raises NameTaken, or NameRests: Meta gives the name of a deleted template free after 30 days."""
    same = Template.objects.filter(account=account, name=name, language=language)
    others = same.exclude(pk=but.pk) if but else same
    if others.present().exists():
        raise NameTaken(errors=[_name_fault(NameTaken.code, str(NameTaken.message))])
    rests = same.filter(
        status=Status.DELETED, approved_once=True, deleted_at__gt=timezone.now() - NAME_RESTS
    ).order_by("-deleted_at")
    if (last := rests.first()) is not None and last.deleted_at is not None:
        free = date_format(localtime(last.deleted_at + NAME_RESTS), "SHORT_DATE_FORMAT")
        words = _(
            "A template of this name was deleted; WhatsApp gives the name free on {date}. Choose another one."
        )
        text = words.format(date=free)
        raise NameRests(text, errors=[_name_fault(NameRests.code, text)])


def note(template: Template, kind: HistoryKind, by: Member | None, **values: Any) -> None:
    """Write what happened into the template's history."""
    HistoryEntry.objects.create(
        tenant_id=template.tenant_id, template=template, kind=kind, member=by, **values
    )


def _name_fault(code: str, text: str) -> dict[str, str]:
    return {"field": "name", "code": code, "detail": text}


def _edited(content: Content, category: str) -> dict[str, Any]:
    if content.header and content.header.kind not in MEDIA_HEADERS:
        content = replace(content, header=replace(content.header, handle=""))
    return {"category": category, "named": content.named, "components": write_components(content)}
