"""From an audience to recipients: frozen in resumable chunks, cut into shards by closing reply window.

The commit of the last chunk also reserves the credit and lets the campaign run; until then nothing is sent.
"""

from __future__ import annotations

from collections.abc import Mapping

import structlog
from django.db import connection, transaction
from django.db.models import BigAutoField, BigIntegerField
from django.utils import timezone

from billing.errors import InsufficientCredit, NoPriceList
from campaigns.audience import People
from campaigns.balance import start_over
from campaigns.classify import Rule, classified
from campaigns.doors import campaigns_in
from campaigns.drafts import CampaignDraft, draft_of
from campaigns.engine.holding import hold_price
from campaigns.engine.reasons import added_sql, counted_sql, key_sql
from campaigns.engine.reprice import category_now
from campaigns.engine.times import PREPARE_CHUNK, SHARD_PEOPLE
from campaigns.errors import EmptySelection, InvalidCampaign
from campaigns.links.freezing import freeze_links
from campaigns.models import Campaign, Counter, Part, PartState, Recipient, State, Status
from campaigns.preflight import Plan, faults_of, plan, verdicts_of
from campaigns.rendering import VARIABLES
from campaigns.retrying import MISSING_SQL, claimed_people
from campaigns.template_parts import freeze_wording, is_stopped
from channels.adapters.base import Reason
from channels.direct import BudgetExceeded
from channels.media.provider_files import upload_once
from channels.models import Media
from templates_app.filling import NOT_SENDABLE
from tenants import live
from tenants.crash import reached
from tenants.errors import DomainError
from tenants.models import Tenant
from tenants.scopes import tenant_scope

log = structlog.get_logger(__name__)

SORTED_IN_MEMORY = "32MB"  # what a chunk of 50,000 needs so that no sort goes to disk


def prepare_campaigns() -> bool:
    """Prepare everything that waits for it. Returns whether a campaign became ready to send."""
    ready = False
    for tenant_id, campaign_id in campaigns_in([Status.PREPARING.value]):
        with tenant_scope(Tenant.objects.get(pk=tenant_id)):
            if not _bring_files(campaign_id):
                continue  # the sweep comes again
            while (done := _prepare_chunk(campaign_id)) is False:
                reached("prepare.chunk_committed")
            ready = ready or bool(done)
    return ready


def _bring_files(campaign_id: int) -> bool:
    """Files lie at the providers before anybody is sent to; outside every transaction, for it takes its time. False:
    another worker is bringing them."""
    parts = Part.objects.filter(campaign=campaign_id, media__isnull=False).select_related("media")
    files = {part.position: part.media for part in parts if part.media}
    if not files:
        return True
    campaign = Campaign.objects.select_related("created_by__tenant", "retry_of").get(pk=campaign_id)
    try:
        _draft, planned, people = _plan(campaign)
        chosen = {channel for channel, verdict in verdicts_of(planned, people) if not verdict}
    except DomainError:
        return True  # preparing will say what is wrong
    return all(
        upload_once(rule.channel, _taken(rule, files)) for rule in planned.rules if rule.channel.pk in chosen
    )


def _taken(rule: Rule, files: Mapping[int, Media]) -> list[Media]:
    """The files of the parts that the channel gets."""
    return [media for position, media in files.items() if rule.part_states[position] == PartState.WAITING]


def _prepare_chunk(campaign_id: int) -> bool | None:
    """One chunk in one transaction. True: the last one; False: more to come; None: not ours to prepare."""
    with transaction.atomic():
        campaign = (
            Campaign.objects.select_for_update(skip_locked=True, of=("self",))
            .filter(pk=campaign_id, status=Status.PREPARING)
            .select_related("created_by__tenant", "tenant")
            .first()
        )
        if campaign is None:
            return None
        try:
            written = _write_chunk(campaign)
        except DomainError as error:
            _refuse(campaign, error.code)
            return None
        if written == PREPARE_CHUNK:
            return False
        return _launch(campaign)


def _plan(campaign: Campaign) -> tuple[CampaignDraft, Plan, People]:
    """What was asked for, what each channel gets, and whom the campaign is for."""
    by, draft = campaign.created_by, draft_of(campaign)
    people = claimed_people(campaign) if campaign.retry_of_id else draft.audience.launched(by)
    return draft, plan(by, draft), people


def _write_chunk(campaign: Campaign) -> int:
    """Freeze the next people after the cursor; returns how many were looked at."""
    draft, planned, people = _plan(campaign)
    if campaign.prepare_cursor and planned.category != campaign.category:
        start_over(campaign)  # the template counts as another category since the last chunk
    if not campaign.prepare_cursor:
        # Since Send a file may have gone, or the audience grown by a channel that takes less: asked once, at the
        # start. A template that is merely stopped may come back.
        faults = faults_of(draft, planned, verdicts_of(planned, people))
        if any(entry["code"] == NoPriceList.code for entry in faults):
            raise NoPriceList(campaign.currency)
        if faults := [entry for entry in faults if entry["code"] != NOT_SENDABLE]:
            raise InvalidCampaign(errors=faults)
        freeze_wording(campaign)
        freeze_links(campaign)
    written, looked_at, last = _insert(campaign, planned, people)
    if looked_at:
        campaign.prepare_cursor = last
        campaign.total += written
        campaign.category = planned.category
        campaign.save(update_fields=["prepare_cursor", "total", "category"])
        log.info("campaign_chunk_prepared", campaign=campaign.pk, people=written)
        reached("prepare.chunk_written")
    if not campaign.total:
        raise EmptySelection
    return looked_at


# One statement freezes a chunk: shards first, so that each recipient is born with its shard. Whoever takes
# nothing gets a row too, skipped, with the reason, so that every chosen person is accounted for. Nobody is written
# twice: a chunk begins after the cursor, which moves in the transaction that writes; `recipient_once` would refuse it.
# Person and shard meet by one key: by two, PostgreSQL merges on the channel and tries each person with each shard.
_INSERT = """
WITH {ctes},
frozen AS (
    SELECT classified.channel_id, classified.contact_id, classified.conversation_id, classified.address,
           classified.fields, classified.closes_at, verdict, part.part_states, part.prices,
           classified.charges,
           CASE WHEN verdict = '' THEN
               (row_number() OVER (PARTITION BY classified.channel_id, verdict = ''
                                   ORDER BY classified.closes_at, classified.contact_id) - 1)
               / {shard_people} END AS slot
    FROM classified
    {parts}
),
shard AS (
    INSERT INTO campaigns_shard (tenant_id, campaign_id, channel_id, state, lease, due_at, closes_at, people, slot)
    SELECT %s, %s, channel_id, 0, 0, clock_timestamp(), min(closes_at), count(*), slot
    FROM frozen WHERE slot IS NOT NULL GROUP BY channel_id, slot
    RETURNING id, channel_id, slot
),
written AS (
    INSERT INTO campaigns_recipient (
        tenant_id, campaign_id, channel_id, contact_id, conversation_id, shard_id, address, fields, closes_at,
        state, delivery, lease, tries, part, part_states, provider_ids, prices, charges, reason, provider_code)
    SELECT %s, %s, frozen.channel_id, contact_id, conversation_id, shard.id, address, fields, closes_at,
           CASE WHEN verdict = '' THEN {waiting} ELSE {skipped} END, 0, 0, 0,
           coalesce(array_position(part_states, 0::smallint) - 1, 0), part_states, '{{}}', prices,
           CASE WHEN verdict = '' THEN charges END, verdict, ''
    FROM frozen
    LEFT JOIN shard ON shard.channel_id << 32 | shard.slot = frozen.channel_id << 32 | frozen.slot
    ORDER BY frozen.channel_id, closes_at, contact_id
    RETURNING channel_id, state, {key}
),
counted AS (
    SELECT channel_id, count(*) FILTER (WHERE state = {waiting}) AS waiting,
           count(*) FILTER (WHERE state = {skipped}) AS skipped, {reasons} AS reasons
    FROM written GROUP BY channel_id
),
upserted AS (
    INSERT INTO campaigns_counter AS counter (tenant_id, campaign_id, channel_id, waiting, skipped, reasons, {zeroed})
    SELECT %s, %s, channel_id, waiting, skipped, coalesce(reasons, '{{}}'), {zeros} FROM counted
    ON CONFLICT (campaign_id, channel_id) DO UPDATE
        SET waiting = counter.waiting + excluded.waiting, skipped = counter.skipped + excluded.skipped,
            reasons = {added}
)
SELECT coalesce(sum(waiting + skipped), 0), (SELECT count(*) FROM chosen),
       (SELECT coalesce(max(contact_id), 0) FROM chosen)
FROM counted
"""
_ALL_PARTS = """
    CROSS JOIN LATERAL (SELECT classified.part_states, classified.prices) AS part(part_states, prices)"""
_ZEROED = [
    field.name
    for field in Counter._meta.concrete_fields
    if isinstance(field, BigIntegerField)
    and not isinstance(field, BigAutoField)
    and field.name not in ("waiting", "skipped")
]


def _insert(campaign: Campaign, planned: Plan, people: People) -> tuple[int, int, int]:
    """(people written, people looked at, the last one's contact)."""
    pairs = ", ".join(f"'{name}', {VARIABLES[name]}" for name in planned.content.variables)
    chunk = people.chunk_sql(campaign.prepare_cursor, PREPARE_CHUNK)
    fields = f"jsonb_build_object({pairs})" if pairs else ""
    ctes, params = classified(
        chunk, planned.rules, campaign.tenant_id, fields, planned.content.unfit, chunk=True
    )
    sql = _INSERT.format(
        ctes=ctes,
        parts=MISSING_SQL if campaign.retry_of_id else _ALL_PARTS,
        shard_people=SHARD_PEOPLE,
        waiting=State.WAITING.value,
        skipped=State.SKIPPED.value,
        key=f"{key_sql('campaigns_recipient')} AS key",
        reasons=counted_sql("key"),
        added=added_sql("counter.reasons", "excluded.reasons"),
        zeroed=", ".join(_ZEROED),
        zeros=", ".join("0" for _ in _ZEROED),
    )
    ours = [campaign.tenant_id, campaign.pk]
    params += [
        *([campaign.retry_of_id] if campaign.retry_of_id else []),
        *ours,
        *ours,
        *ours,
    ]
    with connection.cursor() as cursor:
        cursor.execute(f"SET LOCAL work_mem = '{SORTED_IN_MEMORY}'")
        cursor.execute(sql, params)
        written, looked_at, last = cursor.fetchone()
    return int(written), int(looked_at), int(last)


def _launch(campaign: Campaign) -> bool:
    """Everybody is frozen: hold back what it can cost and let it run, or refuse it whole. Where its template was
    stopped meanwhile it begins paused; where it counts as another category since, it is prepared again."""
    stopped = is_stopped(campaign)
    if category_now(campaign) != campaign.category:
        start_over(campaign)
        return False
    try:
        hold_price(campaign)
    except (InsufficientCredit, BudgetExceeded) as error:
        campaign.shortfall = error.shortfall
        _refuse(campaign, error.code)
        return False
    campaign.status = Status.PAUSED if stopped else Status.RUNNING
    campaign.reason = Reason.TEMPLATE_UNAVAILABLE.value if stopped else ""
    campaign.started_at = timezone.now()
    campaign.save(update_fields=["status", "reason", "reserved", "direct", "started_at"])
    _tell(campaign)
    log.info("campaign_running", campaign=campaign.pk, total=campaign.total, stopped=stopped)
    reached("prepare.launch_written")
    return not stopped


def _refuse(campaign: Campaign, reason: str) -> None:
    """Nothing was sent and nothing will be: whoever was written is cancelled with it."""
    Recipient.objects.filter(campaign=campaign, state=State.WAITING).update(
        state=State.CANCELLED, reason=Reason.CANCELLED.value
    )
    for counter in Counter.objects.filter(campaign=campaign):
        counter.cancelled, counter.waiting = counter.cancelled + counter.waiting, 0
        counter.save(update_fields=["cancelled", "waiting"])
    campaign.shards.update(state=2)
    campaign.status, campaign.reason, campaign.finished_at = Status.REFUSED, reason[:40], timezone.now()
    campaign.settled_at = campaign.finished_at
    campaign.save(update_fields=["status", "reason", "shortfall", "finished_at", "settled_at"])
    _tell(campaign)


def _tell(campaign: Campaign) -> None:
    live.publish(campaign.tenant_id, f"campaign-{campaign.number}", {"status": campaign.status})
    live.publish(campaign.tenant_id, "campaigns", {"campaign": campaign.number})
