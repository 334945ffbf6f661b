"""One conversation as it reads: everything said to and by the contact, by day, whoever wrote it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from campaigns.history import parts_in_thread
from channels.catalogue import explain
from channels.explanation import Explanation
from channels.models import Media
from conversations.models import Author, Conversation, Direction, Message, MessageStatus
from conversations.opening import CAMPAIGN_MEMORY
from workspace.broadcasts.files import about, path_of
from workspace.inbox.files import box_of, preview_of

PAGE = 50
MOST = 400


@dataclass(frozen=True)
class Tick:
    """How far an outgoing message got: an icon and the words that say the same."""

    icon: str
    label: str | Promise
    tone: str = ""


TICKS: dict[str, Tick] = {
    MessageStatus.WAITING: Tick("clock", _("Waiting to be sent")),
    MessageStatus.SENDING: Tick("clock", _("Being sent")),
    MessageStatus.UNCONFIRMED: Tick("circle-help", _("Checking: it may or may not have arrived"), "warning"),
    MessageStatus.ACCEPTED: Tick("check", _("Sent")),
    MessageStatus.DELIVERED: Tick("check-check", _("Delivered")),
    MessageStatus.READ: Tick("check-check", _("Read"), "info"),
    MessageStatus.FAILED: Tick("circle-alert", _("Not sent"), "error"),
}


@dataclass(frozen=True)
class Bubble:
    """One thing said. `author` is an Author; `name` is the member's, or the broadcast's number as text."""

    key: str
    at: datetime
    author: str
    outgoing: bool
    kind: str
    text: str = ""
    name: str = ""
    media: Media | None = None
    tick: Tick | None = None
    explanation: Explanation | None = None
    test: bool = False  # a broadcast tried on this one chat
    repeatable: int | None = None  # the message's id where it failed for good and did not go again yet

    @property
    def is_media(self) -> bool:
        return self.kind in ("image", "video", "audio", "file", "sticker")

    @property
    def media_url(self) -> str:
        return path_of(self.media) if self.media else ""

    @property
    def preview_url(self) -> str:
        return preview_of(self.media) if self.media else ""

    @property
    def media_box(self) -> tuple[int, int]:
        return box_of(self.media) if self.media else (0, 0)

    @property
    def media_facts(self) -> str:
        return about(self.media) if self.media else ""


@dataclass
class Day:
    """What was said on one day of the tenant's calendar."""

    date: date
    bubbles: list[Bubble] = field(default_factory=list)

    @property
    def at(self) -> datetime:
        """A moment of that day with its zone: without one, "today" would be the server's."""
        return timezone.localtime(self.bubbles[0].at)


@dataclass(frozen=True)
class Thread:
    """The last `size` messages; `earlier` is how many to ask for to see more, 0 when the beginning is there."""

    days: Sequence[Day]
    size: int
    earlier: int


def read_thread(conversation: Conversation, *, size: int = PAGE) -> Thread:
    """The last `size` messages of the conversation and the broadcasts that fell between them."""
    size = min(size, MOST)
    messages = Message.objects.filter(conversation=conversation).select_related("member", "media", "again")
    found = list(messages.order_by("-at", "-pk")[: size + 1])
    whole = len(found) <= size
    kind = conversation.channel.kind
    bubbles = [_of_message(message, kind) for message in found[:size]]
    since = conversation.created_at - CAMPAIGN_MEMORY if whole else found[size - 1].at
    bubbles += _of_campaigns(conversation, since)
    bubbles.sort(key=lambda bubble: (bubble.at, bubble.key))
    return Thread(_by_day(bubbles), size, 0 if whole or size == MOST else size + PAGE)


def _of_campaigns(conversation: Conversation, since: datetime) -> list[Bubble]:
    """The broadcasts this contact got until their next conversation, and those that this one may be an answer to.

    Bound customers and chat numbers get broadcasts after their conversation has ended as well.
    """
    later = Conversation.objects.filter(
        contact=conversation.contact_id, created_at__gt=conversation.created_at
    )
    following = later.order_by("created_at").values_list("created_at", flat=True).first()
    until = following or timezone.now()
    return [
        Bubble(
            key=f"c{part.campaign_number:012}-{part.position}",
            at=part.at,
            author=Author.CAMPAIGN,
            outgoing=True,
            kind=part.kind,
            text=part.text,
            name=str(part.campaign_number),
            media=part.media,
            tick=TICKS.get(part.state),
            explanation=_explain(part.state, part.reason, conversation.channel.kind, ""),
        )
        for part in parts_in_thread(conversation.contact)
        if since <= part.at <= until
    ]


def _of_message(message: Message, kind: str) -> Bubble:
    return Bubble(
        key=f"m{message.pk:020}",
        at=message.at,
        author=message.author,
        outgoing=message.direction == Direction.OUT,
        kind=message.kind,
        text=message.text,
        name=message.member.name if message.member else "",
        media=message.media,
        tick=TICKS.get(message.status),
        explanation=_explain(message.status, message.reason, kind, message.provider_code),
        test=message.test,
        repeatable=message.pk if _is_repeatable(message) else None,
    )


def _is_repeatable(message: Message) -> bool:
    """A member's reply that is proved not to have arrived; what may have arrived never goes again by a click."""
    failed = message.author == Author.MEMBER and message.status == MessageStatus.FAILED
    return failed and getattr(message, "again", None) is None


def _explain(status: str, reason: str, kind: str, provider_code: str) -> Explanation | None:
    if status not in (MessageStatus.FAILED, MessageStatus.UNCONFIRMED) or not reason:
        return None
    return explain(reason, kind, provider_code)


def _by_day(bubbles: Iterable[Bubble]) -> list[Day]:
    days: list[Day] = []
    for bubble in bubbles:
        day = timezone.localdate(bubble.at)
        if not days or days[-1].date != day:
            days.append(Day(day))
        days[-1].bubbles.append(bubble)
    return days
