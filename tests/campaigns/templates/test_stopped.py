"""Templates that WhatsApp stops while a broadcast needs them: everybody waits, nobody fails."""

from datetime import timedelta

import pytest
from django.utils import timezone

from campaigns.doors import claim_due_campaigns
from campaigns.engine.halt import on_templates_stopped
from campaigns.engine.prepare import prepare_campaigns
from campaigns.engine.slice import run_slice
from campaigns.errors import TemplateChanged, TemplateStopped
from campaigns.models import Campaign, Shard, Status
from campaigns.outlook import Waiting, outlook_of
from campaigns.services import create_campaign, resume_campaign
from templates_app.hooks import hooks
from templates_app.lifecycle import Status as TemplateStatus
from templates_app.models import AccountSync, Template
from templates_app.verdicts import Before, News, apply_news, tell_others
from tests.campaigns.templates.conftest import PICTURE
from tests.campaigns.test_engine import states

pytestmark = pytest.mark.django_db(transaction=True)


def meta_says(template, status):
    row = Template.objects.get(pk=template.pk)
    before = Before.of(row)
    apply_news(row, News(status=status), timezone.now())
    row.save()
    tell_others([(row, before)])


def test_a_paused_template_pauses_its_campaigns_at_once_until_it_is_approved_again(selling):
    shop = selling.shop
    shop.chats(shop.whatsapp, 3)
    campaign = selling.launch()
    assert hooks.templates_stopped is on_templates_stopped
    meta_says(selling.template, TemplateStatus.PAUSED)
    campaign = shop.send(campaign)
    assert (campaign.status, campaign.reason, states(campaign)) == (
        Status.PAUSED,
        "template_unavailable",
        {"waiting": 3},
    )
    assert outlook_of(campaign).codes == [Waiting.TEMPLATE]
    with pytest.raises(TemplateStopped):
        resume_campaign(campaign, shop.sales)
    meta_says(selling.template, TemplateStatus.APPROVED)
    resume_campaign(campaign, shop.sales)
    assert states(shop.send(campaign)) == {"accepted": 3}


@pytest.mark.parametrize(
    ("event", "code"), [("PAUSED", "132015"), ("DISABLED", "132016"), ("REJECTED", "132001")]
)
def test_the_providers_refusal_halts_it_before_anybody_fails(selling, event, code):
    shop = selling.shop
    shop.chats(shop.whatsapp, 40)
    campaign = selling.launch()
    selling.steer(event)
    run_slice()
    campaign = shop.fresh(campaign)
    assert (campaign.status, campaign.reason) == (Status.PAUSED, "template_unavailable")
    assert states(campaign) == {"waiting": 40}
    refused = campaign.recipients.exclude(provider_code="")
    assert set(refused.values_list("provider_code", "reason")) == {(code, "template_unavailable")}
    assert AccountSync.objects.get(account=selling.account).due_at <= timezone.now()
    selling.steer("APPROVED")
    resume_campaign(campaign, shop.sales)
    Shard.objects.update(due_at=timezone.now())
    assert states(shop.send(campaign)) == {"accepted": 40}


def test_what_was_rewritten_meanwhile_does_not_go_on(selling):
    shop = selling.shop
    shop.chats(shop.whatsapp, 2)
    campaign = selling.launch()
    row = Template.objects.get()
    before = Before.of(row)
    row.components = PICTURE
    row.save()
    tell_others([(row, before)])
    campaign = shop.fresh(campaign)
    assert campaign.status == Status.PAUSED
    with pytest.raises(TemplateChanged):
        resume_campaign(campaign, shop.sales)


def test_a_template_that_stops_while_people_are_written_down_begins_paused(selling):
    shop = selling.shop
    shop.chats(shop.whatsapp, 2)
    campaign = create_campaign(shop.sales, selling.draft())
    meta_says(selling.template, TemplateStatus.PAUSED)
    prepare_campaigns()
    campaign = shop.fresh(campaign)
    assert (campaign.status, campaign.reason) == (Status.PAUSED, "template_unavailable")
    meta_says(selling.template, TemplateStatus.APPROVED)
    resume_campaign(campaign, shop.sales)
    assert states(shop.send(campaign)) == {"accepted": 2}


def test_a_scheduled_campaign_waits_for_its_template_for_an_hour(selling):
    shop = selling.shop
    shop.chats(shop.whatsapp, 1)
    campaign = create_campaign(shop.sales, selling.draft(scheduled_at=timezone.now() + timedelta(minutes=1)))
    meta_says(selling.template, TemplateStatus.PAUSED)
    assert outlook_of(shop.fresh(campaign)).codes == [Waiting.TEMPLATE, Waiting.START_TIME]
    Campaign.objects.update(scheduled_at=timezone.now() - timedelta(minutes=1))
    assert claim_due_campaigns() == 0
    meta_says(selling.template, TemplateStatus.APPROVED)
    assert claim_due_campaigns() == 1
    assert shop.fresh(campaign).status == Status.PREPARING
    Campaign.objects.update(status=Status.SCHEDULED, scheduled_at=timezone.now() - timedelta(hours=2))
    meta_says(selling.template, TemplateStatus.PAUSED)
    assert claim_due_campaigns() == 0
    campaign = shop.fresh(campaign)
    assert (campaign.status, campaign.reason) == (Status.MISSED, "template_unavailable")
