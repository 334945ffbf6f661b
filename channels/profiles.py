"""Who is it? Names of people on channels whose messages carry none."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from django.conf import settings

from channels.adapters.base import ChannelKind, Credentials
from channels.adapters.line import calls as line
from channels.models import Channel
from channels.sending.rare import RareCalls


@dataclass(frozen=True)
class Profile:
    """A person as they show themselves; `language` is a BCP 47 tag, both may be empty."""

    name: str
    language: str = ""


def has_profiles(kind: str) -> bool:
    """Whether names must be asked for on channels of this kind."""
    return ChannelKind(kind) in FETCHERS


def fetch_profile(channel: Channel, address: str) -> Profile:
    """Ask the provider. Raises CallFailed; final where the person does not show themselves to us."""
    with RareCalls(settings.PROVIDER_URLS, timeout=settings.PROVIDER_TIMEOUT_S) as calls:
        return FETCHERS[ChannelKind(channel.kind)](calls, address, channel.credentials())


def _from_line(calls: RareCalls, address: str, credentials: Credentials) -> Profile:
    found = line.read_profile(calls.call(line.profile(address, credentials)))
    return Profile(found.display_name, found.language)


FETCHERS: dict[ChannelKind, Callable[[RareCalls, str, Credentials], Profile]] = {
    ChannelKind.LINE: _from_line,
}
