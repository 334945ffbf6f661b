"""`manage.py populate`: many conversations with open windows, the same every time."""

from __future__ import annotations

import pytest
import requests
from django.core.management import CommandError, call_command
from django.utils import timezone

from channels.models import Channel
from conversations.models import Contact, Conversation, Message, Session
from conversations.windows import open_at
from tenants.scopes import tenant_scope
from tests.factories import MemberFactory

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("providers")]


def run(sales, kind, count):
    call_command(
        "populate", tenant=sales.tenant.slug, channel=kind, conversations=count, member=sales.user.email
    )


@pytest.mark.parametrize("kind", ["line", "whatsapp", "facebook", "instagram"])
def test_it_makes_conversations_that_can_be_sent_to(sales, kind):
    run(sales, kind, 300)
    with tenant_scope(sales.tenant):
        mine = Conversation.objects.in_progress().of(sales)
        assert mine.filter(open_at(timezone.now()), contact__opted_out_at=None).count() == 300
        assert set(mine.values_list("channel__kind", flat=True)) == {kind}
        numbers = sorted(mine.values_list("number", flat=True))
        assert numbers == list(range(numbers[0], numbers[0] + 300))
        assert Contact.objects.values("address").distinct().count() == 300
        assert Message.objects.count() == Session.objects.count() == 300


def test_nobodys_number_has_a_fate_at_the_sandbox(sales):
    run(sales, "whatsapp", 500)
    with tenant_scope(sales.tenant):
        for phone in Contact.objects.values_list("phone", flat=True):
            assert phone[-2:] not in {"26", "47", "49", "50", "72"}
            assert phone[-4:] not in {"0000", "0999", "0429", "0500", "0504"}


def test_the_same_arguments_add_nobody_and_more_add_the_difference(sales):
    run(sales, "whatsapp", 40)
    with tenant_scope(sales.tenant):
        before = list(Contact.objects.order_by("pk").values_list("address", flat=True))
        Conversation.objects.update(status="ended", ended_at=timezone.now())
    run(sales, "whatsapp", 40)
    with tenant_scope(sales.tenant):
        assert list(Contact.objects.order_by("pk").values_list("address", flat=True)) == before
        assert Conversation.objects.in_progress().count() == 40
    run(sales, "whatsapp", 55)
    with tenant_scope(sales.tenant):
        assert list(Contact.objects.order_by("pk").values_list("address", flat=True))[:40] == before
        assert Conversation.objects.count() == 55
        assert Channel.objects.count() == 1


def test_a_new_account_is_known_to_the_sandbox(sales, providers):
    run(sales, "line", 1)
    with tenant_scope(sales.tenant):
        channel = Channel.objects.get()
    accounts = requests.get(f"{providers}/_sandbox/accounts", timeout=10).json()["results"]
    (account,) = [one for one in accounts if one.get("bot_user_id") == channel.account_id]
    assert account["webhook_url"].endswith(f"/webhooks/line/{channel.pk}")


def test_without_a_sandbox_it_says_so(sales, settings):
    settings.PROVIDER_URLS = dict.fromkeys(settings.PROVIDER_URLS, "http://127.0.0.1:9")
    with pytest.raises(CommandError, match="sandbox"):
        run(sales, "line", 1)


def test_unknown_tenant_and_member_are_named(sales, other_tenant):
    with pytest.raises(CommandError, match="nobody"):
        call_command("populate", tenant="nobody", channel="line", conversations=1, member=sales.user.email)
    with tenant_scope(other_tenant):
        stranger = MemberFactory()
    with pytest.raises(CommandError, match="no member"):
        call_command(
            "populate", tenant=sales.tenant.slug, channel="line", conversations=1, member=stranger.user.email
        )
