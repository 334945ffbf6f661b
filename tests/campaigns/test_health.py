"""What /healthz says about work that waits."""

from datetime import timedelta

import pytest
from django.utils import timezone

from broadcaster.doors import oldest_due_seconds
from campaigns.models import Shard

pytestmark = pytest.mark.django_db(transaction=True)


def test_nothing_due_is_zero_and_a_waiting_shard_shows_its_age(shop, client):
    assert oldest_due_seconds() == 0
    shop.chats(shop.line, 1)
    campaign = shop.launch("Hello")
    Shard.objects.update(due_at=timezone.now() - timedelta(minutes=5))
    assert oldest_due_seconds() >= 300
    assert client.get("/healthz").json()["oldest_due_s"] >= 300
    shop.send(campaign)
    assert oldest_due_seconds() == 0
