"""Reading an account's templates from Meta, page by page. Safe to be cut off anywhere: it begins anew.

What Meta lists is stored, what it no longer lists is deleted, what was submitted and never arrived is a draft again.
"""

from __future__ import annotations

from datetime import datetime, timedelta

import structlog
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from channels.adapters.base import CallFailed, Reason
from channels.adapters.meta.whatsapp import templates as meta
from channels.models import WhatsAppAccount
from templates_app import doors
from templates_app.connection import Connection, connect
from templates_app.errors import NoUsableNumber
from templates_app.lifecycle import LOCAL, SENDABLE, Status, read_quality, read_status
from templates_app.models import AccountSync, HistoryEntry, HistoryKind, Template
from templates_app.verdicts import Before, News, apply_news, take_over, tell_others
from tenants import live
from tenants.models import Tenant
from tenants.scopes import tenant_scope

TOPIC = "templates"
LEASE = timedelta(minutes=2)  # longer than one page may take
AGAIN = timedelta(hours=24)
AFTER_FAILURE = timedelta(minutes=15)
RESTARTS = 2  # from the first page, where a cursor has grown stale

log = structlog.get_logger(__name__)


def sync_due() -> int:
    """Read every account that is due; returns how many were read to the end."""
    done = 0
    for tenant_id, sync_id in doors.due_syncs():
        tenant = Tenant.objects.get(pk=tenant_id)
        with tenant_scope(tenant):
            done += _sync(sync_id)
    return done


def _sync(sync_id: int) -> bool:
    now = timezone.now()
    mine = AccountSync.objects.filter(pk=sync_id, due_at__lte=now).filter(
        Q(leased_until=None) | Q(leased_until__lt=now)
    )
    if not mine.update(leased_until=now + LEASE, started_at=now, seen=0, expected=0, error=""):
        return False
    sync = AccountSync.objects.select_related("account").get(pk=sync_id)
    try:
        with connect(sync.account) as line:
            _read_everything(sync, line)
    except NoUsableNumber:
        _finish(sync, error=Reason.CHANNEL_DISCONNECTED)
    except CallFailed as failure:
        log.warning("templates_not_read", account=sync.account_id, error=str(failure))
        _finish(sync, error=failure.outcome.reason or Reason.UNEXPECTED_RESPONSE)
    else:
        _settle_missing(sync.account, now)
        _finish(sync)
        return True
    return False


def _read_everything(sync: AccountSync, line: Connection) -> None:
    """Raises CallFailed."""
    after, restarts = "", RESTARTS
    while True:
        asked_at = timezone.now()
        answer = line.ask(meta.list_templates(line.waba_id, after, line.credentials))
        try:
            page = meta.read_list(answer)
        except CallFailed as failure:
            if failure.outcome.provider_code != meta.STALE_CURSOR or not after or not restarts:
                raise
            after, restarts, sync.seen = "", restarts - 1, 0
            continue
        _store(sync, page, asked_at)
        if not page.after:
            return
        after = page.after


@transaction.atomic
def _store(sync: AccountSync, page: meta.TemplatePage, asked_at: datetime) -> None:
    rows = Template.objects.present().filter(account=sync.account).select_for_update()
    known = {
        (row.name, row.language): row
        for row in rows.filter(name__in={state.name for state in page.templates}).order_by("pk")
    }
    for state in page.templates:
        row = known.get((state.name, state.language))
        if row is None:
            Template.objects.bulk_create([_first_seen(sync.account, state, asked_at)])
        else:
            take_over(row, state, asked_at)
    sync.seen += len(page.templates)
    sync.expected = max(page.total, sync.seen)
    sync.leased_until = timezone.now() + LEASE
    sync.save(update_fields=["seen", "expected", "leased_until"])
    live.publish(sync.tenant_id, TOPIC)


def _first_seen(account: WhatsAppAccount, state: meta.TemplateState, asked_at: datetime) -> Template:
    status = read_status(state.status)
    return Template(
        tenant_id=account.tenant_id,
        account=account,
        name=state.name,
        language=state.language,
        category=state.category,
        next_category="" if state.next_category == state.category else state.next_category,
        status=status,
        quality=read_quality(state.quality),
        named=state.parameter_format.upper() == "NAMED",
        components=list(state.components),
        meta_id=state.template_id,
        reason=state.rejected_reason,
        approved_once=status in SENDABLE,
        synced_at=asked_at,
    )


@transaction.atomic
def _settle_missing(account: WhatsAppAccount, started: datetime) -> None:
    """What Meta did not list although it was there before the reading began."""
    unseen = Q(synced_at=None) | Q(synced_at__lt=started)
    unheard = Q(heard_at=None) | Q(heard_at__lt=started)
    rows = Template.objects.present().filter(unseen, unheard, account=account).select_for_update()
    for row in rows.filter(submitted_at__lt=started, status=Status.UNCONFIRMED):
        row.status = Status.DRAFT
        row.save(update_fields=["status"])
        HistoryEntry.objects.create(
            tenant_id=row.tenant_id,
            template=row,
            kind=HistoryKind.STATUS,
            before=Status.UNCONFIRMED,
            after=Status.DRAFT,
        )
    for row in rows.exclude(status__in=LOCAL):
        before = Before.of(row)
        apply_news(row, News(Status.DELETED), started)
        row.save()
        tell_others([(row, before)])


def _finish(sync: AccountSync, *, error: str = "") -> None:
    """What became due while it was read stays due."""
    now = timezone.now()
    due = now + (AFTER_FAILURE if error else AGAIN)
    AccountSync.objects.filter(pk=sync.pk, due_at__lte=sync.started_at).update(due_at=due)
    AccountSync.objects.filter(pk=sync.pk).update(leased_until=None, finished_at=now, error=error)
    live.publish(sync.tenant_id, TOPIC)
