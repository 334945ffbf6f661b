"""What /healthz says about work that waits."""

from datetime import timedelta

import pytest
from django.core.management import call_command
from django.utils import timezone

from broadcaster.doors import oldest_due_seconds
from campaigns.models import Shard
from channels.sending.pacing import Pacer

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


def test_the_operator_sees_which_channel_holds_broadcasts_up(shop, capsys, valkey):
    shop.chats(shop.line, 2)
    shop.chats(shop.whatsapp, 3)
    shop.launch("Hello")
    Pacer(valkey).slow_down(shop.whatsapp.pk, "messages", 90)
    shop.line.enabled = False
    shop.line.save()
    with pytest.raises(SystemExit):  # nobody is at work
        call_command("health")
    out = capsys.readouterr().out
    assert (
        f"channel {shop.whatsapp.pk} (whatsapp, tenant {shop.tenant.pk})  1 broadcasts, up to 3 people" in out
    )
    assert "blocked by the provider for" in out
    assert "switched off" in out
