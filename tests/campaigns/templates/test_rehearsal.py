"""Rehearsing a broadcast of a template: with its picture, on play money, billed as it would be."""

from datetime import timedelta

import pytest
from django.utils import timezone

from billing.models import Entry, Price
from broadcaster.reconcile import reconcile
from campaigns.checking import check_campaign
from campaigns.engine.finish import finish_campaigns
from campaigns.engine.prepare import prepare_campaigns
from campaigns.engine.slice import run_slice
from campaigns.models import Campaign
from campaigns.rehearsal.clearing import clear_rehearsals
from campaigns.rehearsal.performing import rehearse
from campaigns.rehearsal.results import result_of
from campaigns.rehearsal.scenario import Scenario
from campaigns.services import create_campaign
from channels.models import ProviderFile
from templates_app.models import Template
from tenants.models import Tenant
from tenants.scopes import tenant_scope
from tests.campaigns.templates.conftest import PICTURE
from tests.factories import MediaFactory

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_template_is_rehearsed_with_its_picture_and_on_play_money(selling, settings):
    settings.REHEARSAL_WEBHOOKS_URL = "http://127.0.0.1:9"  # nobody waits for the reports
    shop = selling.shop
    Price.objects.create(
        currency=shop.tenant.currency,
        market="*",
        category="utility",
        amount=700,
        valid_from=timezone.now(),
    )
    shop.chats(shop.whatsapp, 3)
    pictured = selling.another(PICTURE)
    asked = selling.draft(template=pictured, values={}, header_media=MediaFactory().key)
    draft = create_campaign(shop.sales, asked, keep_as_draft=True)
    rehearsal = rehearse(draft, shop.sales, Scenario())
    prepare_campaigns()
    while run_slice():
        pass
    finish_campaigns()
    result = result_of(rehearsal)
    assert (result.status, result.reached, result.cost) == ("completed", 3, 2100)
    assert not Entry.objects.exists()
    assert not ProviderFile.objects.exists()
    with tenant_scope(Tenant.objects.get(rehearses=shop.tenant)):
        assert check_campaign(Campaign.objects.get(number=rehearsal.copy)).agrees
        assert ProviderFile.objects.get().provider_media_id
        assert Template.objects.get().meta_id != pictured.meta_id
    assert reconcile() == []
    assert clear_rehearsals(timedelta(0)) == 1
    assert reconcile(everything=True) == []
