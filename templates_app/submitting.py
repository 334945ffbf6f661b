"""What is asked of Meta: take a template, change it, delete it.

A template is claimed before the call and booked after it. Where the answer is lost nothing is booked: the next sync,
which is rung for at once, finds what became of it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

import structlog
from django.db import transaction
from django.utils import timezone

from channels.adapters.base import CallFailed, OutcomeKind, Reason
from channels.adapters.meta.whatsapp import templates as meta
from templates_app.connection import Connection, connect
from templates_app.content import MEDIA_HEADERS, Content, write_components
from templates_app.errors import InvalidTemplate, MetaUnavailable, NotDeletable, NothingChanged, RefusedByMeta
from templates_app.explanations import refusal
from templates_app.lifecycle import DELETABLE, SENDABLE, Status, read_status
from templates_app.models import HistoryKind, Template
from templates_app.services import (
    discard_edit,
    note,
    problems_of,
    require_edit_allowed,
    require_editable,
    require_free_name,
)
from templates_app.syncing import TOPIC
from templates_app.verdicts import Before, News, apply_news, take_over, tell_others
from templates_app.wishes import want_sync
from tenants import audit, live
from tenants.errors import DomainError, WrongStatus
from tenants.models import Member
from tenants.roles import Permission

log = structlog.get_logger(__name__)


def submit(template: Template, *, by: Member) -> bool:
    """Have Meta review what is written; False where its answer was lost and a sync has to tell.

    Raises InvalidTemplate, NameTaken, NameRests, NotEditable, NothingChanged, EditTooSoon, NoUsableNumber, WrongStatus,
    RefusedByMeta, MetaUnavailable; then nothing was submitted and what is written is kept.
    """
    by.require(Permission.MANAGE_TEMPLATES)
    require_editable(template)
    if template.edited is None:
        raise NothingChanged
    if problems := problems_of(template):
        raise InvalidTemplate(problems)
    if template.meta_id:
        require_edit_allowed(template, timezone.now())
        act = _edit
    else:
        require_free_name(template.account, template.name, template.language, but=template)
        act = _create
    with connect(template.account, uploading=template.header_media is not None) as line:
        known = act(template, line, by)
    live.publish(template.tenant_id, TOPIC)
    return known


def _create(template: Template, line: Connection, by: Member) -> bool:
    now = timezone.now()
    drafts = Template.objects.filter(pk=template.pk, status=Status.DRAFT)
    if not drafts.update(status=Status.UNCONFIRMED, submitted_at=now):
        raise WrongStatus
    template.status, template.submitted_at = Status.UNCONFIRMED, now

    def release() -> None:
        Template.objects.filter(pk=template.pk, status=Status.UNCONFIRMED).update(status=Status.DRAFT)
        template.status = Status.DRAFT

    content = _uploaded(template, line, release)
    request = meta.create_template(
        line.waba_id,
        line.credentials,
        name=template.name,
        language=template.language,
        category=template.written_category,
        parameter_format="NAMED" if content.named else "POSITIONAL",
        components=write_components(content),
    )
    try:
        answer = meta.read_create(line.ask(request))
    except CallFailed as failure:
        return _after_failure(template, failure, release)
    _book_created(template, answer, content, by, now)
    return True


@transaction.atomic
def _book_created(
    template: Template, answer: meta.Submitted, content: Content, by: Member, at: datetime
) -> None:
    """A verdict by webhook may have been faster than this answer: it stands."""
    row = Template.objects.select_for_update().get(pk=template.pk)
    note(row, HistoryKind.SUBMITTED, by, at=at)
    if row.status == Status.UNCONFIRMED:
        row.meta_id, row.edited, row.status = answer.template_id, None, Status.DRAFT
        row.components, row.named = write_components(content), content.named
        row.category = template.written_category
        apply_news(row, News(read_status(answer.status), category=answer.category), timezone.now())
        row.heard_at = timezone.now()
        row.save()
    audit.record(by, "template.submitted", row, name=row.name, language=row.language)
    template.refresh_from_db()


def _edit(template: Template, line: Connection, by: Member) -> bool:
    content = _uploaded(template, line, lambda: None)
    changed = template.written_category != template.category
    request = meta.edit_template(
        template.meta_id,
        line.credentials,
        category=template.written_category if changed else "",
        parameter_format="NAMED" if content.named else "POSITIONAL",
        components=write_components(content),
    )
    try:
        meta.read_edit(line.ask(request))
    except CallFailed as failure:
        return _after_failure(template, failure, lambda: None)
    _book_edited(template, content, by)
    _look_up(template, line)
    return True


@transaction.atomic
def _book_edited(template: Template, content: Content, by: Member) -> None:
    row = Template.objects.select_for_update().get(pk=template.pk)
    before = Before.of(row)
    note(row, HistoryKind.EDITED, by, before=row.status)
    row.components, row.named = write_components(content), content.named
    row.category, row.edited = row.written_category, None
    row.submitted_at = timezone.now()
    row.save()
    tell_others([(row, before)])
    audit.record(by, "template.edited", row, name=row.name, language=row.language)
    template.refresh_from_db()


def _look_up(template: Template, line: Connection) -> None:
    """Whether an edited template may be sent until its review is over, Meta says in its state only."""
    asked_at = timezone.now()
    try:
        state = meta.read_one(line.ask(meta.one_template(template.meta_id, line.credentials)))
    except CallFailed as failure:
        log.info("template_not_looked_up", template=template.pk, error=str(failure))
        want_sync(template.account)
        return
    with transaction.atomic():
        row = Template.objects.select_for_update().get(pk=template.pk)
        take_over(row, state, asked_at)
    template.refresh_from_db()


def delete(template: Template, *, by: Member) -> bool:
    """Delete this language of the name at Meta, or throw a draft away; False where Meta's answer was lost.

    Raises NotDeletable, NoUsableNumber, RefusedByMeta, MetaUnavailable; then nothing was deleted.
    """
    by.require(Permission.MANAGE_TEMPLATES)
    if template.status == Status.DRAFT and not template.meta_id:
        discard_edit(template, by=by)
        return True
    if template.status not in DELETABLE:
        raise NotDeletable
    with connect(template.account) as line:
        request = meta.delete_template(
            line.waba_id, line.credentials, template_id=template.meta_id, name=template.name
        )
        try:
            meta.read_delete(line.ask(request))
        except CallFailed as failure:
            if not _is_gone(failure):
                return _after_failure(template, failure, lambda: None)
    _book_deleted(template, by)
    live.publish(template.tenant_id, TOPIC)
    return True


@transaction.atomic
def _book_deleted(template: Template, by: Member) -> None:
    row = Template.objects.select_for_update().get(pk=template.pk)
    before = Before.of(row)
    note(row, HistoryKind.DELETED, by, before=row.status)
    row.status, row.deleted_at, row.edited = Status.DELETED, timezone.now(), None
    row.heard_at = row.updated_at = timezone.now()
    row.approved_once |= before.sendable or row.status in SENDABLE
    row.save()
    audit.record(by, "template.deleted", row, name=row.name, language=row.language)
    tell_others([(row, before)])
    template.refresh_from_db()


def _is_gone(failure: CallFailed) -> bool:
    """The object does not exist any more: somebody was faster."""
    return failure.outcome.provider_code == "100/33"


def _uploaded(template: Template, line: Connection, release: Callable[[], None]) -> Content:
    """What is written, its example file uploaded. Where that fails nothing was submitted."""
    content, media = template.written, template.header_media
    if media is None or content.header is None or content.header.kind not in MEDIA_HEADERS:
        return content
    try:
        request = meta.begin_upload(
            line.app_id, line.credentials, name=media.name, mime=media.mime, size=media.bytes
        )
        session = meta.read_upload_session(line.ask(request))
        with media.file.open("rb") as file:
            handle = meta.read_upload(line.ask(meta.upload(session, file.read(), line.credentials)))
    except CallFailed as failure:
        release()
        raise _refusal(failure) from failure
    return replace(content, header=replace(content.header, handle=handle))


def _after_failure(template: Template, failure: CallFailed, release: Callable[[], None]) -> bool:
    """False where nobody knows what Meta did. Raises where it did nothing."""
    if failure.outcome.kind is OutcomeKind.UNKNOWN:
        log.warning("template_answer_lost", template=template.pk, error=str(failure))
        want_sync(template.account)
        return False
    release()
    if failure.outcome.provider_code == "100/2388024":  # it is there already: somebody made it elsewhere
        want_sync(template.account)
    raise _refusal(failure) from failure


def _refusal(failure: CallFailed) -> DomainError:
    outcome = failure.outcome
    if outcome.kind is not OutcomeKind.REFUSED or outcome.reason is Reason.PROVIDER_UNAVAILABLE:
        return MetaUnavailable()
    return RefusedByMeta(refusal(outcome))
