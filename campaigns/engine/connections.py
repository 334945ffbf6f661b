"""The connections of this process to the providers, kept from slice to slice: handshakes cost more than sends."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.conf import settings

from campaigns.engine.times import times
from channels.sending.transport import Transport

_kept: dict[Any, Transport] = {}


@contextmanager
def connected() -> Iterator[Transport]:
    """The transport of this process, opened after the fork. One that saw an error is closed, never used again:
    what it still had in flight belongs to nobody."""
    urls = settings.PROVIDER_URLS
    ca_file, answer = settings.PROVIDER_CA_FILE, times().answer
    key = (os.getpid(), tuple(sorted(urls.items())), settings.SEND_CONNECTIONS, answer, ca_file)
    transport = _kept.pop(key, None)
    if transport is None:
        for other in [other for other in _kept if other[0] == os.getpid()]:
            _kept.pop(other).close()  # made for settings that no longer hold
        transport = Transport(
            urls, max_connections=settings.SEND_CONNECTIONS, timeout=answer, ca_file=ca_file
        )
    try:
        yield transport
    except BaseException:
        transport.close()
        raise
    _kept[key] = transport
