"""The chart over time: kept from the counters, few rows, right to the last person."""

from datetime import timedelta

import pytest
from django.utils import timezone

from campaigns.engine.moments import note_moments
from campaigns.models import Campaign, Counter, Moment
from campaigns.reports import chart_of, counts_of
from tenants.scopes import tenant_scope
from tests.factories import CampaignFactory, ChannelFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def campaign(tenant):
    with tenant_scope(tenant):
        started = timezone.now() - timedelta(minutes=10)
        campaign = CampaignFactory(status="running", started_at=started)
        Counter.objects.create(
            tenant=tenant,
            campaign=campaign,
            channel=ChannelFactory(),
            accepted=5,
            delivered=3,
            read=2,
            replied=1,
        )
        yield campaign


def age(seconds):
    Moment.objects.update(at=timezone.now() - timedelta(seconds=seconds))


def test_a_look_is_kept_when_something_changed_and_never_more_often_than_a_sweep(campaign):
    assert (note_moments(), note_moments()) == (1, 0)
    age(60)
    assert note_moments() == 0
    Counter.objects.update(read=3, delivered=2)
    assert note_moments() == 1
    assert list(Moment.objects.values_list("sent", "delivered", "read", "replied").order_by("at")) == [
        (10, 5, 2, 1),
        (10, 5, 3, 1),
    ]


def test_an_old_campaign_is_looked_at_less_often(campaign):
    Campaign.objects.update(started_at=timezone.now() - timedelta(days=2))
    note_moments()
    age(600)
    Counter.objects.update(read=5)
    assert note_moments() == 0  # a hundredth of two days is half an hour
    age(2000)
    assert note_moments() == 1


def test_the_chart_begins_with_nobody_and_ends_with_how_it_stands(campaign):
    note_moments()
    age(120)
    Counter.objects.update(accepted=20)
    chart = chart_of(campaign, counts_of(campaign))
    assert (chart.sent, chart.read, chart.replied) == ([0, 10, 25], [0, 2, 2], [0, 1, 1])
    assert chart.at == sorted(chart.at)
    assert len({len(chart.at), len(chart.sent), len(chart.delivered)}) == 1


def test_nobody_sent_to_is_no_chart(campaign):
    Counter.objects.update(accepted=0, delivered=0, read=0)
    assert chart_of(campaign, counts_of(campaign)) is None
    assert note_moments() == 0
