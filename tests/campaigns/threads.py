"""Broadcasts on a Page and an Instagram account, brought to where a test begins by the engine's own steps."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from campaigns.audience import Picked
from campaigns.drafts import CampaignDraft, PartDraft
from campaigns.engine.groups import Group
from campaigns.engine.lease import rows_of, take_lease
from campaigns.engine.mark import mark
from campaigns.engine.prepare import prepare_campaigns
from campaigns.engine.record import record
from campaigns.engine.recount import differences
from campaigns.engine.recover import doubt_all
from campaigns.engine.result import Result
from campaigns.models import PartState, Recipient, State
from campaigns.services import create_campaign
from channels.adapters.base import Delivery, Echo, PartKind, ReadUpTo
from channels.signals import Received
from tests.factories import ContactFactory, ConversationFactory

PERSON = "7412589630147852"


@dataclass
class Thread:
    """One person on one channel, a broadcast to them, and what the provider says of it."""

    channel: object
    contact: object
    conversation: object
    sales: object

    @classmethod
    def start(cls, channel, sales, address=PERSON):
        contact = ContactFactory(channel=channel, address=address)
        conversation = ConversationFactory(channel=channel, contact=contact, assignee=sales)
        return cls(channel, contact, conversation, sales)

    def launch(self, *texts):
        draft = CampaignDraft(
            audience=Picked((self.conversation.number,)),
            parts=tuple(PartDraft(PartKind.TEXT, text) for text in texts),
        )
        campaign = create_campaign(self.sales, draft)
        prepare_campaigns()
        return Recipient.objects.get(campaign=campaign)

    def sending(self, *texts):
        """A broadcast whose first part has left and has no answer yet; returns its recipient and the lease."""
        recipient = self.launch(*texts)
        lease = take_lease(self.channel.tenant_id, self.channel.pk)
        return self.mark(recipient, lease), lease

    def mark(self, recipient, lease):
        (row,) = rows_of(lease, State.WAITING)
        assert mark(lease, [Group([row])], lambda group: None, retry_keys=False).groups
        recipient.refresh_from_db()
        return recipient

    def doubtful(self, *texts):
        """A broadcast whose answer was lost."""
        recipient, lease = self.sending(*texts)
        doubt_all(lease)
        recipient.refresh_from_db()
        return recipient

    def answered(self, recipient, lease, provider_id):
        record(lease, [Result(recipient.pk, recipient.part, PartState.ACCEPTED, [provider_id])], whole=False)
        return self.fresh(recipient)

    def fresh(self, recipient):
        recipient.refresh_from_db()
        assert differences(recipient.tenant_id, recipient.campaign_id) == []
        return recipient

    def echo(self, recipient, text, *, provider_id="m_1", opaque_id="", seconds=0.5, kind="text"):
        event = Echo(
            account_id=self.channel.account_id,
            event_id=f"echo:{provider_id}",
            at=recipient.marked_at + timedelta(seconds=seconds),
            raw={},
            recipient=self.contact.address,
            provider_id=provider_id,
            kind=kind,
            text=text,
            opaque_id=opaque_id,
        )
        return Received(self.channel, event)

    def mark_of(self, up_to, status=Delivery.READ, *, minutes=5):
        event = ReadUpTo(
            account_id=self.channel.account_id,
            event_id=f"{status}:{up_to}",
            at=up_to + timedelta(minutes=minutes),
            raw={},
            sender=self.contact.address,
            status=status,
            up_to=up_to,
        )
        return Received(self.channel, event)
