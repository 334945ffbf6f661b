"""The product's worker: slices until nothing is due. `python -m bench.dispatch.product TREES CAMPAIGN`."""

from __future__ import annotations

import sys
import time

from bench.contender import django, ready, tell

django()

from django.conf import settings  # noqa: E402
from django.db import connection  # noqa: E402

from campaigns.engine.slice import run_slice  # noqa: E402


def main(trees: list[int], campaign: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM campaigns_recipient WHERE campaign_id = %s", [campaign])
        (people,) = cursor.fetchone()
    run_slice()  # nothing is due before the signal: opens what is kept from slice to slice
    clock = ready(*trees)
    with connection.cursor() as cursor:
        cursor.execute("UPDATE campaigns_campaign SET status = 'running' WHERE id = %s", [campaign])
    while run_slice() or _anything_left(campaign):
        time.sleep(0.02)  # somebody was put off: look again, as the sweeper would
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM campaigns_recipient WHERE campaign_id = %s AND state = 3", [campaign]
        )
        (accepted,) = cursor.fetchone()
    run = clock.run(people)
    if accepted != people:
        sys.exit(f"{accepted} of {people} were accepted at {settings.GRAPH_API_URL}")
    tell(run)


def _anything_left(campaign: int) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT EXISTS (SELECT FROM campaigns_shard WHERE campaign_id = %s AND state < 2)", [campaign]
        )
        return bool(cursor.fetchone()[0])


if __name__ == "__main__":
    main([int(pid) for pid in sys.argv[1].split(",") if pid], int(sys.argv[2]))
