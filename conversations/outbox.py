"""Sending replies: lease, take a token, mark and commit, send, record. Safe to be cut off anywhere.

A reply whose fate is unknown goes again only where the provider forgets nothing: on LINE, under the same
retry key and with the same bytes. Everywhere else it stays *unconfirmed* until a webhook names it.
"""

from __future__ import annotations

import time
from datetime import datetime

import structlog
from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone

from channels.adapters import ADAPTERS
from channels.adapters.base import (
    Blame,
    ChannelKind,
    Outcome,
    OutcomeKind,
    Outgoing,
    OutgoingMedia,
    OutgoingPart,
    PartKind,
    ProviderRequest,
    ProviderResponse,
    Reason,
    Unsupported,
)
from channels.breaking import break_channel
from channels.media import outgoing_media
from channels.media.provider_files import at_provider
from channels.sending.pacing import REPLIES_AHEAD, Pacer, PacingUnavailable, limits_of
from channels.sending.rare import RareCalls
from conversations import doors, windows
from conversations.filled import Filled
from conversations.hooks import hooks
from conversations.models import Message, MessageStatus
from conversations.outcomes import Held, fail, leave_in_doubt, mark, postpone, record, release
from conversations.slices import Slice, answer_seconds, lease_seconds, run_slice
from tenants.models import Tenant

BATCH = 10  # replies leased at once; one is sent after the other
WITHOUT_TOKENS = 2.0  # seconds until the tokens are asked for again

log = structlog.get_logger(__name__)


def send_due() -> bool:
    """Send what is due, tenants by turns; returns whether there may be more, when the slice is over."""
    with RareCalls(
        settings.PROVIDER_URLS, timeout=answer_seconds(), ca_file=settings.PROVIDER_CA_FILE
    ) as calls:
        outbox = Outbox(calls, Pacer.open(settings.TOKENS_REDIS_URL))
        return run_slice(doors.tenants_with_due_replies, outbox.send_some)


class Outbox:
    """The connections of one run."""

    def __init__(self, calls: RareCalls, pacer: Pacer) -> None:
        self._calls = calls
        self._pacer = pacer

    def send_some(self, tenant: Tenant, run: Slice) -> int:
        """Try a batch of the tenant's due replies; returns how many were tried."""
        leased = _lease(tenant)
        for number, held in enumerate(leased):
            if run.is_over:
                release(leased[number:])
                return number
            self._send(held)
        return len(leased)

    def _send(self, held: Held) -> None:
        message = held.message
        if message.status == MessageStatus.SENDING and not held.may_repeat:
            return leave_in_doubt(held)
        if (reason := _obstacle(message)) is not None:
            return fail(held, reason)
        try:
            endpoint = _request(held).endpoint
            if (wait := self._turn(held, endpoint)) > 0:
                return postpone(held, wait)
            if not mark(held):
                return None
            request = _request(held)  # by now it may be the answer to a reply token
        except Unsupported:
            log.exception("reply_unsupported", message=message.pk)
            return fail(held, Reason.UNSUPPORTED_PART)
        outcome = self._call(held, request)
        if outcome.reason is Reason.RATE_LIMITED:
            self._slow_down(held, endpoint, outcome.retry_after)
        record(held, outcome)
        return _tell_if_broken(held, outcome)

    def _call(self, held: Held, request: ProviderRequest) -> Outcome:
        answer = self._calls.call(request)
        if isinstance(answer, ProviderResponse):
            return held.adapter.read(answer)
        return held.adapter.read_fault(answer)

    def _turn(self, held: Held, endpoint: str) -> float:
        """Take one token of the bucket that broadcasts use too, before their next window does; returns the seconds
        to come back in, 0 to go on."""
        channel = held.message.conversation.channel
        limit = limits_of(held.adapter.spec, channel.pace)[endpoint]
        try:
            grant = self._pacer.take(channel.pk, endpoint, limit, 1, ahead=REPLIES_AHEAD)
        except PacingUnavailable:
            return WITHOUT_TOKENS
        if not grant.tokens:
            return max(grant.retry_in, 0.1)
        time.sleep(next(grant.delays()))  # until the moment the bucket gave; REPLIES_AHEAD at most
        return 0.0

    def _slow_down(self, held: Held, endpoint: str, seconds: float) -> None:
        try:
            self._pacer.slow_down(held.message.conversation.channel_id, endpoint, seconds)
        except PacingUnavailable:
            log.warning("slowing_down_unheard", endpoint=endpoint)  # without Redis nothing leaves anyway


def _lease(tenant: Tenant) -> list[Held]:
    """The first due reply of each contact, so that nobody's second message overtakes the first."""
    with connection.cursor() as cursor:
        cursor.execute(
            """UPDATE conversations_message
               SET leased_until = clock_timestamp() + make_interval(secs => %s)
               WHERE id IN (
                   SELECT due.id FROM conversations_message due
                   WHERE due.tenant_id = %s AND due.direction = 'out' AND due.due_at <= clock_timestamp()
                     AND (due.leased_until IS NULL OR due.leased_until < clock_timestamp())
                     AND NOT EXISTS (SELECT FROM conversations_message earlier
                                     WHERE earlier.contact_id = due.contact_id AND earlier.id < due.id
                                       AND earlier.direction = 'out' AND earlier.due_at IS NOT NULL)
                   ORDER BY due.due_at, due.id FOR UPDATE OF due SKIP LOCKED LIMIT %s)
               RETURNING id, leased_until""",
            [lease_seconds(), tenant.pk, BATCH],
        )
        leases: dict[int, datetime] = dict(cursor.fetchall())
    rows = Message.objects.filter(pk__in=leases).order_by("due_at", "pk")
    rows = rows.select_related(
        "contact", "conversation__channel__meta_app", "conversation__channel__tenant", "media"
    )
    return [Held(message, ADAPTERS[_kind(message)], leases[message.pk]) for message in rows]


def _tell_if_broken(held: Held, outcome: Outcome) -> None:
    """A token that was revoked, or an account that was restricted, concerns everything on this channel."""
    channel, reason = held.message.conversation.channel, outcome.reason
    if outcome.kind is not OutcomeKind.REFUSED or outcome.blame is not Blame.CHANNEL or reason is None:
        return
    with transaction.atomic():
        if break_channel(channel.tenant_id, channel.pk, reason):
            hooks.channel_broken(channel.tenant, channel.pk, reason)


def _obstacle(message: Message) -> Reason | None:
    """What came between writing and sending. A repeat under a retry key is a matter of finding out: no obstacle."""
    if message.status == MessageStatus.SENDING:
        return None
    channel = message.conversation.channel
    if not channel.usable:
        return Reason.CHANNEL_OFF
    if message.kind != PartKind.TEMPLATE and not windows.is_open_to_members(
        message.contact, channel, timezone.now()
    ):
        return Reason.WINDOW_CLOSED
    return None


def _request(held: Held) -> ProviderRequest:
    """Raises Unsupported."""
    message = held.message
    outgoing = Outgoing(
        to=(message.contact.address,),
        parts=(_part(message),),
        retry_key=str(message.retry_key or ""),
        opaque_id=message.opaque_id,
        reply_token=message.reply_token,
        human_agent=windows.needs_human_agent(message.contact, message.conversation.channel, timezone.now()),
    )
    return held.adapter.build(outgoing, message.conversation.channel.credentials())


def _part(message: Message) -> OutgoingPart:
    media = outgoing_media(message.media) if message.media else None
    if message.filled is None:
        return OutgoingPart(PartKind(message.kind), text=message.text, media=media)
    if message.media is not None and media is not None:
        found = at_provider(message.conversation.channel, message.media, media)
        media = found if isinstance(found, OutgoingMedia) else media
    return OutgoingPart(PartKind.TEMPLATE, template=Filled.read(message.filled).outgoing(media))


def _kind(message: Message) -> ChannelKind:
    return ChannelKind(message.conversation.channel.kind)
