"""Chats and customers of a salesperson, on real rows; nothing is sent here."""

import pytest
from django.utils import timezone

from campaigns.drafts import CampaignDraft, PartDraft
from campaigns.models import Recipient
from channels.adapters.base import PartKind
from tenants.scopes import tenant_scope
from tests.factories import ChannelFactory, ContactFactory, ConversationFactory, CustomerFactory


@pytest.fixture
def scoped(db, tenant):
    with tenant_scope(tenant):
        yield tenant


@pytest.fixture
def line(scoped):
    """Its quota was asked for a moment ago, so that no test asks again."""
    return ChannelFactory(kind="line", name="Shop LINE", quota_checked_at=timezone.now())


@pytest.fixture
def whatsapp(scoped):
    return ChannelFactory(kind="whatsapp", name="Shop WhatsApp")


@pytest.fixture
def chat(sales):
    """`chat(line, status="ended")`: one of the salesperson's chats."""

    def make(channel, *, assignee=sales, status="in_progress", contact=None, **person):
        contact = contact or ContactFactory(channel=channel, **person)
        return ConversationFactory(channel=channel, contact=contact, assignee=assignee, status=status)

    return make


@pytest.fixture
def bound(sales):
    """`bound(line)`: an address of a customer of the salesperson's who has no chat."""

    def make(channel, *, to=sales, customer=None, **person):
        return ContactFactory(channel=channel, customer=customer or CustomerFactory(bound_to=to), **person)

    return make


def saying(audience, *texts, **more):
    parts = tuple(PartDraft(PartKind.TEXT, text) for text in texts or ("Hello {{ name|there }}",))
    return CampaignDraft(audience=audience, parts=parts, **more)


def contacts_of(audience, member):
    """Ids of the contacts an audience comes to."""
    return sorted(contact for contact, _chat, _excluded in audience.people(member).rows)


def recipients_of(campaign):
    return Recipient.objects.filter(campaign=campaign)
