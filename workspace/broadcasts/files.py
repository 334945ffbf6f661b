"""Pictures, videos and files in the composer: what may be chosen for whom, and how one that was chosen is shown."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any
from urllib.parse import urlsplit

from django.utils.translation import gettext as _

from channels.adapters import ADAPTERS
from channels.adapters.base import ChannelKind, MediaRule, PartKind
from channels.capabilities import Client
from channels.media import outgoing_media, problems_for
from channels.media.rules import KIND_NAMES, public_url, shown_size, type_name
from channels.media.types import IMAGES, TYPES
from channels.models import Media
from channels.refusals import refusals

OFFERED = (PartKind.IMAGE, PartKind.VIDEO, PartKind.FILE)


def offers(client: Client, kinds: Iterable[ChannelKind]) -> dict[str, dict[str, Any]]:
    """What the composer offers of each kind of part, to people on these kinds of channel."""
    return {kind.value: _offer(client, kind, list(kinds)) for kind in OFFERED}


def _offer(client: Client, kind: PartKind, kinds: list[ChannelKind]) -> dict[str, Any]:
    """`accept`: for the file dialogue; `refusals`: kind of channel → the rule; `hint`: what reaches everybody."""
    refused = {channel: " ".join(why) for channel in kinds if (why := refusals(client, channel, kind))}
    rules = [ADAPTERS[channel].spec.media[kind] for channel in kinds if channel not in refused]
    return {
        "accept": ",".join(_extensions(kind, rules)),
        "hint": _hint(kind, rules),
        "refusals": {channel.value: text for channel, text in refused.items()},
    }


def _extensions(kind: PartKind, rules: list[MediaRule]) -> list[str]:
    """Of files that some channel takes. Pictures are converted, so all we can read will do."""
    if kind is PartKind.IMAGE:
        return ["image/*", *IMAGES]
    taken = {mime for rule in rules for mime in rule.mimes}
    return [extension for extension, found in TYPES.items() if found.kind is kind and found.mime in taken]


def _hint(kind: PartKind, rules: list[MediaRule]) -> str:
    if kind is PartKind.IMAGE:
        return _("JPEG, PNG, WebP, GIF or HEIC; it is made to fit every channel")
    if not rules:
        return ""
    common = frozenset.intersection(*(rule.mimes for rule in rules)) & {
        found.mime for found in TYPES.values()
    }
    values = {
        "types": ", ".join(sorted(type_name(mime) for mime in common)),
        "most": shown_size(min(rule.max_bytes for rule in rules)),
        "kinds": KIND_NAMES[kind],
    }
    return _("{types} up to {most} reach every chosen channel that takes {kinds}").format(**values)


def described(media: Media, kinds: Iterable[ChannelKind]) -> dict[str, Any]:
    """A stored file as a card shows it; `problems`: kind of channel → the provider's rules that refuse it."""
    return {
        "kind": media.kind,
        "media": media.key,
        "url": path_of(media),
        "poster": poster_path(media),
        "name": media.name,
        "about": about(media),
        "length": length_of(media),
        "problems": {
            kind.value: " ".join(problem.text for problem in problems)
            for kind in kinds
            if (problems := problems_for(media, ADAPTERS[kind].spec))
        },
    }


def path_of(media: Media) -> str:
    """Where this site's own pages find a file: its public address without the host providers use."""
    return urlsplit(public_url(media)).path


def poster_path(media: Media) -> str:
    """A picture that stands for a video; "" for everything else."""
    return urlsplit(outgoing_media(media).preview_url).path if media.kind == PartKind.VIDEO else ""


def about(media: Media) -> str:
    """ "MP4 · 0:12 · 3.4 MB"."""
    return " · ".join(filter(None, [type_name(media.mime), length_of(media), shown_size(media.bytes)]))


def length_of(media: Media) -> str:
    """How long a video plays, as "0:12"; "" where it does not say."""
    seconds = round((media.duration_ms or 0) / 1000)
    return f"{seconds // 60}:{seconds % 60:02}" if seconds and media.kind == PartKind.VIDEO else ""
