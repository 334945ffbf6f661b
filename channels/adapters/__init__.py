"""The registry: every kind of channel that can be connected, and the adapter that speaks for it."""

from collections.abc import Mapping

from channels.adapters.base import Adapter, ChannelKind
from channels.adapters.line import LineAdapter
from channels.adapters.meta.whatsapp import WhatsAppAdapter

ADAPTERS: Mapping[ChannelKind, Adapter] = {
    ChannelKind.LINE: LineAdapter(),
    ChannelKind.WHATSAPP: WhatsAppAdapter(),
}
