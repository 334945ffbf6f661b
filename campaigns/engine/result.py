"""What one answer proves about one person, between whoever judges it and whoever writes it down."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from campaigns.models import PartState


class Result(NamedTuple):
    """About one part of one recipient; what becomes of the person follows from their parts.

    `part` is the part that was sent. `answer` is empty for acceptances, `tried` the tries it cost.
    """

    id: int
    part: int
    part_state: PartState
    provider_ids: Sequence[str] = ()
    reason: str = ""
    provider_code: str = ""
    answer: str = ""
    tried: int = 0
