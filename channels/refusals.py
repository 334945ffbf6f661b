"""Which rule keeps a message from a channel, in words: the table of what is offered, then the provider's own rules."""

from __future__ import annotations

from django.utils.translation import gettext as _

from channels.adapters import ADAPTERS
from channels.adapters.base import ChannelKind, PartKind
from channels.capabilities import Client, takes
from channels.media import problems_for
from channels.media.rules import KIND_NAMES
from channels.models import KIND_LABELS, Media


def refusals(client: str, channel: ChannelKind, kind: PartKind, media: Media | None = None) -> list[str]:
    """Why `channel` does not take this kind of message, or this file, from `client`; empty where it does."""
    if channel not in ADAPTERS or not takes(client, channel, kind):
        return [_of_the_table(client, channel, kind)]
    return [problem.text for problem in problems_for(media, ADAPTERS[channel].spec)] if media else []


def _of_the_table(client: str, channel: ChannelKind, kind: PartKind) -> str:
    name = ADAPTERS[channel].spec.label if channel in ADAPTERS else str(KIND_LABELS[channel])
    if kind not in KIND_NAMES:
        return _("{channel} takes no broadcasts.").format(channel=name)
    kinds = KIND_NAMES[kind]
    if client == Client.WEB and takes(Client.APP, channel, kind):
        return _("{channel} takes {kinds} only from the app.").format(channel=name, kinds=kinds)
    return _("{channel} takes no {kinds} in broadcasts.").format(channel=name, kinds=kinds)
