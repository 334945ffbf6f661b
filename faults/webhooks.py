"""Reports before answers, tripled, out of order, a thousand in one POST, and lost for a while."""

from __future__ import annotations

import hashlib
import hmac
import random
import signal
import time
import urllib.request
from typing import Any

import orjson
from django.conf import settings
from django.db import connection

from campaigns.models import Campaign
from channels.adapters.base import ChannelKind
from faults.crashes import IN_THE_DOOR
from faults.people import Shop, open_shop
from faults.stack import Worker, kill
from faults.trial import FaultFailed, Trial

PEOPLE = 1_600
AT_ONCE = 1_000  # reports in one POST, as many as Meta says there may be


def before_answers(trial: Trial) -> None:
    """Every report comes while its message's answer is still on the way."""
    trial.workers(Worker())
    half = trial.stack.answer_s * 500  # in milliseconds, of what we wait at most
    trial.scenario(latency_ms=half, webhook_delay_ms=0)
    trial.broadcast(PEOPLE)


def tripled_and_shuffled(trial: Trial) -> None:
    """Every report three times, in any order, some of them forged besides."""
    trial.workers(Worker())
    trial.scenario(webhook_duplicates=2, webhook_shuffle=True, webhook_forge_rate=0.2, latency_ms=20)
    trial.broadcast(PEOPLE)


def lost_for_a_while(trial: Trial) -> None:
    """Nobody takes webhooks while everybody is sent to and workers die; the providers deliver them later."""
    trial.stack.end_workers()
    trial.scenario(latency_ms=60, jitter_ms=40, webhook_delay_ms=0)
    trial.broadcast(PEOPLE, pace=150)
    trial.stack.stop_web()
    try:
        for share in (0.7, 0.4):
            (worker,) = trial.stack.run_workers(Worker())
            trial.until_left(share)
            kill(worker)
            if not trial.note_in_flight():
                raise FaultFailed("nobody was being sent to when the worker died")
        trial.workers(Worker())
        trial.until(lambda: trial.ended, "the end of the broadcast")
    finally:
        trial.stack.start_web()


def door_killed(trial: Trial) -> None:
    """The web process dies, again and again, with reports stored that nobody was told were taken: they come again."""
    trial.workers(Worker())
    trial.scenario(latency_ms=20, webhook_delay_ms=0)
    trial.stack.stop_web()
    trial.stack.start_web({"CRASH_AT": f"{IN_THE_DOOR}:20"})
    trial.broadcast(PEOPLE)
    for more in ({"CRASH_AT": f"{IN_THE_DOOR}:40"}, None):
        trial.until(lambda: not trial.stack.web.running, IN_THE_DOOR)
        code = trial.stack.web.exit_code
        trial.stack.start_web(more)
        if code != -signal.SIGKILL:
            raise FaultFailed(f"the web process ended with {code} instead of dying at {IN_THE_DOOR}")


def thousand_in_one(trial: Trial) -> None:
    """A thousand WhatsApp reports in one POST, nonsense among them: the good ones count, the bad ones hurt nobody."""
    trial.workers(Worker())
    people = AT_ONCE // 2
    shop = open_shop(f"{trial.name}-{int(time.time() * 1000)}", {ChannelKind.WHATSAPP: people}, pace=1_000)
    trial.scenario(delivered_share=0, read_share=0)
    campaign = trial.launch(shop, parts=1)
    trial.until(lambda: trial.ended, "the end of the broadcast")
    _post(trial, shop, _mixed(trial, shop))
    trial.until(lambda: _delivered(campaign) == people, "the reports")


def _mixed(trial: Trial, shop: Shop) -> list[Any]:
    """Delivered reports of everybody's message, and as many that are wrong in some way, in any order."""
    account = shop.channels[ChannelKind.WHATSAPP].account_id
    sent = trial.stack.sandbox(f"journal?account={account}&limit=10000")["results"]
    good = [
        {
            "id": row["id"],
            "status": "delivered",
            "timestamp": str(int(row["at"]) + 1),
            "recipient_id": row["recipient"],
            "biz_opaque_callback_data": row["attempt"],
        }
        for row in sent
    ]
    wrong: list[Any] = [
        None,
        17,
        [],
        {},
        {"id": "wamid.nobody", "status": "delivered", "timestamp": "1", "recipient_id": "1"},
        {"id": ["x"], "status": "delivered", "timestamp": "1"},
        {"id": "x", "status": "evaporated", "timestamp": "1"},
        {"id": "x", "status": "delivered", "timestamp": "at noon"},
        {"id": "x", "status": "delivered", "timestamp": "9" * 40},
        {"id": "\x00", "status": "failed", "timestamp": "1", "errors": "none"},
        {"id": "x", "status": "read", "timestamp": "1", "biz_opaque_callback_data": "1.99.1"},
        {"id": "x", "status": "read", "timestamp": "1", "biz_opaque_callback_data": f"{'9' * 30}.0.1"},
        {"id": "x", "status": "read", "timestamp": "1", "biz_opaque_callback_data": {"a": 1}},
    ]
    mixed = good + [wrong[place % len(wrong)] for place in range(AT_ONCE - len(good))]
    random.Random(1).shuffle(mixed)  # noqa: S311 (the same order in every run)
    return mixed


def _post(trial: Trial, shop: Shop, statuses: list[Any]) -> None:
    """One signed delivery to the door. Raises FaultFailed where it is not taken."""
    channel = shop.channels[ChannelKind.WHATSAPP]
    app, account = channel.meta_app, channel.whatsapp_account
    if app is None or account is None:
        raise FaultFailed("the number has no app or no account")
    value = {"metadata": {"phone_number_id": channel.account_id}, "statuses": statuses}
    change = {"field": "messages", "value": {"messaging_product": "whatsapp", **value}}
    entry = {"id": account.waba_id, "changes": [change]}
    body = orjson.dumps({"object": "whatsapp_business_account", "entry": [entry]})
    signature = hmac.new(app.secret.encode(), body, hashlib.sha256).hexdigest()
    request = urllib.request.Request(  # noqa: S310 (our own address)
        f"{settings.PUBLIC_URL}/webhooks/meta/{app.key}",
        data=body,
        headers={"X-Hub-Signature-256": f"sha256={signature}", "Content-Type": "application/json"},
    )
    with urllib.request.urlopen(request, timeout=30) as response:  # noqa: S310
        if response.status != 200:
            raise FaultFailed(f"the door answered {response.status}")


def _delivered(campaign: Campaign) -> int:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT coalesce(sum(delivered), 0) FROM campaigns_counter WHERE campaign_id = %s", [campaign.pk]
        )
        return int(cursor.fetchone()[0])
