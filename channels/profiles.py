"""Who is it? Names of people on channels whose messages carry none."""

from __future__ import annotations

from django.conf import settings

from channels.adapters import ADAPTERS
from channels.adapters.base import ChannelKind, Profile
from channels.models import Channel
from channels.sending.rare import RareCalls


def has_profiles(kind: str) -> bool:
    """Whether names must be asked for on channels of this kind."""
    adapter = ADAPTERS.get(ChannelKind(kind))
    return adapter is not None and not adapter.names_writers


def fetch_profile(channel: Channel, address: str) -> Profile:
    """Ask the provider. Raises CallFailed; final where the person does not show themselves to us."""
    adapter = ADAPTERS[ChannelKind(channel.kind)]
    with RareCalls(
        settings.PROVIDER_URLS, timeout=settings.PROVIDER_TIMEOUT_S, ca_file=settings.PROVIDER_CA_FILE
    ) as calls:
        return adapter.read_profile(calls.call(adapter.profile(address, channel.credentials())))
