"""What stands in for channels, people, files and templates in a rehearsal: alike in all that decides what is sent and
what it costs, with made-up tokens and addresses in place of every real one."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Mapping
from datetime import timedelta

from django.utils import timezone

from channels.adapters.base import ChannelKind
from channels.direct import month_of
from channels.models import Channel, FreeUse, Health, Media, MetaApp, WhatsAppAccount
from conversations.models import Contact, Conversation, ConversationStatus, Customer
from templates_app.models import Template
from tenants.models import Member, Tenant
from tenants.numbers import next_number

NEVER = timedelta(days=36_500)
LIKE_ITS_ORIGINAL = ("kind", "name", "enabled", "state", "state_reason", "pace", "quota_limit", "quota_used")
HEALTH = ("status", "quality", "tier", "reach", "throughput", "shared_with_phone", "token_valid")
NO_COUNTRY = "+999"  # no number begins with it


def random_digits(count: int) -> str:
    return str(10 ** (count - 1) + secrets.randbelow(9 * 10 ** (count - 1)))


class Cast:
    """Everything of one rehearsal. Its methods are called inside the scope of the team that rehearses, with rows read
    in the scope of the real one; what they map is by the id of the original."""

    def __init__(self, team: Tenant, by: Member) -> None:
        self._team = team
        self._by = by
        self.channels: dict[int, Channel] = {}
        self.files: dict[str, Media] = {}  # by the key of the original
        self._accounts: dict[int, WhatsAppAccount] = {}

    # --- channels -------------------------------------------------------------------------------------------------

    def copy_channels(
        self, channels: Iterable[Channel], told: Mapping[int, Health], free_used: Mapping[int, int]
    ) -> None:
        """`told`, `free_used`: health, and free messages sent this month, by channel id."""
        for channel in channels:
            copy = Channel(
                tenant=self._team,
                account_id=_made_up_account(channel.kind),
                display_address=f"{NO_COUNTRY} {random_digits(8)}"
                if channel.kind == ChannelKind.WHATSAPP
                else "",
                access_token=f"rehearsal-{secrets.token_urlsafe(24)}",
                secret=secrets.token_hex(16),
                quota_checked_at=timezone.now(),
                **{name: getattr(channel, name) for name in LIKE_ITS_ORIGINAL},
            )
            if channel.meta_app_id:
                copy.meta_app = self._app()
            if channel.whatsapp_account:
                copy.whatsapp_account = self._account(channel.whatsapp_account)
            copy.save()
            self.channels[channel.pk] = copy
            if health := told.get(channel.pk):
                kept = {name: getattr(health, name) for name in HEALTH}
                Health.objects.create(tenant=self._team, channel=copy, due_at=timezone.now() + NEVER, **kept)
            if used := free_used.get(channel.pk):
                FreeUse.objects.create(
                    tenant=self._team, channel=copy, month=month_of(timezone.now()), used=used
                )

    def _app(self) -> MetaApp:
        found = MetaApp.objects.filter(tenant=self._team).first()
        return found or MetaApp.objects.create(
            tenant=self._team,
            app_id=random_digits(16),
            secret=secrets.token_hex(16),
            verify_token=secrets.token_urlsafe(16),
        )

    def _account(self, account: WhatsAppAccount) -> WhatsAppAccount:
        if account.pk not in self._accounts:
            self._accounts[account.pk] = WhatsAppAccount.objects.create(
                tenant=self._team, name=account.name, waba_id=random_digits(16), payer=account.payer
            )
        return self._accounts[account.pk]

    # --- contents -------------------------------------------------------------------------------------------------

    def copy_template(self, template: Template) -> Template:
        """On the copy of its account."""
        return Template.objects.create(
            tenant=self._team,
            account=self._account(template.account),
            name=template.name,
            language=template.language,
            category=template.category,
            status=template.status,
            quality=template.quality,
            named=template.named,
            components=template.components,
            meta_id=random_digits(15),
            approved_once=template.approved_once,
            created_by=self._by,
        )

    def copy_files(self, files: Iterable[Media]) -> None:
        """Under keys of their own; the bytes are the same ones, nothing is stored twice."""
        for original in files:
            known = {field.attname for field in Media._meta.concrete_fields}
            values = {name: getattr(original, name) for name in known - COPY_HAS_ITS_OWN}
            values |= {"file": original.file.name, "preview": original.preview.name}
            self.files[original.key] = Media.objects.create(tenant=self._team, uploaded_by=self._by, **values)

    # --- people ---------------------------------------------------------------------------------------------------

    def copy_people(
        self, contacts: Iterable[Contact], chats: Mapping[int, Conversation], members: Mapping[int, Member]
    ) -> list[Conversation]:
        """A customer, an address and a chat in progress for each. `chats`: the chosen one by contact id, where there is
        one; `members`: those of this team by the id of the real one."""
        originals = list(contacts)
        customers = self._customers(originals, members)
        copies = Contact.objects.bulk_create(
            self._contact(contact, customers[contact.customer_id], place)
            for place, contact in enumerate(originals)
        )
        number = next_number(self._team.pk, "conversation", max(1, len(copies)))
        return Conversation.objects.bulk_create(
            Conversation(
                tenant=self._team,
                number=number + place,
                customer=copy.customer,
                contact=copy,
                channel=copy.channel,
                assignee=members.get(chat.assignee_id or 0) if (chat := chats.get(original.pk)) else self._by,
                status=chat.status if chat else ConversationStatus.IN_PROGRESS,
                last_message_at=chat.last_message_at if chat else timezone.now(),
            )
            for place, (original, copy) in enumerate(zip(originals, copies, strict=True))
        )

    def _customers(self, contacts: Iterable[Contact], members: Mapping[int, Member]) -> dict[int, Customer]:
        """By the id of the original. Names come along, so that texts are rendered as they would be."""
        originals = {contact.customer_id: contact.customer for contact in contacts}
        made = Customer.objects.bulk_create(
            Customer(
                tenant=self._team,
                name=original.name,
                language=original.language,
                phone=_made_up_phone(pk) if original.phone else "",
                bound_to=members.get(original.bound_to_id or 0),
            )
            for pk, original in originals.items()
        )
        return dict(zip(originals, made, strict=True))

    def _contact(self, original: Contact, customer: Customer, place: int) -> Contact:
        channel = self.channels[original.channel_id]
        address = made_up_address(channel.kind, place)
        return Contact(
            tenant=self._team,
            customer=customer,
            channel=channel,
            address=address,
            phone=address if original.phone and channel.kind == ChannelKind.WHATSAPP else "",
            market=original.market,
            last_inbound_at=original.last_inbound_at,
            window_closes_at=original.window_closes_at,
            opted_out_at=original.opted_out_at,
            opt_out_source=original.opt_out_source,
        )


COPY_HAS_ITS_OWN = frozenset({"id", "tenant_id", "key", "file", "preview", "uploaded_by_id", "created_at"})


def made_up_address(kind: str, place: int) -> str:
    """As addresses of this kind look, and nobody's: of WhatsApp a number that no country has. `place` tells apart the
    people of a rehearsal."""
    if kind == ChannelKind.LINE:
        return f"U{secrets.token_hex(16)}"
    if kind == ChannelKind.WHATSAPP:
        return _made_up_phone(place)
    return f"9{random_digits(9)}{place:07}"


def _made_up_phone(place: int) -> str:
    return f"{NO_COUNTRY}{random_digits(4)}{place % 10**7:07}"


def _made_up_account(kind: str) -> str:
    return f"U{secrets.token_hex(16)}" if kind == ChannelKind.LINE else random_digits(17)
