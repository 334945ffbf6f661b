"""Asking Meta about the templates of an account, with the token of one of its numbers."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from django.conf import settings

from channels.adapters.base import Answer, Credentials, ProviderRequest
from channels.models import ChannelState, WhatsAppAccount
from channels.sending.rare import RareCalls
from templates_app.errors import NoUsableNumber

MAX_ANSWER = 8 * 1024 * 1024  # bytes: a page of a hundred templates with all their words
UPLOAD_S = 120.0  # an example may have 100 MB


@dataclass(frozen=True)
class Connection:
    """An open line to Meta. `app_id` is the app that examples are uploaded to, "" where the number has none."""

    waba_id: str
    app_id: str
    credentials: Credentials
    calls: RareCalls

    def ask(self, request: ProviderRequest) -> Answer:
        return self.calls.call(request, max_answer=MAX_ANSWER)


@contextmanager
def connect(account: WhatsAppAccount, *, uploading: bool = False) -> Iterator[Connection]:
    """A line by the account's first connected number. Raises NoUsableNumber before anything is asked."""
    channels = account.channels.select_related("meta_app").order_by("pk")
    channel = next((one for one in channels if one.enabled and one.state == ChannelState.CONNECTED), None)
    if channel is None:
        raise NoUsableNumber
    app_id = channel.meta_app.app_id if channel.meta_app else ""
    timeout = UPLOAD_S if uploading else settings.PROVIDER_TIMEOUT_S
    with RareCalls(settings.PROVIDER_URLS, timeout=timeout, ca_file=settings.PROVIDER_CA_FILE) as calls:
        yield Connection(account.waba_id, app_id, channel.credentials(), calls)
