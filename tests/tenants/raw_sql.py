"""Raw SQL that does not name the tenant, and what guards each statement instead.

A place is `file:function or constant`, or a file all of whose statements are guarded alike.
A new statement without `tenant_id` fails the test until it stands here.
"""

from __future__ import annotations

STRANGER = "a stranger's delivery, before any tenant is known: answers with a signer, stores raw bytes"
INSTALLATION = "rows of the installation, which no tenant owns"
NO_ROWS = "asks no table of ours"

GUARDS: dict[str, str] = {
    "tenants/canary.py": INSTALLATION,
    "tenants/tasks.py:take_canary": INSTALLATION,
    "tenants/quiet.py:quiet_at": "asks the one row of tenants_tenant that its statement names",
    "broadcaster/embedded/postgres.py:Postgres._becomes_ready": NO_ROWS,
    "broadcaster/management/commands/scheduler.py:_mine": NO_ROWS,
    "campaigns/affected.py:people_behind": "the common table expressions before it name the tenant",
    "campaigns/affected.py:_fields": "the common table expressions before it name the tenant",
    "campaigns/engine/daily_limit.py:_COUNT_SQL": "REACHED_SQL inside it names the tenant",
    "campaigns/reach.py:_reached": "REACHED_SQL inside it names the tenant",
    "campaigns/bill.py:BEHIND_SQL": "CHARGED_SQL inside it names the tenant",
    "campaigns/bill.py:BOOKED_SQL": "CHARGED_SQL inside it names the tenant",
    "campaigns/affected.py:instead": "the common table expressions before it name the tenant",
    "campaigns/audience/base.py:among": NO_ROWS,
    "billing/services.py:_IDS": NO_ROWS,
    "campaigns/classify.py:_CONTACT_OF_EACH": "`_known`, the one statement it stands in, names the tenant",
    "campaigns/classify.py:_tariff": NO_ROWS,
    "campaigns/engine/reprice.py:_SUMS": "the common table expressions before it name the tenant",
    "campaigns/classify.py:classified": "the common table expressions before it name the tenant",
    "campaigns/delay.py:_closing": "the common table expressions before it name the tenant",
    "campaigns/rehearsal/original.py:_chosen": "the common table expressions before it name the tenant",
    "campaigns/classify.py:count_people": "the common table expressions before it name the tenant",
    "campaigns/retrying.py:MISSING_SQL": "joined to `classified`, which names the tenant, by a contact of it",
    "campaigns/retrying.py:_count": "the common table expressions before it name the tenant",
    "channels/sightings.py:COUNT_SQL": INSTALLATION,
    "channels/webhooks/absorb.py:_note_contact": "channel ids that signed deliveries were matched to; a time only",
    "channels/webhooks/backlog.py": "figures for the operator: counts and ages, no row",
    "channels/webhooks/guard.py:GUARD_SQL": INSTALLATION,
    "channels/webhooks/held.py:AGAIN_SQL": "ids of held events just taken under a lock",
    "channels/webhooks/held.py:KEEP_SQL": INSTALLATION,
    "channels/webhooks/retention.py": "nightly: what is older than its term goes, whoever owns it",
    "channels/webhooks/signers.py:LINE_SQL": STRANGER,
    "channels/webhooks/signers.py:META_SQL": STRANGER,
    "channels/webhooks/store.py:STORE_SQL": STRANGER,
    "conversations/contacts.py:_lock_addresses": NO_ROWS,
    "workspace/demo/populate.py:_copy": "the tenant is a column of every row written",
    "workspace/demo/populate.py:_first_id": NO_ROWS,
}
