"""From recipients to requests: who shares one, and what it says.

LINE takes all parts in one call for up to 500 people with the same text; Meta takes one part for one person.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from uuid import UUID, uuid4

import structlog

from campaigns.engine.lease import Row
from campaigns.models import Campaign, PartState
from campaigns.rendering import render
from channels.adapters.base import (
    Adapter,
    ChannelSpec,
    Credentials,
    Idempotency,
    Outgoing,
    OutgoingMedia,
    OutgoingPart,
    Pacing,
    PartKind,
    ProviderRequest,
)
from channels.media import outgoing_media

log = structlog.get_logger(__name__)


@dataclass(slots=True)
class Group:
    """The people of one request. `key` is LINE's retry key; `sent` counts how often the request went out."""

    rows: list[Row]
    key: UUID | None = None
    request: ProviderRequest | None = None
    due: float = 0.0  # monotonic seconds: it may not leave before
    sent: int = 0
    broken: bool = False  # its request could not be built


@dataclass(frozen=True)
class Template:
    """A part before its variables are filled in."""

    kind: PartKind
    text: str
    media: OutgoingMedia | None


@dataclass
class Script:
    """What a campaign says on one channel: builds the requests of its groups."""

    adapter: Adapter
    credentials: Credentials = field(repr=False)
    templates: tuple[Template, ...]
    limits: Mapping[str, Pacing]  # requests per second by endpoint

    @property
    def spec(self) -> ChannelSpec:
        return self.adapter.spec

    @property
    def retry_keys(self) -> bool:
        return self.spec.idempotency is Idempotency.RETRY_KEY

    def endpoint_for(self, group: Group) -> str:
        """The provider's endpoint for the group's next request, which has its own pace."""
        return self.adapter.endpoint(len(group.rows), self.templates[group.rows[0].part].kind)

    def group(self, rows: Sequence[Row]) -> Iterator[Group]:
        """Put those who get the same bytes together, as many as one request may name."""
        if not self.retry_keys:
            yield from (Group([row]) for row in rows)
            return
        alike: dict[tuple[str, ...], list[Row]] = {}
        for row in rows:
            alike.setdefault(self._texts(row), []).append(row)
        for same in alike.values():
            for start in range(0, len(same), self.spec.max_people):
                yield Group(same[start : start + self.spec.max_people], key=uuid4())

    def prepare(self, group: Group) -> None:
        """Build the group's request. Whatever is wrong with one group's content is that group's fate alone."""
        try:
            group.request = self.build(group)
        except Exception:  # whatever it is: a poison recipient must not take its window along
            log.exception("request_cannot_be_built", recipient=group.rows[0].id)
            group.broken = True

    def build(self, group: Group) -> ProviderRequest:
        """The request of a group; the same group and key give the same bytes again."""
        first = group.rows[0]
        positions = self._positions(first) if self.retry_keys else (first.part,)
        outgoing = Outgoing(
            to=tuple(row.address for row in group.rows),
            parts=tuple(self._part(position, first) for position in positions),
            retry_key=str(group.key) if group.key else "",
            opaque_id="" if self.retry_keys else f"{first.id}.{first.part}.{first.tries}",
        )
        return self.adapter.build(outgoing, self.credentials)

    def _positions(self, row: Row) -> tuple[int, ...]:
        return tuple(position for position, state in enumerate(row.states) if state != PartState.DROPPED)

    def _texts(self, row: Row) -> tuple[str, ...]:
        return tuple(render(self.templates[position].text, row.fields) for position in self._positions(row))

    def _part(self, position: int, row: Row) -> OutgoingPart:
        template = self.templates[position]
        return OutgoingPart(template.kind, render(template.text, row.fields), template.media)


def templates_of(campaign: Campaign) -> tuple[Template, ...]:
    """The parts of a campaign, with the addresses at which the provider fetches their files."""
    return tuple(
        Template(PartKind(part.kind), part.text, outgoing_media(part.media) if part.media else None)
        for part in campaign.parts.select_related("media")
    )
