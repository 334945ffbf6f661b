"""One outcome of a preflight."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Line:
    """One outcome: `code` is "takes_all", "takes_some", "takes_missing", a Reason, "insufficient_credit", "quiet_hours"
    or "closes_before"; `fixes` are what the composer offers: "drop_part", "leave_out", "send_template", "add_fallback",
    "top_up". `channel` is "" for what is about all of them. `parts` are the positions that the channel refuses, where
    they decide the outcome, `part` the first of them."""

    code: str
    channel: str  # kind, or ""
    count: int
    text: str
    parts: tuple[int, ...] = ()
    fixes: tuple[str, ...] = ()

    @property
    def part(self) -> int | None:
        return self.parts[0] if self.parts else None
