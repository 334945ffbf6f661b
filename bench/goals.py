"""What is measured, in which unit, and what must be reached: the figures are ratios to a baseline of the same run."""

from __future__ import annotations

import json
from dataclasses import dataclass


@dataclass(frozen=True)
class Goal:
    """`must` is what counts as met, `aim` what is worth working for. `higher`: whether more is better."""

    name: str
    unit: str
    baseline: str
    must: float
    aim: float
    higher: bool = True

    def met(self, ratio: float) -> bool:
        return ratio >= self.must if self.higher else ratio <= self.must


@dataclass(frozen=True)
class Line:
    """One measured figure; `json` is what the command prints."""

    goal: Goal
    value: float
    baseline: float
    ratio: float
    held: bool = True  # what the benchmark asks besides the ratio
    note: str = ""  # what else there is to say; printed only where there is something

    @property
    def met(self) -> bool:
        return self.held and self.goal.met(self.ratio)

    @property
    def json(self) -> str:
        note = {"note": self.note} if self.note else {}
        return json.dumps(
            {
                "name": self.goal.name,
                "value": _short(self.value),
                "unit": self.goal.unit,
                "baseline": _short(self.baseline),
                "baseline_name": self.goal.baseline,
                "ratio": _short(self.ratio),
                "goal": ("≥ " if self.goal.higher else "≤ ") + f"{self.goal.must:.4g}",
                "met": self.met,
                **note,
            },
            ensure_ascii=False,
        )


def _short(value: float) -> float:
    return float(f"{value:.4g}")


CPU = "CPU µs a message"
GOALS = {
    goal.name: goal
    for goal in (
        Goal("dispatch.rate", "messages/s", "bare aiohttp + uvloop + orjson loop", 0.5, 1.0),
        Goal("dispatch.cpu_vs_pycurl", CPU, "bare pycurl loop", 3.0, 1.8, higher=False),
        Goal("dispatch.tls", CPU, "bare pycurl loop over TLS", 3.0, 1.8, higher=False),
        Goal("dispatch.cpu_vs_naive_task", CPU, "a Celery task a recipient", 1 / 30, 1 / 70, higher=False),
        Goal("dispatch.cpu_vs_pywa", CPU, "pywa, synchronous, 64 threads", 1 / 5, 1 / 10, higher=False),
        Goal("dispatch.cpu_vs_apprise", CPU, "Apprise, 32 threads", 1 / 12, 1 / 25, higher=False),
        Goal("dispatch.cpu_vs_line_sdk", CPU, "LINE SDK, asynchronous push", 1 / 3, 1 / 6, higher=False),
        Goal("pace.80", "accepted/s", "the provider's ceiling of 80/s", 0.97, 0.99),
        Goal("pace.1000", "accepted/s", "the provider's ceiling of 1,000/s", 0.97, 0.99),
        Goal("pace.many", "accepted/s", "bare pycurl loop with the same eight buckets", 0.8, 0.95),
        Goal("line.multicast", "people per CPU second", "LINE SDK, asynchronous push", 8, 12),
        Goal("record.rate", "results/s", "bare UPDATE … FROM unnest", 0.7, 1.0),
        Goal("materialise.rate", "recipients/s", "bare INSERT … SELECT", 0.35, 0.6),
        Goal(
            "webhook.rate", "deliveries/CPU s", "bare ASGI server, same signature, nothing stored", 0.5, 0.7
        ),
        Goal("webhook.absorb", "statuses/s", "bare UPDATE … FROM unnest", 0.4, 0.7),
        Goal("webhook.keep_up", "reports waiting", "reports received", 0.01, 0.0, higher=False),
        Goal("settlement.cpu", CPU, "the same campaign without a price", 1.25, 1.1, higher=False),
        Goal("page.campaign_1m", "ms", "the same page at 100 recipients", 1.5, 1.1, higher=False),
        Goal("page.inbox_100k", "ms", "the same list at 1,000 chats", 2.0, 1.2, higher=False),
        Goal("preflight.100k", "ms", "bare SELECT count(*) … GROUP BY", 6.0, 3.0, higher=False),
        Goal("million.sent", "people sent to", "people chosen", 1.0, 1.0),
        Goal("million.absorbed", "reports absorbed", "reports owed, three a message", 1.0, 1.0),
        Goal("million.page", "ms at the slowest", "the longest a page may take", 1.0, 0.25, higher=False),
        Goal("million.api", "ms at the slowest", "the longest an answer may take", 1.0, 0.25, higher=False),
        Goal(
            "million.memory", "MB of the largest process", "the most that is allowed", 1.0, 0.5, higher=False
        ),
    )
}
