"""Everything a person can do with a campaign. Page, API, command and test call the same functions."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import replace
from datetime import datetime

from django.db import transaction
from django.db.models import QuerySet

from billing.errors import InsufficientCredit
from campaigns import retrying, tasks
from campaigns.balance import lacks_balance, require_backed, start_over
from campaigns.drafts import CampaignDraft, draft_of
from campaigns.engine.finish import drop_held
from campaigns.engine.hold import let_go_on
from campaigns.engine.reprice import REPRICING, is_outdated, require_cover
from campaigns.errors import InvalidCampaign, NobodyReachable, QuotaExceeded
from campaigns.models import Campaign, Part, Recipient, Status
from campaigns.preflight import Preflight, preflight
from campaigns.template_parts import require_sendable, write_template_part
from channels.adapters.base import Reason
from channels.models import Channel, Media
from tenants import audit, doorbell, live
from tenants.errors import WrongStatus
from tenants.models import Member
from tenants.numbers import next_number
from tenants.plans import Feature
from tenants.roles import Permission


@transaction.atomic
def create_campaign(by: Member, draft: CampaignDraft, *, keep_as_draft: bool = False) -> Campaign:
    """Write the campaign and, unless it is kept as a draft or has a start time, start preparing it.

    Raises InvalidCampaign, EmptySelection, NobodyReachable, AccountConflict, QuotaExceeded, InsufficientCredit,
    NotAllowed, PlanRequired; then nothing is created.
    """
    _may_send(by)
    if not keep_as_draft:
        _must_be_sendable(preflight(by, draft))
    campaign = Campaign.objects.create(
        tenant=by.tenant,
        number=next_number(by.tenant_id, "campaign"),
        kind=draft.kind,
        client=draft.client,
        created_by=by,
        audience=draft.audience.to_dict(),
        on_unsupported=draft.on_unsupported,
        on_unsupported_by=dict(draft.on_unsupported_by),
        track_links=draft.track_links,
        scheduled_at=draft.scheduled_at,
        scheduled_zone=_zone_of(draft, by),
        currency=by.tenant.currency,
    )
    _write_parts(campaign, draft)
    if not keep_as_draft:
        _start(campaign, by)
    live.publish(by.tenant_id, "campaigns", {"campaign": campaign.number})
    return campaign


@transaction.atomic
def update_draft(campaign: Campaign, by: Member, draft: CampaignDraft) -> Campaign:
    """Replace the content of a draft; incomplete content is kept as it is. Raises WrongStatus once it was sent."""
    _may_send(by)
    changed = Campaign.objects.filter(pk=campaign.pk, status=Status.DRAFT).update(
        kind=draft.kind,
        audience=draft.audience.to_dict(),
        on_unsupported=draft.on_unsupported,
        on_unsupported_by=dict(draft.on_unsupported_by),
        client=draft.client,
        track_links=draft.track_links,
        scheduled_at=draft.scheduled_at,
        scheduled_zone=_zone_of(draft, by),
    )
    if not changed:
        raise WrongStatus
    campaign.parts.all().delete()
    _write_parts(campaign, draft)
    campaign.refresh_from_db()
    return campaign


@transaction.atomic
def send_campaign(campaign: Campaign, by: Member) -> None:
    """Start a draft. Two clicks start it once: the second raises WrongStatus."""
    _may_send(by)
    _must_be_sendable(preflight(by, draft_of(campaign)))
    _start(campaign, by)


@transaction.atomic
def pause_campaign(campaign: Campaign, by: Member) -> None:
    """Nothing more leaves once the window in flight is through."""
    _may_control(campaign, by)
    _move(campaign, [Status.RUNNING], Status.PAUSED, reason="member")
    audit.record(by, "campaign.paused", campaign)


@transaction.atomic
def resume_campaign(campaign: Campaign, by: Member) -> None:
    """Go on with whoever waits, or take up now what was refused for want of credit or budget, or missed its start time.

    Raises TemplateStopped or TemplateChanged where its template is not as it was, InsufficientCredit and BudgetExceeded
    where it still lacks something. One whose template counts as another category stays paused until it is priced anew.
    """
    _may_control(campaign, by)
    if lacks_balance(campaign) or campaign.status == Status.MISSED:
        _prepare_anew(campaign, by)
        return
    if campaign.status == Status.PAUSED:
        require_sendable(campaign)
        require_backed(campaign)
    outdated = campaign.status == Status.PAUSED and is_outdated(campaign)
    if outdated:
        require_cover(campaign)
    # With prices of another category than its template has now it goes on once whoever waits is priced anew.
    after, reason = (Status.PAUSED, REPRICING) if outdated else (Status.RUNNING, "")
    _move(campaign, [Status.PAUSED], after, reason=reason)
    Campaign.objects.filter(pk=campaign.pk).update(shortfall=0, owners_told_at=None)
    audit.record(by, "campaign.resumed", campaign)
    doorbell.ring_on_commit(tasks.upkeep if outdated else tasks.send_slice)


def _prepare_anew(campaign: Campaign, by: Member) -> None:
    """Everybody is looked at again, as things are now."""
    _may_send(by)
    if campaign.retry_of is None:
        _must_be_sendable(preflight(campaign.created_by, draft_of(campaign)))
    _move(campaign, [Status.REFUSED, Status.MISSED], Status.PREPARING, reason="")
    start_over(campaign)
    Campaign.objects.filter(pk=campaign.pk).update(
        shortfall=0, finished_at=None, settled_at=None, owners_told_at=None
    )
    audit.record(by, "campaign.resumed", campaign)
    doorbell.ring_on_commit(tasks.prepare)


@transaction.atomic
def continue_held(campaign: Campaign, by: Member, channel: Channel) -> None:
    """Send to those whom the switched-off channel held. Whose reply window has closed meanwhile is left out.

    Raises WrongStatus where nobody is held or the channel cannot be sent through.
    """
    _may_control(campaign, by)
    if not channel.usable or not let_go_on(campaign.tenant_id, campaign.pk, channel.pk):
        raise WrongStatus
    audit.record(by, "campaign.continued", campaign, channel=channel.name)
    live.publish(campaign.tenant_id, f"campaign-{campaign.number}")
    doorbell.ring_on_commit(tasks.send_slice)


@transaction.atomic
def leave_out_held(campaign: Campaign, by: Member, channel: Channel) -> None:
    """Do not send to those whom the switched-off channel held: they end as cancelled. Raises WrongStatus where nobody
    is held, or a window of theirs is still on its way."""
    _may_control(campaign, by)
    if not drop_held(campaign.tenant_id, campaign.pk, channel.pk):
        raise WrongStatus
    audit.record(by, "campaign.left_out", campaign, channel=channel.name)
    live.publish(campaign.tenant_id, f"campaign-{campaign.number}")


@transaction.atomic
def cancel_campaign(campaign: Campaign, by: Member) -> None:
    """Whoever has not been sent to will not be. Those in flight keep their own outcome."""
    _may_control(campaign, by)
    before = [
        Status.DRAFT,
        Status.SCHEDULED,
        Status.MISSED,
        Status.PREPARING,
        Status.RUNNING,
        Status.PAUSED,
    ]
    _move(campaign, before, Status.CANCELLING, reason="member")
    audit.record(by, "campaign.cancelled", campaign)
    doorbell.ring_on_commit(tasks.upkeep)


@transaction.atomic
def send_at_any_hour(campaign: Campaign, by: Member) -> None:
    """Let this broadcast leave in the team's quiet hours, too. For those who lead; raises WrongStatus where it does
    already, and before Send and after the end."""
    by.require(Permission.CONTROL_CAMPAIGNS)
    unfinished = [Status.SCHEDULED, Status.PREPARING, Status.RUNNING, Status.PAUSED]
    asleep = Campaign.objects.filter(pk=campaign.pk, status__in=unfinished, at_any_hour=False)
    if not asleep.update(at_any_hour=True):
        raise WrongStatus
    campaign.at_any_hour = True
    audit.record(by, "campaign.sent_at_any_hour", campaign)
    live.publish(campaign.tenant_id, f"campaign-{campaign.number}")
    doorbell.ring_on_commit(tasks.send_slice)


@transaction.atomic
def unschedule_campaign(campaign: Campaign, by: Member) -> None:
    """Make a draft again of what waits for its start time or missed it; the time is forgotten. Raises WrongStatus once
    it started."""
    _may_send(by)
    _may_control(campaign, by)
    at = campaign.scheduled_at
    _move(campaign, [Status.SCHEDULED, Status.MISSED], Status.DRAFT, reason="")
    Campaign.objects.filter(pk=campaign.pk).update(scheduled_at=None, scheduled_zone="")
    campaign.scheduled_at, campaign.scheduled_zone = None, ""
    audit.record(by, "campaign.unscheduled", campaign, at=at.isoformat() if at else "")


@transaction.atomic
def reschedule_campaign(campaign: Campaign, by: Member, at: datetime, zone: str = "") -> None:
    """Give what has not started, or has missed its start, another start time; `zone` is the IANA name of that in which
    it was picked, "" for the team's. Raises WrongStatus once it started."""
    _may_control(campaign, by)
    _may_send(by)
    before = campaign.scheduled_at
    _move(campaign, [Status.SCHEDULED, Status.MISSED], Status.SCHEDULED, reason="")
    campaign.scheduled_at, campaign.scheduled_zone = at, zone or by.tenant.time_zone
    campaign.save(update_fields=["scheduled_at", "scheduled_zone"])
    earlier = before.isoformat() if before else ""
    audit.record(by, "campaign.rescheduled", campaign, before=earlier, after=at.isoformat())


def _zone_of(draft: CampaignDraft, by: Member) -> str:
    return (draft.scheduled_zone or by.tenant.time_zone) if draft.scheduled_at else ""


@transaction.atomic
def duplicate_campaign(campaign: Campaign, by: Member) -> Campaign:
    """A new draft with the same content for the same audience."""
    _may_send(by)
    draft = replace(draft_of(campaign), scheduled_at=None, scheduled_zone="")
    return create_campaign(by, draft, keep_as_draft=True)


@transaction.atomic
def retry_campaign(campaign: Campaign, by: Member) -> Campaign:
    """Send what is missing to those for whom it failed and can succeed now, as a new, linked broadcast.

    Raises WrongStatus before the end, NobodyReachable, QuotaExceeded, InsufficientCredit, NotAllowed, PlanRequired.
    """
    return _again(campaign, by, retrying.failed_people(campaign, by), retrying.ENDED, in_doubt=False)


@transaction.atomic
def send_again(campaign: Campaign, by: Member, only: Collection[int] | None = None) -> Campaign:
    """Send again to people in doubt, as a new, linked broadcast that may reach them twice.

    `only`: ids of recipients; None = everybody of whom it may be decided. Raises as `retry_campaign`.
    """
    people = retrying.doubtful_people(campaign, by, only)
    return _again(campaign, by, people, retrying.ENDED | {Status.RUNNING, Status.PAUSED}, in_doubt=True)


def _again(
    campaign: Campaign, by: Member, people: QuerySet[Recipient], when: Collection[Status], *, in_doubt: bool
) -> Campaign:
    _may_control(campaign, by)
    _may_send(by)
    # Whoever holds the row claims the people: two clicks do not make two retries of one person.
    if not Campaign.objects.select_for_update().filter(pk=campaign.pk, status__in=when).first():
        raise WrongStatus
    _must_be_sendable(retrying.preflight_again(by, campaign, people))
    retry = Campaign.objects.create(
        tenant=by.tenant,
        number=next_number(by.tenant_id, "campaign"),
        kind=campaign.kind,
        client=campaign.client,
        created_by=by,
        audience=campaign.audience,
        on_unsupported=campaign.on_unsupported,
        track_links=campaign.track_links,
        currency=by.tenant.currency,
        retry_of=campaign,
        in_doubt=in_doubt,
    )
    _write_parts(retry, draft_of(campaign))
    claimed = people.update(retried_in=retry)
    action = "campaign.sent_again" if in_doubt else "campaign.retried"
    audit.record(by, action, campaign, number=retry.number, people=claimed)
    _start(retry, by)
    return retry


def _may_send(by: Member) -> None:
    by.require(Permission.SEND_CAMPAIGNS)
    by.tenant.require_feature(Feature.OMO)


def _may_control(campaign: Campaign, by: Member) -> None:
    """One's own, or everybody's for those who lead."""
    if campaign.created_by_id != by.pk:
        by.require(Permission.CONTROL_CAMPAIGNS)


def _must_be_sendable(found: Preflight) -> None:
    if not found.sendable:
        raise NobodyReachable(
            errors=[{"field": "audience", "code": line.code, "detail": line.text} for line in found.lines]
        )
    over = [line for line in found.lines if line.code == Reason.QUOTA_EXCEEDED]
    if over:
        raise QuotaExceeded(
            errors=[{"field": "audience", "code": line.code, "detail": line.text} for line in over]
        )
    if found.over_budget:
        raise found.over_budget[0]
    if found.shortfall:
        raise InsufficientCredit(found.shortfall, found.currency)


def _start(campaign: Campaign, by: Member) -> None:
    """Claim the campaign for preparing, or leave it waiting for its start time."""
    if campaign.scheduled_at:
        _move(campaign, [Status.DRAFT], Status.SCHEDULED, reason="")
        audit.record(by, "campaign.scheduled", campaign, at=campaign.scheduled_at.isoformat())
        return
    _move(campaign, [Status.DRAFT], Status.PREPARING, reason="")
    audit.record(by, "campaign.launched", campaign)
    doorbell.ring_on_commit(tasks.prepare)


def _move(campaign: Campaign, before: Iterable[Status], after: Status, *, reason: str) -> None:
    """The one way a campaign changes its status: a conditional update. Raises WrongStatus."""
    moved = Campaign.objects.filter(pk=campaign.pk, status__in=list(before)).update(
        status=after, reason=reason
    )
    if not moved:
        raise WrongStatus
    campaign.status, campaign.reason = after, reason
    live.publish(campaign.tenant_id, f"campaign-{campaign.number}", {"status": after.value})
    live.publish(campaign.tenant_id, "campaigns", {"campaign": campaign.number})


def _write_parts(campaign: Campaign, draft: CampaignDraft) -> None:
    if draft.template is not None:
        write_template_part(campaign, draft.template)
        return
    media = {row.key: row for row in Media.objects.filter(key__in=[p.media for p in draft.parts if p.media])}
    missing = [
        position for position, part in enumerate(draft.parts) if part.media and part.media not in media
    ]
    if missing:
        raise InvalidCampaign(
            errors=[
                {"field": f"parts.{position}.media", "code": "not_found", "detail": ""}
                for position in missing
            ]
        )
    Part.objects.bulk_create(
        Part(
            tenant_id=campaign.tenant_id,
            campaign=campaign,
            position=position,
            kind=part.kind,
            text=part.text,
            media=media.get(part.media),
        )
        for position, part in enumerate(draft.parts)
    )
