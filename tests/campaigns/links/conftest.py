"""Broadcasts with links, sent through the real engine to the real sandbox."""

import pytest

from campaigns.models import Link, Recipient

BROWSER = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 Line/15.9.1"


def people(campaign):
    return list(Recipient.objects.filter(campaign=campaign).order_by("pk"))


def links(campaign):
    return list(Link.objects.filter(campaign=campaign))


@pytest.fixture
def tap(client, settings):
    """Open the last short link of a text as a browser on a phone does."""

    def go(text, **more):
        address = text[text.rindex(settings.PUBLIC_URL) :].split()[0].removesuffix(".")
        return client.get(address.removeprefix(settings.PUBLIC_URL), **{"HTTP_USER_AGENT": BROWSER} | more)

    return go
