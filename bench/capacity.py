"""How many nodes carry so many messages a day: a model from measured processor time. `python -m bench.capacity`.

Costs per message and report are those of `webhook.keep_up`, one number sending 1,000 a second with three reports each
(docs/capacity.md); how PostgreSQL's part divides between them is an estimate. The rest is arithmetic that a reader can
change: how the day's messages crowd, how full a core may be, what a row weighs.
"""

from __future__ import annotations

import argparse
import math
from collections.abc import Sequence
from dataclasses import dataclass, fields

SECONDS_A_DAY = 86_400


@dataclass(frozen=True)
class Model:
    """Microseconds of one core per message unless said otherwise."""

    worker_send: float = 160.0  # the send worker at that pace; a third of it at full speed
    postgres_send: float = 80.0  # mark and record
    postgres_prepare: float = 19.0  # freezing a recipient, at a million
    valkey_send: float = 10.0  # tokens and doorbells
    statuses: float = 3.0  # reports a message
    web_status: float = 28.0  # the door, some thirty reports a delivery
    worker_status: float = 77.0  # absorbing one report, the webhook worker's part
    postgres_status: float = 55.0  # absorbing one report, PostgreSQL's part, storing included
    row_bytes: float = 972.0  # a recipient with its indexes, after all updates
    raw_bytes: float = 184.0  # a stored report, compressed, and the mark that it was seen
    raw_days: float = 30.0
    peak_share: float = 0.25  # of the day's messages fall into its busiest hour
    full: float = 0.6  # a core may be so busy at the peak
    cores: float = 4.0  # of one node
    postgres_cores: float = 16.0  # of one PostgreSQL node
    page_cores: float = 1.0  # for members' pages at the peak


@dataclass(frozen=True)
class Need:
    a_day: float
    a_second: float
    web: int
    workers: int
    valkey: int
    postgres: int
    postgres_cores: float
    rows_a_day_gb: float
    raw_gb: float


def need(model: Model, a_day: float) -> Need:
    """Nodes at the peak of a day with so many messages; two of everything that must not stand still."""
    a_second = a_day * model.peak_share / 3600
    busy = a_second / 1e6 / model.full
    statuses = model.statuses
    web = busy * statuses * model.web_status + model.page_cores
    workers = busy * (model.worker_send + statuses * model.worker_status)
    postgres = busy * (model.postgres_send + model.postgres_prepare + statuses * model.postgres_status)
    valkey = busy * model.valkey_send
    return Need(
        a_day=a_day,
        a_second=a_second,
        web=max(2, math.ceil(web / model.cores)),
        workers=max(2, math.ceil(workers / model.cores)),
        valkey=max(1, math.ceil(valkey)),
        postgres=max(1, math.ceil(postgres / model.postgres_cores)),
        postgres_cores=postgres,
        rows_a_day_gb=a_day * model.row_bytes / 1e9,
        raw_gb=a_day * statuses * model.raw_bytes * model.raw_days / 1e9,
    )


def table(model: Model, days: Sequence[float]) -> str:
    head = "| messages a day | at the peak | web nodes | worker nodes | Valkey | PostgreSQL | rows a day | raw, kept |"
    lines = [head, "|" + "---|" * 8]
    for a_day in days:
        it = need(model, a_day)
        lines.append(
            f"| {a_day:,.0f} | {it.a_second:,.0f}/s | {it.web} | {it.workers} | {it.valkey} |"
            f" {it.postgres} ({it.postgres_cores:.1f} cores) | {it.rows_a_day_gb:,.1f} GB | {it.raw_gb:,.0f} GB |"
        )
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.capacity")
    parser.add_argument("days", nargs="*", type=float, default=[1e6, 1e7, 1e8], metavar="MESSAGES_A_DAY")
    for each in fields(Model):
        parser.add_argument(f"--{each.name.replace('_', '-')}", type=float, default=each.default)
    options = vars(parser.parse_args())
    days = options.pop("days")
    print(table(Model(**options), days))


if __name__ == "__main__":
    main()
