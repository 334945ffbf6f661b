"""What a slice keeps beside a flow, and what goes along with a request."""

from __future__ import annotations

from dataclasses import dataclass, field

from campaigns.engine.flow import Flow
from campaigns.engine.groups import Group
from campaigns.engine.judge import Judgement, Next
from campaigns.engine.result import Result


@dataclass
class Work:
    """Times are monotonic seconds. `results` are to be recorded, then what follows for those in `after`."""

    flow: Flow
    topic: str
    results: list[Result] = field(default_factory=list)
    after: list[tuple[Group, Judgement]] = field(default_factory=list)
    wait_until: float = 0.0  # until there are tokens: nobody is marked
    held_until: float = 0.0  # the provider wants a pause: what is marked does not leave
    told_at: float = 0.0
    written_at: float = 0.0
    leaving: bool = False
    followed: bool = False  # the channel's next shard is under way beside it

    def write_down(self, group: Group, judgement: Judgement) -> None:
        self.results += judgement.results
        if judgement.next is not Next.DONE:
            self.after.append((group, judgement))


@dataclass(slots=True)
class Sent:
    """A request on its way: the tag that comes back with the answer."""

    work: Work
    group: Group
    at: float
