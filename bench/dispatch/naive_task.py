"""Baseline: one Celery task a recipient, as it is written first: get the row, `requests.post`, save the row.

    python -m bench.dispatch.naive_task CAMPAIGN MESSAGES TREES

The worker (prefork, two processes) keeps its database connection from task to task, which spares it two thirds of the
time. It is timed from the first `delay` to the last saved row.
"""

from __future__ import annotations

import subprocess
import sys
import time

from bench.contender import django, ready, tell

django()

import requests  # noqa: E402
from django.conf import settings  # noqa: E402

from broadcaster.celery import app  # noqa: E402
from campaigns.models import Campaign, Recipient, State  # noqa: E402
from campaigns.rendering import render  # noqa: E402
from channels.models import Channel  # noqa: E402
from tenants.models import Tenant  # noqa: E402
from tenants.scopes import tenant_scope  # noqa: E402

QUEUE = "naive"


@app.task(name="bench.naive", queue=QUEUE)
def send_one(tenant_id: int, recipient_id: int, text: str, path: str, token: str) -> None:
    with tenant_scope(Tenant(pk=tenant_id)):
        recipient = Recipient.objects.get(pk=recipient_id)
        answer = requests.post(
            settings.GRAPH_API_URL + path,
            json={
                "messaging_product": "whatsapp",
                "to": recipient.address,
                "type": "text",
                "text": {"body": render(text, recipient.fields)},
            },
            headers={"Authorization": f"Bearer {token}"},
            timeout=20,
        )
        recipient.provider_ids = [answer.json()["messages"][0]["id"]]
        recipient.state = State.ACCEPTED
        recipient.save()


def main(campaign_id: int, count: int, trees: list[int]) -> None:
    tenant = Tenant.objects.raw(
        "SELECT t.* FROM tenants_tenant t JOIN campaigns_campaign c ON c.tenant_id = t.id WHERE c.id = %s",
        [campaign_id],
    )[0]
    with tenant_scope(tenant):
        campaign = Campaign.objects.get(pk=campaign_id)
        mine = Recipient.objects.filter(campaign=campaign, state=State.WAITING)
        ids = list(mine.order_by("pk").values_list("pk", flat=True)[:count])
        channel = Channel.objects.get(pk=Recipient.objects.get(pk=ids[0]).channel_id)
        text = campaign.parts.get().text
        command = ["-m", "celery", "-A", "bench.dispatch.naive_task", "worker", "-Q", QUEUE, "-c", "2"]
        worker = subprocess.Popen([sys.executable, *command, "-l", "ERROR"], stdout=subprocess.DEVNULL)
        try:
            while not app.control.ping(timeout=0.5):
                pass
            clock = ready(worker.pid, *trees)
            path = f"/{channel.account_id}/messages"
            for pk in ids:
                send_one.delay(tenant.pk, pk, text, path, channel.access_token)
            done = Recipient.objects.filter(pk__in=ids, state=State.ACCEPTED)
            while done.count() < len(ids):
                time.sleep(0.1)
            tell(clock.run(len(ids)))
        finally:
            worker.terminate()
            worker.wait()


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]), [int(pid) for pid in sys.argv[3].split(",") if pid])
