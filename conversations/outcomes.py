"""What follows from trying to send a reply; every write names the lease, so who lost it writes nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import F
from django.utils import timezone

from channels.adapters.base import Adapter, Blame, Idempotency, Outcome, OutcomeKind, Reason
from conversations.charges import give_back
from conversations.models import Direction, Message, MessageStatus
from tenants.live import publish

MAX_TRIES = 5
RETRY_KEY_LIFE = timedelta(hours=23)  # LINE remembers a key for 24
REPLY_TOKEN_LIFE = timedelta(seconds=50)  # LINE: a minute from the webhook on, once


@dataclass(frozen=True)
class Held:
    """A reply under lease until `until`."""

    message: Message
    adapter: Adapter
    until: datetime

    @property
    def may_repeat(self) -> bool:
        """Whether the same request may go again although the first may have arrived."""
        message = self.message
        return (
            self.adapter.spec.idempotency is Idempotency.RETRY_KEY
            and not message.reply_token
            and message.tries < MAX_TRIES * 2
            and timezone.now() - message.at < RETRY_KEY_LIFE
        )

    def write(self, **values: Any) -> bool:
        """Change the row unless the lease is lost or a webhook has settled it meanwhile."""
        row = Message.objects.filter(pk=self.message.pk, leased_until=self.until, due_at__isnull=False)
        if not row.update(**values):
            return False
        for name in values:
            if name != "tries":
                setattr(self.message, name, values[name])
        return True


@transaction.atomic
def mark(held: Held) -> bool:
    """Note that the reply is about to leave; with the commit of this it may. False: somebody else has it."""
    message = held.message
    token = ""
    if message.status == MessageStatus.WAITING and "reply" in held.adapter.spec.pacing:
        token = _take_reply_token(message)
    return held.write(status=MessageStatus.SENDING, tries=F("tries") + 1, reply_token=token)


def record(held: Held, outcome: Outcome) -> None:
    """Write down what the provider's answer proves, and when to try again if it proves that nothing left."""
    match outcome.kind:
        case OutcomeKind.ACCEPTED:
            _accept(held, outcome)
        case OutcomeKind.UNKNOWN if held.may_repeat:
            _later(held, MessageStatus.SENDING, outcome)
        case OutcomeKind.UNKNOWN:
            leave_in_doubt(held, outcome)
        case OutcomeKind.REFUSED if outcome.reason is Reason.REPLY_EXPIRED:
            held.write(status=MessageStatus.WAITING, reply_token="", leased_until=None)  # now by push
        case OutcomeKind.REFUSED if outcome.final or outcome.blame is Blame.CHANNEL:
            fail(held, outcome.reason or Reason.UNEXPECTED_RESPONSE, outcome.provider_code)
        case _ if held.message.tries + 1 >= MAX_TRIES:
            fail(held, outcome.reason or Reason.ATTEMPTS_EXHAUSTED, outcome.provider_code)
        case _:
            _later(held, MessageStatus.WAITING, outcome)


def postpone(held: Held, seconds: float) -> None:
    """It is not its turn yet: nothing has left, and this was no try."""
    held.write(due_at=timezone.now() + timedelta(seconds=seconds), leased_until=None)


def release(leased: Sequence[Held]) -> None:
    """Give back what was not tried."""
    for held in leased:
        held.write(leased_until=None)


def fail(held: Held, reason: Reason, provider_code: str = "") -> None:
    """It did not arrive and will not; the person who wrote it sees why, and it costs nothing."""
    with transaction.atomic():
        written = held.write(
            status=MessageStatus.FAILED,
            failed_at=timezone.now(),
            reason=reason,
            provider_code=provider_code[:120],
            due_at=None,
            leased_until=None,
        )
        if written:
            give_back(held.message)
    _tell(held)


def leave_in_doubt(held: Held, outcome: Outcome | None = None) -> None:
    """It may have left and may not be repeated: a webhook may still tell."""
    held.write(
        status=MessageStatus.UNCONFIRMED,
        reason=(outcome and outcome.reason) or Reason.ANSWER_LOST,
        provider_code=outcome.provider_code[:120] if outcome else "",
        due_at=None,
        leased_until=None,
    )
    _tell(held)


def _accept(held: Held, outcome: Outcome) -> None:
    held.write(
        status=MessageStatus.ACCEPTED,
        sent_at=timezone.now(),
        provider_id=outcome.provider_ids[0] if outcome.provider_ids else "",
        reason="",
        provider_code="",
        due_at=None,
        leased_until=None,
    )
    _tell(held)


def _later(held: Held, status: MessageStatus, outcome: Outcome) -> None:
    wait = max(float(min(2 ** (held.message.tries + 1), 300)), outcome.retry_after)
    held.write(
        status=status,
        reason=outcome.reason or "",
        due_at=timezone.now() + timedelta(seconds=wait * settings.ENGINE_TIME_SCALE),
        leased_until=None,
    )
    _tell(held)


def _take_reply_token(message: Message) -> str:
    """The customer's newest token, if it still lives: a reply by it costs nothing. It works once, so it is taken."""
    fresh = Message.objects.filter(
        contact=message.contact_id,
        direction=Direction.IN,
        at__gt=timezone.now() - REPLY_TOKEN_LIFE,
    ).exclude(reply_token="")
    inbound = fresh.select_for_update(skip_locked=True).order_by("-at").first()
    if inbound is None:
        return ""
    token, inbound.reply_token = inbound.reply_token, ""
    inbound.save(update_fields=["reply_token"])
    return token


def _tell(held: Held) -> None:
    publish(held.message.tenant_id, f"conversation-{held.message.conversation.number}")
