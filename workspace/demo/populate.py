"""Many conversations at once, by COPY: for benchmarks, fault runs and the impatient.

The same arguments give the same people. Run again with a larger number it adds the difference; whoever was
there already is in progress again, with an open window.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta
from itertools import count, islice
from typing import Any

from django.db import connection, models, transaction

from campaigns.rehearsal.introducing import digits
from channels.adapters import ADAPTERS
from channels.adapters.base import ChannelKind
from channels.models import Channel
from conversations.contacts import market_on
from conversations.models import (
    Author,
    Contact,
    Conversation,
    ConversationStatus,
    Customer,
    Direction,
    Message,
    MessageStatus,
    Session,
)
from conversations.windows import window_of
from tenants.models import Member, Tenant
from tenants.numbers import next_number
from workspace.demo.accounts import Account, ensure_channel, line_id
from workspace.demo.words import EN, ZH, names

BATCH = 50_000  # conversations a transaction
SPREAD = timedelta(hours=3)  # since when they wrote
MEANS_SOMETHING = frozenset(("26", "47", "49", "50", "72"))  # last digits with a fate at the sandbox
LINES = (
    "Hi! Is it still in stock?",
    "請問還有現貨嗎？",
    "Thank you 🙏",
    "好的，謝謝！",
    "What are your hours?",
    "可以幫我保留嗎？",
)


def channel_for(tenant: Tenant, kind: ChannelKind) -> Channel:
    """The tenant's first account of this kind; a new one where there is none. Inside the tenant's scope."""
    found = Channel.objects.filter(kind=kind).order_by("pk").first()
    seed = f"populate {tenant.slug} {kind}"
    account_id = line_id(seed) if kind is ChannelKind.LINE else digits(seed, 15)
    name = f"{tenant.name} {ADAPTERS[kind].spec.label}"
    address = f"@{tenant.slug}" if kind is ChannelKind.LINE else f"+852{digits(seed, 8)}"
    if found is None and kind is ChannelKind.INSTAGRAM:
        address = f"@{tenant.slug}"
    return found or ensure_channel(tenant, Account(kind, name, account_id, address, tenant.name))


def populate(channel: Channel, member: Member, wanted: int, now: datetime) -> int:
    """Make `wanted` conversations of `member` on `channel`; returns how many were new. Inside the scope."""
    known = _reopen(channel, member, now)
    people = islice(_people(channel), known, wanted)
    made = 0
    while batch := list(islice(people, BATCH)):
        with transaction.atomic():
            _write(channel, member, batch, now)
        made += len(batch)
    return made


def _people(channel: Channel) -> Iterator[tuple[str, str]]:
    """(address, name) of one person after the other, for ever; nobody whose number has a fate."""
    every = names(300, EN) + names(300, ZH)
    if channel.kind == ChannelKind.LINE:
        addresses = (f"{_prefix(channel)}{serial:020x}" for serial in count())
    else:
        harmless = (f"{n:08}" for n in count() if _harmless(f"{n:08}"))
        addresses = (f"{_prefix(channel)}{serial}" for serial in harmless)
    for place, address in enumerate(addresses):
        yield address, every[place % len(every)]


def _prefix(channel: Channel) -> str:
    """How all addresses made here begin. Ids are good for one account only, numbers for all."""
    if channel.kind == ChannelKind.LINE:
        return f"U0b5e{channel.pk:08x}"
    return "+8869" if channel.kind == ChannelKind.WHATSAPP else f"9{channel.pk:09}"


def _harmless(serial: str) -> bool:
    return serial[-2:] not in MEANS_SOMETHING and serial[-4] != "0"


def _reopen(channel: Channel, member: Member, now: datetime) -> int:
    """Those of an earlier run: how many they are; their chats are in progress and their windows open again."""
    # WhatsApp's numbers of other customers may begin like ours, but for the zero
    prefix = _prefix(channel) + ("0" if channel.kind == ChannelKind.WHATSAPP else "")
    contacts = Contact.objects.filter(channel=channel, address__startswith=prefix)
    window = window_of(channel.kind)
    known = contacts.update(
        last_inbound_at=now,
        window_closes_at=None if window is None else now + window,
        opted_out_at=None,
        opt_out_source="",
    )
    Conversation.objects.filter(contact__in=contacts).exclude(status=ConversationStatus.IN_PROGRESS).update(
        status=ConversationStatus.IN_PROGRESS, assignee=member, ended_at=None
    )
    return known


def _write(channel: Channel, member: Member, people: Sequence[tuple[str, str]], now: datetime) -> None:
    """Customer, contact, conversation, session and message of each, COPYed table by table."""
    tenant_id, size = channel.tenant_id, len(people)
    customer, contact, chat = (_first_id(model, size) for model in (Customer, Contact, Conversation))
    number = next_number(tenant_id, "conversation", size)
    wrote = [now - SPREAD * (place + 1) / size for place in range(size)][::-1]
    phone = (lambda address: address) if channel.kind == ChannelKind.WHATSAPP else (lambda address: "")
    market = market_on(channel, people[0][0], phone(people[0][0]))  # all numbers are of one country
    window = window_of(channel.kind)
    tenant = {"tenant_id": tenant_id}
    _copy(
        Customer,
        tenant,
        {
            "id": lambda n: customer + n,
            "name": lambda n: people[n][1],
            "phone": lambda n: phone(people[n][0]),
            "created_at": lambda n: wrote[n],
        },
        size,
    )
    _copy(
        Contact,
        tenant | {"channel_id": channel.pk, "market": market},
        {
            "id": lambda n: contact + n,
            "customer_id": lambda n: customer + n,
            "address": lambda n: people[n][0],
            "phone": lambda n: phone(people[n][0]),
            "last_inbound_at": lambda n: wrote[n],
            "window_closes_at": lambda n: None if window is None else wrote[n] + window,
            "created_at": lambda n: wrote[n],
        },
        size,
    )
    _copy(
        Conversation,
        tenant
        | {
            "channel_id": channel.pk,
            "assignee_id": member.pk,
            "status": ConversationStatus.IN_PROGRESS.value,
            "unread": 1,
            "last_message_author": Author.CUSTOMER.value,
        },
        {
            "id": lambda n: chat + n,
            "number": lambda n: number + n,
            "customer_id": lambda n: customer + n,
            "contact_id": lambda n: contact + n,
            "last_message_at": lambda n: wrote[n],
            "last_message_text": lambda n: LINES[n % len(LINES)],
            "created_at": lambda n: wrote[n],
        },
        size,
    )
    _copy(
        Session,
        tenant,
        {
            "conversation_id": lambda n: chat + n,
            "opened_at": lambda n: wrote[n],
            "closes_at": lambda n: wrote[n] + timedelta(hours=24),
        },
        size,
    )
    _copy(
        Message,
        tenant
        | {
            "direction": Direction.IN.value,
            "author": Author.CUSTOMER.value,
            "status": MessageStatus.RECEIVED.value,
        },
        {
            "conversation_id": lambda n: chat + n,
            "contact_id": lambda n: contact + n,
            "text": lambda n: LINES[n % len(LINES)],
            "provider_id": lambda n: f"populate-{contact + n}",
            "at": lambda n: wrote[n],
        },
        size,
    )


Value = Callable[[int], Any]


def _copy(model: type[models.Model], same: dict[str, Any], each: dict[str, Value], size: int) -> None:
    """COPY `size` rows: columns alike in all rows, columns by the row's place, the rest by the model's defaults."""
    given = same | each
    fields = [
        field for field in model._meta.concrete_fields if field.attname in given or not field.primary_key
    ]
    columns = [_values(field, given) for field in fields]
    names_ = ", ".join(connection.ops.quote_name(str(field.column)) for field in fields)
    table = connection.ops.quote_name(model._meta.db_table)
    with connection.cursor() as cursor, cursor.copy(f"COPY {table} ({names_}) FROM STDIN") as copy:
        for place in range(size):
            copy.write_row([column(place) for column in columns])


def _values(field: models.Field[Any, Any], given: dict[str, Any]) -> Value:
    value = given.get(field.attname)
    if callable(value):
        return value  # type: ignore[no-any-return]
    fixed = value if field.attname in given else field.get_default()
    prepared = field.get_db_prep_save(fixed, connection)
    return lambda place: prepared


def _first_id(model: type[models.Model], size: int) -> int:
    """Take `size` ids of the table's sequence at once; returns the first."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT min(id), max(id) FROM (SELECT nextval(pg_get_serial_sequence(%s, 'id')) AS id"
            " FROM generate_series(1, %s)) AS taken",
            [model._meta.db_table, size],
        )
        first, last = cursor.fetchone()
    if last - first + 1 != size:
        return _first_id(model, size)  # somebody else took some in between
    return int(first)
