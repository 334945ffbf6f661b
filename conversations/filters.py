"""Which conversations: one value for the inbox, the API and the audience of a campaign.

It is read from a fixed list of parameters, never from names of columns, and goes to and from a plain dict,
so that a campaign can keep it and a page can put it into an address.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, fields
from datetime import datetime, time, timedelta
from typing import Any
from urllib.parse import urlencode

from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.dateparse import parse_date, parse_datetime
from django.utils.translation import gettext as _

from channels.adapters.base import ChannelKind
from channels.models import Channel
from conversations import windows
from conversations.hooks import hooks
from conversations.models import Conversation, ConversationQuerySet, ConversationStatus
from conversations.search import found_by
from tenants.errors import Invalid
from tenants.models import Member

MAX_SEARCH = 100  # characters
NOBODY = "none"


@dataclass(frozen=True)
class ConversationFilter:
    """All given conditions must hold; what is not given does not restrict.

    `channel` is a kind or a channel's id; `account` the id of the WhatsApp account its number belongs to; `assignee` a
    member's id or "none"; `window` is "open" or "closed"; `closes_within` counts hours; `answered` is the number of a
    broadcast that was answered; `q` finds in name, phone, chat number and what was said.
    """

    mine: bool = False
    status: str = ""
    channel: str = ""
    account: str = ""
    q: str = ""
    window: str = ""
    closes_within: int | None = None
    unread: bool = False
    assignee: str = ""
    tag: str = ""
    answered: str = ""
    last_after: datetime | None = None
    last_before: datetime | None = None

    @classmethod
    def parse(cls, params: Mapping[str, Any], *, strict: bool = True) -> ConversationFilter:
        """Read query parameters or a stored dict. Dates without a time are the active time zone's midnights.

        Raises Invalid naming every faulty field. A name that is not a filter is a fault too when `strict`:
        a misspelt condition must not widen an audience.
        """
        values: dict[str, Any] = {}
        errors: list[dict[str, str]] = []
        for name, raw in params.items():
            read = READERS.get(name)
            if read is None:
                if strict:
                    errors.append({"field": name, "code": "unknown_filter", "detail": _("No such filter.")})
                continue
            if raw in (None, ""):
                continue
            try:
                values[name] = read(raw)
            except (ValueError, TypeError):
                detail = _("“%(value)s” is not possible here.") % {"value": str(raw)[:40]}
                errors.append({"field": name, "code": "invalid", "detail": detail})
        if errors:
            raise Invalid(errors=errors)
        return cls(**values)

    def to_dict(self) -> dict[str, Any]:
        """Only what restricts, as JSON values; `parse` reads it back to an equal filter."""
        plain = {name: value for name, value in asdict(self).items() if value not in ("", None, False)}
        return {
            name: value.isoformat() if isinstance(value, datetime) else value for name, value in plain.items()
        }

    def to_query(self, **changes: Any) -> str:
        """As a query string, with some parameters changed; None leaves one out."""
        merged = self.to_dict() | changes
        pairs = {name: value for name, value in merged.items() if value not in ("", None, False)}
        return urlencode(
            {name: "true" if value is True else value for name, value in pairs.items()}, doseq=True
        )

    def apply(
        self, conversations: ConversationQuerySet, member: Member, now: datetime | None = None
    ) -> ConversationQuerySet:
        """Narrow `conversations`, which the caller has already limited to what `member` may see."""
        return conversations.filter(self._conditions(member, now or timezone.now()))

    def first(self, ordered: QuerySet[Conversation], count: int) -> QuerySet[Any, Any]:
        """The ids of the first `count` of what was found, in the list's order either way, and perhaps of more: for
        `pk__in`. Indexes have that order within one status: where all are wanted, the first of each are read instead of
        everything sorted. Words find few, and are looked for once."""
        if self.status or self.q:
            return ordered.values("pk")[:count]
        first, *others = [ordered.filter(status=status).values("pk")[:count] for status in ConversationStatus]
        return first.union(*others, all=True)

    def _conditions(self, member: Member, now: datetime) -> Q:
        where = Q()
        if self.mine:
            where &= Q(assignee=member)
        if self.status:
            where &= Q(status=self.status)
        if self.channel:
            where &= Q(channel__in=_channels(self.channel))
        if self.account:
            where &= Q(channel__in=_of_account(int(self.account)))
        if self.q:
            where &= Q(pk__in=found_by(self.q, member.tenant_id))
        if self.window:
            where &= windows.open_at(now) if self.window == "open" else ~windows.open_at(now)
        if self.closes_within is not None:
            until = now + timedelta(hours=self.closes_within)
            where &= Q(contact__window_closes_at__gt=now, contact__window_closes_at__lte=until)
        if self.unread:
            where &= Q(unread__gt=0)
        if self.assignee:
            where &= Q(assignee__isnull=True) if self.assignee == NOBODY else Q(assignee=int(self.assignee))
        if self.tag:
            where &= Q(customer__tags__contains=[self.tag])
        if self.answered:
            where &= Q(contact__in=hooks.who_answered(member, int(self.answered)))
        if self.last_after:
            where &= Q(last_message_at__gte=self.last_after)
        if self.last_before:
            where &= Q(last_message_at__lt=self.last_before)
        return where


def _channels(channel: str) -> list[int]:
    """The ids behind a kind or an id; as values, so that an index serves them in the list's order."""
    if channel.isdigit():
        return [int(channel)]
    return list(Channel.objects.filter(kind=channel).values_list("pk", flat=True))


def _of_account(account: int) -> list[int]:
    return list(Channel.objects.filter(whatsapp_account=account).values_list("pk", flat=True))


def _flag(raw: Any) -> bool:
    known = {"true": True, "1": True, "on": True, "false": False, "0": False}
    text = str(raw).lower()
    if text not in known:
        raise ValueError(text)
    return known[text]


def _channel(raw: Any) -> str:
    text = str(raw)
    return _row_id(text) if text.isdigit() else ChannelKind(text).value


def _row_id(raw: Any) -> str:
    number = int(str(raw))
    if not 0 < number < 2**63:
        raise ValueError(number)
    return str(number)


def _assignee(raw: Any) -> str:
    return NOBODY if raw == NOBODY else _row_id(raw)


def _window(raw: Any) -> str:
    if raw not in ("open", "closed"):
        raise ValueError(raw)
    return str(raw)


def _hours(raw: Any) -> int:
    hours = int(raw)
    if not 0 < hours <= 168:
        raise ValueError(hours)
    return hours


def _text(raw: Any) -> str:
    text = str(raw).strip()
    if len(text) > MAX_SEARCH or "\x00" in text:
        raise ValueError
    return text


def _instant(raw: Any) -> datetime:
    text = str(raw).strip()
    day = parse_date(text)
    at = datetime.combine(day, time.min) if day else parse_datetime(text)
    if at is None:
        raise ValueError(text)
    return at if timezone.is_aware(at) else timezone.make_aware(at)


READERS: dict[str, Callable[[Any], Any]] = {
    "mine": _flag,
    "status": lambda raw: ConversationStatus(raw).value,
    "channel": _channel,
    "account": _row_id,
    "q": _text,
    "window": _window,
    "closes_within": _hours,
    "unread": _flag,
    "assignee": _assignee,
    "tag": _text,
    "answered": _row_id,
    "last_after": _instant,
    "last_before": _instant,
}
NAMES = frozenset(field.name for field in fields(ConversationFilter))
assert frozenset(READERS) == NAMES  # noqa: S101  a filter without a reader could never be given
