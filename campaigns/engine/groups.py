"""From recipients to requests: who shares one, and what it says.

LINE takes all parts in one call for up to 500 people with the same text; Meta takes one part for one person.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from uuid import UUID, uuid4

import structlog

from campaigns.engine.lease import Row
from campaigns.links.texts import Text, texts_of
from campaigns.models import Campaign, Part, PartState
from campaigns.rendering import render_line
from channels.adapters.base import (
    Adapter,
    Blame,
    ChannelSpec,
    Credentials,
    Idempotency,
    Outcome,
    OutcomeKind,
    Outgoing,
    OutgoingMedia,
    OutgoingPart,
    Pacing,
    PartKind,
    ProviderRequest,
    Reason,
)
from channels.media import outgoing_media
from channels.media.provider_files import at_provider
from channels.models import Channel
from channels.webhooks.faults import describe
from templates_app.rendering import Location
from templates_app.wording import Wording, read_place

log = structlog.get_logger(__name__)
UNBUILDABLE = Outcome(OutcomeKind.REFUSED, Reason.INTERNAL_ERROR, final=True, blame=Blame.CONTENT)


@dataclass(slots=True)
class Group:
    """The people of one request. `key` is LINE's retry key; `sent` counts how often the request went out."""

    rows: list[Row]
    key: UUID | None = None
    request: ProviderRequest | None = None
    due: float = 0.0  # monotonic seconds: it may not leave before
    sent: int = 0
    fate: Outcome | None = None  # decided before anything left: it is not sent


@dataclass(frozen=True)
class Pattern:
    """A part before its variables are filled in. Of a template `media` or `place` fill the header."""

    kind: PartKind
    text: Text
    media: OutgoingMedia | None
    refused: Outcome | None = None  # why its file never leaves for this channel
    wording: Wording | None = None
    values: Mapping[str, str] = field(default_factory=dict)
    place: Location | None = None

    def part(self, recipient: int, fields: Mapping[str, str]) -> OutgoingPart:
        """For one person. Raises ValueError for what a template does not take."""
        if self.wording is None:
            return OutgoingPart(self.kind, self.text.to(recipient, fields), self.media)
        values = {name: render_line(text, fields) for name, text in self.values.items()}
        return OutgoingPart(self.kind, template=self.wording.outgoing(values, self.media or self.place))


@dataclass
class Script:
    """What a campaign says on one channel: builds the requests of its groups."""

    adapter: Adapter
    credentials: Credentials = field(repr=False)
    patterns: tuple[Pattern, ...]
    limits: Mapping[str, Pacing]  # requests per second by endpoint

    @cached_property
    def spec(self) -> ChannelSpec:
        return self.adapter.spec

    @cached_property
    def retry_keys(self) -> bool:
        return self.spec.idempotency is Idempotency.RETRY_KEY

    @cached_property
    def _refused(self) -> Mapping[int, Outcome]:
        """The parts that never leave for this channel, by position, and why."""
        return {position: each.refused for position, each in enumerate(self.patterns) if each.refused}

    def endpoint_for(self, group: Group) -> str:
        """The provider's endpoint for the group's next request, which has its own pace."""
        return self.adapter.endpoint(len(group.rows), self.patterns[group.rows[0].part].kind)

    def group(self, rows: Sequence[Row]) -> Iterator[Group]:
        """Put those who get the same bytes together, as many as one request may name."""
        if not self.retry_keys:
            yield from (Group([row]) for row in rows)
            return
        alike: dict[tuple[str, ...], list[Row]] = {}
        for row in rows:
            try:
                texts = self._texts(row)
            except Exception:  # noqa: BLE001  whatever it is: alone in a group, `prepare` tells it and fails it
                yield Group([row], key=uuid4())
            else:
                alike.setdefault(texts, []).append(row)
        for same in alike.values():
            for start in range(0, len(same), self.spec.max_people):
                yield Group(same[start : start + self.spec.max_people], key=uuid4())

    def prepare(self, group: Group) -> None:
        """Build the group's request. Whatever is wrong with one group's content is that group's fate alone."""
        if self._refused and (
            fate := next(filter(None, map(self._refused.get, self._positions_of(group))), None)
        ):
            group.fate = fate
            return
        try:
            group.request = self.build(group)
        except Exception as error:  # noqa: BLE001  whatever it is: a poison recipient must not take its window along
            log.error("request_cannot_be_built", recipient=group.rows[0].id, error=describe(error))
            group.fate = UNBUILDABLE

    def build(self, group: Group) -> ProviderRequest:
        """The request of a group; the same group and key give the same bytes again."""
        first = group.rows[0]
        if self.retry_keys:
            outgoing = Outgoing(
                to=tuple([row.address for row in group.rows]),
                parts=tuple([self._part(position, first) for position in self._positions(first)]),
                retry_key=str(group.key) if group.key else "",
            )
        else:
            outgoing = Outgoing(
                to=(first.address,),
                parts=(self._part(first.part, first),),
                opaque_id=f"{first.id}.{first.part}.{first.tries}",
            )
        return self.adapter.build(outgoing, self.credentials)

    def by_address(self, group: Group) -> str:
        """The provider has forgotten the group's file: from now on it goes by its address. Returns the id it had."""
        position = group.rows[0].part
        media = self.patterns[position].media
        if media is None:
            return ""
        changed = replace(self.patterns[position], media=replace(media, provider_media_id=""))
        self.patterns = (*self.patterns[:position], changed, *self.patterns[position + 1 :])
        return media.provider_media_id

    def _positions_of(self, group: Group) -> tuple[int, ...]:
        """The parts the group's request carries."""
        first = group.rows[0]
        return self._positions(first) if self.retry_keys else (first.part,)

    def _positions(self, row: Row) -> tuple[int, ...]:
        return tuple(position for position, state in enumerate(row.states) if state != PartState.DROPPED)

    def _texts(self, row: Row) -> tuple[str, ...]:
        return tuple(self.patterns[position].text.to(row.id, row.fields) for position in self._positions(row))

    def _part(self, position: int, row: Row) -> OutgoingPart:
        return self.patterns[position].part(row.id, row.fields)


def patterns_of(campaign: Campaign, channel: Channel) -> tuple[Pattern, ...]:
    """The parts of a campaign, with where the channel's provider finds their files."""
    parts = list(campaign.parts.select_related("media"))
    texts = texts_of(parts)
    return tuple(_pattern(part, texts[campaign.pk, part.position], channel) for part in parts)


def _pattern(part: Part, text: Text, channel: Channel) -> Pattern:
    pattern = Pattern(
        PartKind(part.kind),
        text,
        None,
        wording=Wording.read(part.wording) if part.wording else None,
        values=part.values,
        place=read_place(part.place) if part.place else None,
    )
    if part.media is None:
        return pattern
    outgoing = outgoing_media(part.media)
    found = at_provider(channel, part.media, outgoing)
    if isinstance(found, Outcome):
        return replace(pattern, media=outgoing, refused=found)
    return replace(pattern, media=found)
