"""The demo data: what the contract promises, and figures that agree with their rows."""

from __future__ import annotations

from collections import Counter as Tally
from datetime import timedelta

import pytest
import requests
from django.contrib.auth.hashers import check_password
from django.core.files.storage import default_storage
from django.core.management import CommandError, call_command
from django.db import connection
from django.db.models import Q
from django.test import override_settings
from django.utils import timezone
from django_scopes import scopes_disabled

from billing.models import Entry, FreeMessages, Price, Reservation, TopUp, Wallet
from campaigns.engine.recount import differences
from campaigns.links.figures import links_of
from campaigns.models import Campaign, Counter, Part, Recipient, Shard, State
from campaigns.rehearsal.introducing import described_templates
from channels.adapters import ADAPTERS
from channels.adapters.base import ChannelKind
from channels.models import Channel, FreeUse, Media, MetaApp, WhatsAppAccount
from conversations.models import Contact, Conversation, Customer, Message, SavedReply, Session
from conversations.windows import open_at
from templates_app.models import HistoryEntry, Template
from templates_app.rules import content_problems, name_problems, setting_problems
from tenants.models import AuditEntry, Member, NumberSequence, Tenant, User
from tenants.scopes import tenant_scope
from workspace.demo.script import DEMO_GROUPS, plan_chats
from workspace.demo.seed import seed
from workspace.demo.templates import DEMO_TEMPLATES

TEN = ["waiting", "sending", "unconfirmed", "accepted", "delivered", "read", "partial", "failed", "skipped"]
TEN += ["cancelled"]
pytestmark = pytest.mark.django_db
WRITTEN = (  # in an order in which they can be removed again
    *(Entry, Reservation, Wallet, TopUp, AuditEntry, Price, FreeMessages),
    *(Recipient, Counter, Part, Shard, Campaign, Message, Session, Conversation, Contact, Customer),
    *(HistoryEntry, Template, SavedReply, Media),
    *(FreeUse, Channel, WhatsAppAccount, MetaApp, Member, User, NumberSequence, Tenant),
)


@pytest.fixture(scope="module")
def stored(django_db_setup, django_db_blocker, tmp_path_factory):
    """Seeded once, for all tests of this module."""
    with django_db_blocker.unblock():
        with override_settings(MEDIA_ROOT=tmp_path_factory.mktemp("media")):
            seed(timezone.now())
            yield
        with scopes_disabled(), connection.cursor() as cursor:
            cursor.execute("SET session_replication_role = replica")  # entries refuse to be deleted
            for model in WRITTEN:
                model.objects.all().delete()
            cursor.execute("SET session_replication_role = DEFAULT")


def mine():
    return Conversation.objects.in_progress().of(member("sales@demo.test"))


@pytest.fixture
def seeded(stored, db):
    tenant = Tenant.objects.get(slug="demo")
    with tenant_scope(tenant):
        yield tenant


@pytest.fixture(autouse=True)
def media_root():
    """That of `stored`, not one for each test."""


def member(email):
    return Member.objects.get(user__email=email)


@override_settings(PASSWORD_HASHERS=["django.contrib.auth.hashers.PBKDF2PasswordHasher"])
def test_people_and_roles_are_those_of_the_contract(seeded):
    roles = {m.user.email: m.roles for m in Member.objects.select_related("user")}
    assert roles["owner@demo.test"] == ["owner"]
    assert roles["admin@demo.test"] == ["admin"]
    assert roles["manager@demo.test"] == ["sales_manager"]
    assert roles["sales@demo.test"] == ["salesperson"]
    assert check_password("demo-only", member("sales@demo.test").user.password)
    with tenant_scope(Tenant.objects.get(slug="other")):
        assert {m.user.email for m in Member.objects.all()} == {"owner@other.test", "sales@other.test"}
        assert Conversation.objects.count() == 20


def test_channels_and_their_accounts(seeded):
    kinds = Tally(Channel.objects.values_list("kind", flat=True))
    assert kinds == {"line": 1, "whatsapp": 2, "facebook": 1, "instagram": 1}
    numbers = Channel.objects.filter(kind="whatsapp")
    assert len({number.whatsapp_account_id for number in numbers}) == 2
    for channel in Channel.objects.all():
        assert len(channel.access_token) >= 32
        assert channel.credentials().secret


def test_sales_has_200_chats_in_progress_of_every_sort(seeded):
    assert mine().count() >= 200
    now = timezone.now()
    closed = mine().exclude(open_at(now)).count()
    assert 10 <= closed <= 40
    assert mine().filter(contact__opted_out_at__isnull=False).count() >= 5
    assert set(mine().values_list("channel__kind", flat=True)) == {
        "line",
        "whatsapp",
        "facebook",
        "instagram",
    }
    assert Tally(mine().values_list("customer__language", flat=True)).keys() == {"en", "zh-hant"}
    # enough reachable people for a broadcast to 150 over both channels
    assert mine().filter(open_at(now), contact__opted_out_at=None).count() >= 150


def test_other_chats_are_pending_ended_and_of_colleagues(seeded):
    every = Tally(Conversation.objects.values_list("status", flat=True))
    assert every["pending"] >= 10
    assert every["ended"] >= 30
    assert Conversation.objects.in_progress().exclude(assignee=member("sales@demo.test")).count() >= 30
    assert not Conversation.objects.filter(status="pending", assignee__isnull=False).exists()
    assert not Conversation.objects.filter(status="ended", ended_at=None).exists()


def test_every_clock_agrees_with_the_messages(seeded):
    now = timezone.now()
    last_in, last_any = {}, {}
    for message in Message.objects.order_by("at", "pk"):
        assert message.at < now
        last_any[message.conversation_id] = message
        if message.direction == "in":
            last_in[message.contact_id] = message.at
    for chat in Conversation.objects.select_related("contact", "channel"):
        contact, last = chat.contact, last_any[chat.pk]
        assert contact.last_inbound_at == last_in[contact.pk]
        assert chat.last_message_at == last.at
        assert chat.last_message_author == last.author
        hours = ADAPTERS[ChannelKind(chat.channel.kind)].spec.window_hours
        expected = None if hours is None else contact.last_inbound_at + timedelta(hours=hours)
        assert contact.window_closes_at == expected
        newest = Session.objects.filter(conversation=chat).order_by("-closes_at")[0]
        assert newest.closes_at == contact.last_inbound_at + timedelta(hours=24)


def test_people_write_in_their_waking_hours(seeded):
    hours = [m.at.astimezone(seeded.zone).hour for m in Message.objects.filter(direction="in")]
    assert sum(hour >= 8 for hour in hours) / len(hours) > 0.97


def test_numbers_are_unique_and_some_fail_at_the_sandbox(seeded):
    phones = list(Contact.objects.exclude(phone="").values_list("phone", flat=True))
    assert len(set(phones)) == len(phones)
    assert all(len(phone) in (12, 13) for phone in phones)
    fateful = (
        mine()
        .filter(open_at(timezone.now()))
        .filter(
            Q(contact__phone__endswith="26")
            | Q(contact__phone__endswith="49")
            | Q(contact__phone__endswith="72")
        )
    )
    assert 3 <= fateful.count() <= 8


def test_pictures_are_real_files(seeded):
    assert Media.objects.count() == 12
    for media in Media.objects.all():
        with default_storage.open(media.file.name) as file:
            content = file.read()
        assert content[:3] == b"\xff\xd8\xff"
        assert len(content) == media.bytes
    assert Message.objects.filter(media__isnull=False).count() >= 20


def test_the_broadcasts_add_up(seeded):
    assert Campaign.objects.count() == 3
    failed = 0
    for campaign in Campaign.objects.all():
        states = Tally(Recipient.objects.filter(campaign=campaign).values_list("state", flat=True))
        counters = list(Counter.objects.filter(campaign=campaign))
        total = {name: sum(getattr(counter, name) for counter in counters) for name in TEN}
        assert sum(total.values()) == campaign.total == sum(states.values())
        assert total["failed"] == states[State.FAILED]
        assert total["accepted"] + total["delivered"] + total["read"] == states[State.ACCEPTED]
        assert total["skipped"] == states[State.SKIPPED]
        assert total["waiting"] == total["sending"] == 0
        replied = Recipient.objects.filter(campaign=campaign, replied_at__isnull=False).count()
        assert sum(counter.replied for counter in counters) == replied
        failed += total["failed"]
    assert failed >= 5


def test_one_broadcast_has_an_official_and_another_link_with_taps_that_add_up(seeded):
    demo = Tenant.objects.get(slug="demo")
    with tenant_scope(demo):
        campaign = Campaign.objects.filter(links__isnull=False).distinct().get()
        official, other = links_of(campaign)
        assert (official.link.official, other.link.official) == (True, False)
        for each in (official, other):
            assert each.sent > each.people > 5
            assert each.taps > each.people or each is other
            assert each.robots
        assert differences(demo.pk, campaign.pk) == []


def test_every_answer_to_a_broadcast_is_a_message(seeded):
    answered = Recipient.objects.filter(replied_at__isnull=False).select_related("contact")
    assert answered.count() >= 10
    for recipient in answered:
        assert Message.objects.filter(
            contact=recipient.contact, direction="in", at=recipient.replied_at
        ).exists()


def test_the_plan_is_the_same_every_time(seeded):
    now = timezone.now()
    assert plan_chats(DEMO_GROUPS, now, seeded.zone) == plan_chats(DEMO_GROUPS, now, seeded.zone)


def test_running_it_again_changes_nothing(seeded):
    def count():
        return [
            model.objects.count() for model in (Conversation, Message, Contact, Campaign, Channel, Member)
        ]

    before = count()
    seed(timezone.now())
    assert count() == before


def test_data_without_page_and_instagram_get_them(seeded):
    lately = Channel.objects.filter(kind__in=("facebook", "instagram"))
    newcomers = {"contact__channel__in": lately}
    people = {row.address: row.customer.name for row in Contact.objects.filter(channel__in=lately)}
    before = [model.objects.count() for model in (Conversation, Media, Campaign)]
    Message.objects.filter(**newcomers).delete()
    Session.objects.filter(conversation__channel__in=lately).delete()
    Conversation.objects.filter(channel__in=lately).delete()
    Contact.objects.filter(channel__in=lately).delete()
    lately.delete()
    seed(timezone.now())
    lately = Channel.objects.filter(kind__in=("facebook", "instagram"))
    assert {c.address: c.customer.name for c in Contact.objects.filter(channel__in=lately)} == people
    assert [model.objects.count() for model in (Conversation, Media, Campaign)] == before
    languages = Tally(mine().filter(channel__in=lately).values_list("customer__language", flat=True))
    assert languages.keys() == {"en", "zh-hant"}


def test_days_later_the_customers_write_again(seeded):
    later = timezone.now() + timedelta(days=5)
    reachable = mine().filter(contact__opted_out_at=None)
    before = [reachable.filter(open_at(timezone.now())).count(), Message.objects.count()]
    assert mine().filter(open_at(later), channel__kind="whatsapp").count() == 0
    seed(later)
    assert reachable.filter(open_at(later)).count() == before[0]
    assert Message.objects.count() > before[1]
    assert Conversation.objects.filter(channel__kind="whatsapp").exclude(open_at(later)).exists()
    written = Message.objects.count()
    seed(later)
    assert Message.objects.count() == written


def test_the_sandbox_knows_channels_and_people(seeded, providers):
    call_command("seed_demo")
    accounts = requests.get(f"{providers}/_sandbox/accounts", timeout=10).json()["results"]
    named = ("bot_user_id", "phone_number_id", "page_id", "ig_id")
    ids = {one[name] for one in accounts for name in named if name in one}
    assert set(Channel.objects.values_list("account_id", flat=True)) <= ids
    free = {one["verified_name"]: one["free_service"] for one in accounts if "free_service" in one}
    assert (free["Lumi Hong Kong"], free["Lumi Taiwan"]) == (0, 1000)  # as our own count says
    contact = Contact.objects.filter(channel__kind="whatsapp").select_related("customer").first()
    people = requests.get(f"{providers}/_sandbox/people", {"q": contact.phone[1:]}, timeout=10).json()[
        "results"
    ]
    assert [person["name"] for person in people] == [contact.customer.name]
    for channel in Channel.objects.filter(kind__in=("facebook", "instagram")):
        contact = Contact.objects.filter(channel=channel).select_related("customer").first()
        search = {"q": contact.address, "account": channel.account_id}
        (person,) = requests.get(f"{providers}/_sandbox/people", search, timeout=10).json()["results"]
        assert (person["name"], person["last_inbound_at"]) == (
            contact.customer.name,
            pytest.approx(contact.last_inbound_at.timestamp()),
        )


def test_it_is_refused_when_debug_is_off(settings):
    settings.DEBUG = False
    with pytest.raises(CommandError, match="DEBUG"):
        call_command("seed_demo")


def test_both_whatsapp_accounts_have_templates_in_every_state(seeded):
    approved = {row.account_id for row in Template.objects.sendable()}
    assert approved == set(WhatsAppAccount.objects.values_list("pk", flat=True))
    assert len(approved) == 2
    statuses = Tally(Template.objects.values_list("status", flat=True))
    assert {one: statuses[one] for one in ("pending", "rejected", "paused", "draft")} == {
        "pending": 1,
        "rejected": 1,
        "paused": 1,
        "draft": 1,
    }
    assert Template.objects.get(status="rejected").reason
    assert {row.language for row in Template.objects.sendable()} >= {"en", "zh_HK", "zh_TW"}


def test_the_sandbox_is_told_of_every_template_but_the_draft(seeded):
    for account in WhatsAppAccount.objects.all():
        rows = Template.objects.filter(account=account).exclude(status="draft")
        told = {
            (one["id"], one["name"], one["language"], one["status"]) for one in described_templates(account)
        }
        assert told == {(row.meta_id, row.name, row.language, row.status.upper()) for row in rows}


@pytest.mark.parametrize(
    "template", DEMO_TEMPLATES, ids=lambda one: f"{one.name}-{one.language}-{one.account}"
)
def test_every_demo_template_keeps_metas_rules(template):
    problems = [
        *name_problems(template.name),
        *setting_problems(template.category, template.language),
        *content_problems(template.content),
    ]
    assert [one for one in problems if one.field != "header.media"] == []


def test_there_are_saved_replies_in_both_languages_of_the_team_and_of_its_salesperson(seeded):
    titles = set(SavedReply.objects.visible_to(member("sales@demo.test")).values_list("title", flat=True))
    assert {"Opening hours", "營業時間", "謝謝光臨"} <= titles
    assert not SavedReply.objects.visible_to(member("ivy@demo.test")).filter(title="謝謝光臨").exists()
    assert SavedReply.objects.filter(media__kind="image").count() == 2
