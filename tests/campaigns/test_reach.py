"""People begun with in 24 hours against WhatsApp's limit, and what preflight says of it."""

from datetime import timedelta

import pytest
from django.utils import timezone

from campaigns.audience import Picked
from campaigns.drafts import CampaignDraft, PartDraft, TemplateDraft
from campaigns.models import CampaignKind
from campaigns.preflight import preflight
from campaigns.reach import health_warnings, reaches
from channels.adapters.base import PartKind
from channels.models import Health
from tenants.scopes import tenant_scope
from tests.factories import (
    CampaignFactory,
    ChannelFactory,
    ContactFactory,
    ConversationFactory,
    MessageFactory,
    RecipientFactory,
    TemplateFactory,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def scoped(tenant):
    with tenant_scope(tenant):
        yield tenant


@pytest.fixture
def number(scoped):
    """`number("portfolio", 3)`: a WhatsApp number whose portfolio may begin with three people a day."""

    def make(portfolio="one", reach=3, **more):
        channel = ChannelFactory(kind="whatsapp")
        fields = {
            "tier": "TIER_3",
            "reach": reach,
            "portfolio": portfolio,
            "checked_at": timezone.now(),
            **more,
        }
        Health.objects.create(tenant=scoped, channel=channel, **fields)
        return channel

    return make


@pytest.fixture
def reached(scoped):
    """`reached(channel, "+1", hours=2)`: a template was accepted for that address so long ago."""

    def make(channel, address, *, hours=1.0, kind="template", window_hours=None, finished=None):
        now = timezone.now()
        campaign = CampaignFactory(kind=kind, status="completed", started_at=now, finished_at=finished)
        at = now - timedelta(hours=hours)
        RecipientFactory(
            campaign=campaign,
            contact=ContactFactory(channel=channel, address=f"{address}@{channel.pk}"),
            address=address,
            accepted_at=at,
            closes_at=None if window_hours is None else at + timedelta(hours=window_hours),
        )

    return make


def test_a_person_counts_once_over_all_numbers_of_a_portfolio(number, reached):
    first, second, other = number(), number(), number("another")
    for channel in (first, second):
        reached(channel, "+886911000001")
    reached(first, "+886911000002")
    reached(other, "+886911000003")
    assert [(one.channels, one.used) for one in reaches()] == [((first, second), 2), ((other,), 1)]


@pytest.mark.parametrize(
    "uncounted",
    [
        {"hours": 25},
        {"kind": "message"},
        {"window_hours": 1},
        {"finished": timezone.now() - timedelta(days=2)},
    ],
)
def test_what_whatsapp_does_not_count_is_not_counted(number, reached, uncounted):
    channel = number()
    reached(channel, "+886911000001", **uncounted)
    assert reaches()[0].used == 0


def test_only_what_exceeds_the_limit_warns(number, reached):
    channel = number(reach=1000)
    reached(channel, "+886911000001")
    assert health_warnings([channel], {channel.pk: 999}) == []
    (warning,) = health_warnings([channel], {channel.pk: 1200})
    assert (warning.code, warning.grave) == ("beyond_tier", True)
    assert "You have written to 1, this broadcast has 1,200: 201 of them will wait" in warning.text


def test_without_a_limit_nothing_warns(number):
    channel = number(reach=None, tier="TIER_UNLIMITED")
    assert health_warnings([channel], {channel.pk: 10**6}) == []


def test_two_numbers_share_what_is_left(number):
    first, second = number(), number()
    assert [w.code for w in health_warnings([first, second], {first.pk: 2, second.pk: 2})] == ["beyond_tier"]
    assert health_warnings([first, second], {first.pk: 2, second.pk: 1}) == []


@pytest.mark.requirement("B-23")
def test_preflight_of_a_template_says_so_and_that_of_a_message_does_not(number, sales):
    channel = number(reach=1, quality="RED")
    chats = [
        ConversationFactory(channel=channel, contact=ContactFactory(channel=channel), assignee=sales)
        for _ in range(2)
    ]
    audience = Picked(tuple(chat.number for chat in chats))
    message = CampaignDraft(audience, parts=(PartDraft(PartKind.TEXT, "Hello"),))
    assert [line.code for line in preflight(sales, message).lines] == ["takes_all"]
    template = TemplateDraft(TemplateFactory(account=channel.whatsapp_account).pk, {"first_name": "Mei"})
    told = preflight(sales, CampaignDraft(audience, (), kind=CampaignKind.TEMPLATE, template=template))
    assert [(line.code, line.count) for line in told.lines] == [
        ("takes_all", 2),
        ("beyond_tier", 0),
        ("quality_low", 0),
    ]
    assert not told.blocking


@pytest.fixture
def sent_template(scoped):
    """`sent_template(chat, hours=2, status="read")`: one to a single customer so long ago, outside every broadcast."""

    def make(chat, *, hours=1.0, status="accepted", wrote_hours=None):
        at = timezone.now() - timedelta(hours=hours)
        if wrote_hours is not None:
            MessageFactory(conversation=chat, direction="in", at=at - timedelta(hours=wrote_hours))
        template = TemplateFactory(account=chat.channel.whatsapp_account)
        MessageFactory(
            conversation=chat, direction="out", kind="template", template=template, status=status, at=at
        )

    return make


@pytest.mark.requirement("B-23")
def test_templates_to_single_customers_count_as_those_of_broadcasts_do(number, reached, sent_template, sales):
    channel = number(reach=4)
    chats = [
        ConversationFactory(
            channel=channel,
            assignee=sales,
            contact=ContactFactory(channel=channel, address=f"+88691100001{n}", window_closes_at=None),
        )
        for n in range(7)
    ]
    sent_template(chats[0])
    sent_template(chats[0], status="read")  # again: the same person
    sent_template(chats[1], wrote_hours=23)  # the window was open
    sent_template(chats[2], wrote_hours=25)
    sent_template(chats[3], hours=25)
    sent_template(chats[4], status="failed")
    sent_template(chats[5], status="waiting")
    reached(channel, chats[2].contact.address)  # by a broadcast, too
    assert [one.used for one in reaches()] == [2]
    assert health_warnings([channel], {channel.pk: 2}) == []
    (warning,) = health_warnings([channel], {channel.pk: 3})
    assert (warning.code, "You have written to 2" in warning.text) == ("beyond_tier", True)
