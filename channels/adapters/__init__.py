"""The registry: every kind of channel that can be connected, and the adapter that speaks for it."""

from collections.abc import Mapping

from channels.adapters.base import Adapter, ChannelKind
from channels.adapters.line import LineAdapter
from channels.adapters.meta.facebook import FacebookAdapter
from channels.adapters.meta.instagram import InstagramAdapter
from channels.adapters.meta.whatsapp import WhatsAppAdapter

ADAPTERS: Mapping[ChannelKind, Adapter] = {
    ChannelKind.LINE: LineAdapter(),
    ChannelKind.FACEBOOK: FacebookAdapter(),
    ChannelKind.INSTAGRAM: InstagramAdapter(),
    ChannelKind.WHATSAPP: WhatsAppAdapter(),
}
