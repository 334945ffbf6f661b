"""The parts of a campaign against what the channels take, before anything is written or sent."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from campaigns.drafts import PartDraft
from campaigns.gaps import gaps_in, line_sql
from campaigns.links.codes import any_short_link
from campaigns.links.finding import shortened
from campaigns.models import MAX_PARTS
from campaigns.rendering import LONGEST_VALUE, VARIABLE, VARIABLES, variables_in
from channels.adapters import ADAPTERS
from channels.adapters.base import ChannelKind, PartKind, Reason
from channels.media import is_kept
from channels.models import Media
from channels.refusals import refusals
from templates_app.filling import Fault
from templates_app.models import Template

Sql = tuple[str, list[Any]]  # an expression and its parameters
FITS: Sql = ("''", [])  # whatever is known of a person


@dataclass(frozen=True)
class Content:
    """Parts with the media that were found. `refused` names, per channel kind, the positions it does not take, each
    with the rules that refuse it, in the reader's language. `template` is the one that is sent in place of messages;
    `unfit` says of each person why it cannot be filled in for them: a Reason, "" where it can. `gaps` are the variables
    that keep it from being."""

    parts: tuple[PartDraft, ...]
    media: Mapping[str, Media]
    refused: Mapping[ChannelKind, Mapping[int, Sequence[str]]]
    variables: tuple[str, ...]
    template: Template | None = None
    unfit: Sql = FITS
    gaps: tuple[str, ...] = ()


def examine(
    parts: Sequence[PartDraft], client: str, kinds: Iterable[ChannelKind], *, track_links: bool = False
) -> tuple[Content, list[Fault]]:
    """The parts as `kinds` take them, and what is wrong with them for every channel, one entry per field.
    `track_links`: addresses count as the short links that stand for them."""
    media = {
        row.key: row for row in Media.objects.filter(key__in=[part.media for part in parts if part.media])
    }
    faults = _count_faults(parts)
    for position, part in enumerate(parts):
        faults += _part_faults(position, part, media)
    refused = {kind: _refused(kind, client, parts, media) for kind in kinds}
    faults += _length_faults(parts, kinds, track_links=track_links)
    texts = [part.text for part in parts if part.kind is PartKind.TEXT]
    gaps = gaps_in(texts)
    variables = tuple(variables_in(part.text for part in parts))
    return Content(tuple(parts), media, refused, variables, unfit=_unfit(gaps), gaps=gaps), faults


def _unfit(gaps: Sequence[str]) -> Sql:
    """Nobody gets a message with a gap in it."""
    empty = " OR ".join(f"{line_sql(name)} = ''" for name in gaps)
    return (f"CASE WHEN {empty} THEN '{Reason.VALUE_MISSING.value}' ELSE '' END", []) if gaps else FITS


def _count_faults(parts: Sequence[PartDraft]) -> list[Fault]:
    if not parts:
        return [fault("parts", "required", _("Add at least one message."))]
    if len(parts) > MAX_PARTS:
        return [
            fault("parts", "too_many", _("A broadcast has at most %(most)d messages.") % {"most": MAX_PARTS})
        ]
    return []


def _part_faults(position: int, part: PartDraft, media: Mapping[str, Media]) -> list[Fault]:
    where = f"parts.{position}"
    faults = []
    if part.kind is PartKind.TEXT:
        if not part.text.strip():
            faults.append(
                fault(f"{where}.text", "empty", _("This message is empty. Write something or remove it."))
            )
        if part.media:
            faults.append(fault(f"{where}.media", "unexpected", _("A text carries no file.")))
    elif not part.media:
        faults.append(fault(f"{where}.media", "required", _("Choose a file.")))
    elif part.media not in media:
        faults.append(
            fault(f"{where}.media", "not_found", _("This file is no longer here. Choose it again."))
        )
    elif media[part.media].kind != part.kind:
        faults.append(fault(f"{where}.media", "wrong_kind", _("This file is of another kind.")))
    elif not is_kept(media[part.media]):
        faults.append(
            fault(f"{where}.media", "gone", _("This file is no longer in the storage. Choose it again."))
        )
    for name in variables_in([part.text]):
        if name not in VARIABLES:
            detail = _("There is no variable “%(name)s”.") % {"name": name}
            faults.append(fault(f"{where}.text", "unknown_variable", detail))
    return faults


def _length_faults(
    parts: Sequence[PartDraft], kinds: Iterable[ChannelKind], *, track_links: bool
) -> list[Fault]:
    """Texts that some chosen channel would cut off, counted as that channel counts."""
    faults = []
    for position, part in enumerate(parts):
        said = shortened(part.text, any_short_link()) if track_links else part.text
        for kind in kinds:
            if kind not in ADAPTERS or part.kind is not PartKind.TEXT:
                continue
            length, most = longest_length(kind, said), ADAPTERS[kind].spec.max_text
            if length > most:
                detail = _("%(label)s takes at most %(most)d characters; this may have %(length)d.") % {
                    "label": ADAPTERS[kind].spec.label,
                    "most": most,
                    "length": length,
                }
                faults.append(fault(f"parts.{position}.text", "too_long", detail))
                break
    return faults


def longest_length(kind: ChannelKind, text: str) -> int:
    """Length on this channel with every variable at its longest, so that no name can make a text too long."""
    return ADAPTERS[kind].text_length(VARIABLE.sub("字" * LONGEST_VALUE, text))


def _refused(
    kind: ChannelKind, client: str, parts: Sequence[PartDraft], media: Mapping[str, Media]
) -> dict[int, Sequence[str]]:
    found = {
        position: refusals(client, kind, part.kind, media.get(part.media))
        for position, part in enumerate(parts)
    }
    return {position: rules for position, rules in found.items() if rules}


def fault(field: str, code: str, detail: str) -> Fault:
    """One entry of an error's list."""
    return {"field": field, "code": code, "detail": detail}
