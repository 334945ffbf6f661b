"""Which client may send what over which channel: the one table that composer, preflight and API read.

Rows and columns are those of the reference product's two tables (web: S2-17..22, app: S2-47..50). A kind
that is refused here is caught before anything is sent; what the provider itself could carry does not matter.
"""

from __future__ import annotations

from enum import StrEnum

from channels.adapters.base import ChannelKind, PartKind


class Client(StrEnum):
    """Where a broadcast is written: a desktop browser, or the installed app and small touch screens."""

    WEB = "web"
    APP = "app"


class Content(StrEnum):
    """The rows of the table. Emoji and saved replies travel inside text parts."""

    TEXT = "text"
    EMOJI = "emoji"
    IMAGE = "image"
    VIDEO = "video"
    AUDIO = "audio"
    FILE = "file"
    SAVED_REPLY = "saved_reply"


BROADCAST_CHANNELS = (
    ChannelKind.LINE,
    ChannelKind.FACEBOOK,
    ChannelKind.INSTAGRAM,
    ChannelKind.WHATSAPP,
)  # web chat is refused by name (S2-7)

_ALL = frozenset(BROADCAST_CHANNELS)
_NONE: frozenset[ChannelKind] = frozenset()

_TAKEN_BY: dict[Client, dict[Content, frozenset[ChannelKind]]] = {
    Client.WEB: {
        Content.TEXT: _ALL,
        Content.EMOJI: _ALL,
        Content.IMAGE: _ALL,
        Content.VIDEO: _ALL - {ChannelKind.INSTAGRAM},
        Content.AUDIO: _NONE,  # in neither table
        Content.FILE: _ALL - {ChannelKind.LINE, ChannelKind.INSTAGRAM},
        Content.SAVED_REPLY: _ALL,
    },
    Client.APP: {
        Content.TEXT: _ALL,
        Content.EMOJI: _ALL,  # typed on the phone's own keyboard: sent, though no picker is offered
        Content.IMAGE: _ALL,
        Content.VIDEO: _ALL,
        Content.AUDIO: _NONE,
        Content.FILE: _ALL - {ChannelKind.LINE},
        Content.SAVED_REPLY: _ALL,
    },
}


def takes(client: Client | str, channel: ChannelKind | str, content: Content | PartKind | str) -> bool:
    """Whether `client` may broadcast `content` over `channel`. Raises ValueError for unknown words."""
    return ChannelKind(channel) in _TAKEN_BY[Client(client)][Content(content)]


def matrix() -> dict[str, dict[str, dict[str, bool]]]:
    """The whole table as plain values, `{client: {channel: {content: bool}}}`."""
    return {
        client.value: {
            channel.value: {content.value: takes(client, channel, content) for content in Content}
            for channel in ChannelKind
        }
        for client in Client
    }
