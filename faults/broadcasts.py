"""A recipient that breaks rendering, forty launches at once, and a large broadcast beside small ones."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

from django.db import connection

from campaigns.engine.prepare import prepare_campaigns
from campaigns.models import Campaign, State, Status
from campaigns.services import send_campaign
from faults.stack import Worker
from faults.trial import FaultFailed, Trial
from tenants.errors import WrongStatus
from tenants.scopes import tenant_scope

LAUNCHES = 40
SMALL_TEAMS = 20
POISONS = ("[]", '"text"', '{"name": 7}', '{"name": {"a": 1}}', "null")


def poison(trial: Trial) -> None:
    """On every channel some people's frozen fields are no text: rendering crashes for them, and for nobody else."""
    trial.stack.end_workers()
    campaign = trial.broadcast(800)
    prepare_campaigns()
    with connection.cursor() as cursor:
        cursor.execute(
            """WITH picked AS (
                   SELECT id, row_number() OVER (PARTITION BY channel_id ORDER BY id) AS place
                   FROM campaigns_recipient WHERE campaign_id = %s
               )
               UPDATE campaigns_recipient r SET fields = (%s::text[])[picked.place / 7]::jsonb FROM picked
               WHERE r.id = picked.id AND picked.place %% 7 = 0 AND picked.place / 7 <= %s""",
            [campaign.pk, list(POISONS), len(POISONS)],
        )
        poisoned = cursor.rowcount
    trial.workers(Worker())
    trial.until(lambda: trial.ended, "the end of the broadcast")
    failed = _failed_for(campaign, "internal_error")
    if failed != poisoned or not poisoned:
        raise FaultFailed(f"{failed} failed of {poisoned} that were poisoned")


def forty_launches(trial: Trial) -> None:
    """One draft, sent forty times at once: it starts once."""
    trial.workers(Worker())
    shop = trial.shop(400)
    draft = shop.keep_draft(*trial.texts(2))
    trial.campaigns.append(draft)
    together = Barrier(LAUNCHES)

    def press() -> bool:
        together.wait()
        try:
            with tenant_scope(shop.tenant):
                send_campaign(draft, shop.sales)
        except WrongStatus:
            return False
        finally:
            connection.close()
        return True

    with ThreadPoolExecutor(LAUNCHES) as pool:
        started = sum(pool.map(lambda _n: press(), range(LAUNCHES)))
    if started != 1:
        raise FaultFailed(f"it started {started} times")


def large_beside_small(trial: Trial) -> None:
    """100,000 people of one team beside twenty small teams: whoever is small is through first."""
    _beside(trial, 100_000)


def million_beside_small(trial: Trial) -> None:
    """A million people of one team beside twenty small teams: whoever is small is through first."""
    _beside(trial, 1_000_000)


def _beside(trial: Trial, people: int) -> None:
    trial.stack.end_workers()
    sizes = {"SHARD_PEOPLE": "1000", "PREPARE_CHUNK": "10000"}
    trial.scenario(webhook_delay_ms=100, read_share=0)
    large = trial.shop(people, pace=1_000)
    small = [trial.shop(max(4, int(40 / trial.scale))) for _team in range(SMALL_TEAMS)]
    trial.workers(Worker(extra=sizes))
    first = trial.launch(large, parts=1)
    trial.until(lambda: _running(first), "the launch of the large broadcast")
    later = [trial.launch(shop, parts=2) for shop in small]
    trial.until(lambda: trial.ended, "the end of the broadcasts")
    overtaken = _ended_before(first, later)
    if overtaken != len(later):
        raise FaultFailed(f"only {overtaken} of {len(later)} small teams were through before the large one")


def _running(campaign: Campaign) -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT status FROM campaigns_campaign WHERE id = %s", [campaign.pk])
        return bool(cursor.fetchone()[0] != Status.PREPARING)


def _ended_before(large: Campaign, small: list[Campaign]) -> int:
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT count(*) FROM campaigns_campaign
               WHERE id = ANY(%s)
                 AND finished_at < (SELECT finished_at FROM campaigns_campaign WHERE id = %s)""",
            [[campaign.pk for campaign in small], large.pk],
        )
        return int(cursor.fetchone()[0])


def _failed_for(campaign: Campaign, reason: str) -> int:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM campaigns_recipient WHERE campaign_id = %s AND state = %s AND reason = %s",
            [campaign.pk, State.FAILED.value, reason],
        )
        return int(cursor.fetchone()[0])
