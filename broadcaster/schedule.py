"""What the scheduler process does: a sweep every 15 seconds, nightly jobs once a day.

The sweep finds what is due by query and rings for it; so a lost message, a dropped task or a deploy costs
seconds, never work.
"""

from __future__ import annotations

import structlog

from billing import doors as billing_doors
from billing import tasks as billing_tasks
from broadcaster.reconcile import reconcile
from campaigns import tasks as campaign_tasks
from campaigns.balance import LACKING, OFFERED
from campaigns.doors import (
    bills_to_compare,
    campaigns_in,
    campaigns_to_reprice,
    claim_due_campaigns,
    due_channels,
    note_settled,
    uncounted_campaigns,
    untold_shortages,
    watch_new_bills,
)
from campaigns.engine.horizon import HORIZON, close_overdue
from campaigns.engine.moments import note_moments
from campaigns.engine.recount import recount_campaigns
from campaigns.engine.times import times
from campaigns.models import Status
from campaigns.rehearsal.clearing import clear_rehearsals
from channels import doors as channel_doors
from channels import tasks as channel_tasks
from channels.health.asking import ASKED
from channels.webhooks import retention
from channels.webhooks.absorb import anything_waiting
from conversations import tasks as conversation_tasks
from conversations.reconcile import give_back_overdue
from templates_app import doors as template_doors
from templates_app import tasks as template_tasks
from tenants import canary, doorbell

log = structlog.get_logger(__name__)

SWEEP_LOCK = 20_261_121  # advisory lock: any number that nothing else in this database uses
NIGHTLY_EVERY_S = 86_400.0
CREDIT_TO_WATCH = (
    billing_doors.teams_that_crossed,
    billing_doors.teams_to_recharge,
    billing_doors.teams_that_can_pay,
)
UNFINISHED = [Status.RUNNING.value, Status.CANCELLING.value]


def sweep() -> None:
    """Ring for everything that is due."""
    canary.ring_due()
    claim_due_campaigns()
    note_settled()
    note_moments()
    if campaigns_in([Status.PREPARING.value]):
        doorbell.ring(campaign_tasks.prepare)
    if due_channels(1):
        doorbell.ring(campaign_tasks.send_slice)
    if campaigns_in(UNFINISHED) or campaigns_to_reprice():
        doorbell.ring(campaign_tasks.upkeep)
    if uncounted_campaigns(1):
        doorbell.ring(campaign_tasks.count_messages)
    if untold_shortages(sorted(LACKING), OFFERED):
        doorbell.ring(campaign_tasks.tell_shortages)
    if anything_waiting():
        doorbell.ring(channel_tasks.absorb)
    channel_doors.watch_new_channels([kind.value for kind in ASKED])
    if channel_doors.channels_to_check():
        doorbell.ring(channel_tasks.check_health)
    template_doors.watch_new_accounts()
    watch_new_bills()
    if bills_to_compare():
        doorbell.ring(campaign_tasks.compare_bills)
    if template_doors.due_syncs():
        doorbell.ring(template_tasks.sync)
    if any(asked() for asked in CREDIT_TO_WATCH):
        doorbell.ring(billing_tasks.watch)
    doorbell.ring(conversation_tasks.send_replies)
    doorbell.ring(conversation_tasks.fetch_missing)


def nightly() -> None:
    """Check what must always hold, make room ahead, drop what has had its time."""
    closed = close_overdue() + give_back_overdue(HORIZON * times().scale)
    note_settled()
    log.info(
        "nightly",
        recounted=recount_campaigns(),
        past_horizon=closed,
        rehearsals_cleared=clear_rehearsals(),
        ledger_differences=len(reconcile()),
        **retention.nightly(),
    )
