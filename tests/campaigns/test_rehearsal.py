"""Rehearsing: everything is sent, and none of it to anybody, from anything or on any credit that is real."""

import json
from datetime import timedelta

import pytest
from django.utils import timezone

from billing.models import Entry, Wallet
from campaigns.checking import check_campaign
from campaigns.doors import due_channels
from campaigns.drafts import PartDraft
from campaigns.engine.finish import finish_campaigns
from campaigns.engine.prepare import prepare_campaigns
from campaigns.engine.slice import run_slice
from campaigns.models import Campaign, Recipient, Rehearsal
from campaigns.rehearsal.clearing import clear_rehearsals
from campaigns.rehearsal.performing import ALIVE_KEY, NoRehearsals, RehearsalsAway, may_be_rehearsed, rehearse
from campaigns.rehearsal.results import rehearsal_behind, result_of
from campaigns.rehearsal.scenario import Scenario
from campaigns.rehearsal.working import Unsafe, require_safe, work
from campaigns.reports import counts_of
from campaigns.services import create_campaign, send_campaign
from channels.adapters.base import ChannelKind, PartKind
from channels.doors import channels_to_check
from channels.models import Channel, Health, Media, WhatsAppAccount
from conversations.models import Contact, Conversation, Customer
from tenants.doors import memberships_of, tenant_of_api_token
from tenants.errors import Invalid, WrongStatus
from tenants.models import Member, Tenant
from tenants.rehearsing import NotServedHere, follow
from tenants.scopes import tenant_scope
from tenants.tokens import create_api_token
from tests.factories import PNG, MediaFactory

REAL = {
    "line": "https://api.line.me",
    "line_data": "https://api-data.line.me",
    "graph": "https://graph.facebook.com/v25.0",
    "graph_media": "https://lookaside.fbsbx.com",
}
LATER = timezone.now() + timedelta(days=1)


@pytest.fixture
def shop(shop, settings):
    settings.REHEARSAL_WEBHOOKS_URL = "http://127.0.0.1:9"  # nobody waits for the reports
    return shop


@pytest.fixture
def draft(shop):
    """A text, and a picture where it is taken, for three people on LINE and four on WhatsApp, of whom one opted out."""
    shop.chats(shop.line, 3, name=lambda n: f"Person {n}")
    shop.chats(shop.whatsapp, 3)
    shop.chats(shop.whatsapp, 1, start=9, opted_out_at=timezone.now())
    picture = MediaFactory()
    parts = ("Hi {{ name|there }}", PartDraft(PartKind.IMAGE, media=picture.key))
    return create_campaign(shop.sales, shop.draft(*parts, on_unsupported="drop_part"), keep_as_draft=True)


def played(shop, rehearsal):
    """The copy, once all of it was sent."""
    prepare_campaigns()
    while run_slice():
        pass
    finish_campaigns()
    with tenant_scope(team_of(shop)):
        return Campaign.objects.get(number=rehearsal.copy)


def team_of(shop):
    return Tenant.objects.select_related("rehearses").get(rehearses=shop.tenant)


def test_all_of_it_is_sent_and_nothing_of_it_is_real(shop, draft):
    real = {
        "tokens": {channel.access_token for channel in Channel.objects.all()},
        "accounts": {channel.account_id for channel in Channel.objects.all()},
        "wabas": set(WhatsAppAccount.objects.values_list("waba_id", flat=True)),
        "addresses": set(Contact.objects.values_list("address", flat=True)),
        "phones": set(Contact.objects.exclude(phone="").values_list("phone", flat=True)),
    }
    rehearsal = rehearse(draft, shop.sales, Scenario())
    copy = played(shop, rehearsal)
    assert (rehearsal.people, rehearsal.left_out, copy.status, copy.total) == (7, 0, "completed", 7)
    assert not Entry.objects.exists()
    assert not Wallet.objects.exists()
    assert not Recipient.objects.exists()
    assert Campaign.objects.get().status == "draft"
    for address in real["addresses"]:
        assert shop.arrived(address) == []
    with tenant_scope(team_of(shop)):
        assert not real["tokens"] & {channel.access_token for channel in Channel.objects.all()}
        assert not real["accounts"] & {channel.account_id for channel in Channel.objects.all()}
        assert not real["wabas"] & set(WhatsAppAccount.objects.values_list("waba_id", flat=True))
        contacts = Contact.objects.select_related("customer")
        assert not real["addresses"] & {contact.address for contact in contacts}
        assert not real["phones"] & {contact.phone for contact in contacts}
        assert counts_of(copy).sent == 6
        assert counts_of(copy).skipped == 1
        person = contacts.get(customer__name="Person 2")
        assert shop.arrived(person.address)[0] == "Hi Person 2"
        found = check_campaign(copy)
        assert found.agrees
        assert found.people == 7
        assert rehearsal_behind(copy, team_of(shop)) == rehearsal
    assert result_of(rehearsal).reached == 6
    assert result_of(rehearsal).ended


def test_a_rehearsal_stays_out_of_sight_of_the_real_team(shop, draft):
    before = {model: model.objects.count() for model in (Channel, Contact, Conversation, Customer, Campaign)}
    rehearse(draft, shop.sales, Scenario())
    assert {model: model.objects.count() for model in before} == before


def test_what_was_sent_is_not_rehearsed_any_more_and_a_rehearsal_never(shop, draft):
    copy = played(shop, rehearse(draft, shop.sales, Scenario()))
    with tenant_scope(team_of(shop)):
        assert not may_be_rehearsed(copy)
    send_campaign(draft, shop.sales)
    with pytest.raises(WrongStatus):
        rehearse(draft, shop.sales, Scenario())


def test_people_who_cannot_be_reached_fail_with_codes_of_their_channel(shop, draft):
    copy = played(shop, rehearse(draft, shop.sales, Scenario(unreachable=50)))
    with tenant_scope(team_of(shop)):
        found = check_campaign(copy)
        states = sorted(
            entry.journal[0] for entry in found.lines if entry.journal and entry.kind == ChannelKind.WHATSAPP
        )
    assert found.agrees
    assert "failed" in states


# --- who works for whom ---------------------------------------------------------------------------------------------


@pytest.fixture
def production(shop, settings):
    """Real providers, and a sandbox of its own for rehearsals, whose worker lives."""

    def as_process(*, rehearsing):
        settings.REHEARSING = rehearsing
        base = shop.providers.base
        settings.REHEARSAL_URL = base
        settings.PROVIDER_URLS = (
            dict.fromkeys(REAL, base) | {"graph": f"{base}/v25.0"} if rehearsing else REAL
        )

    as_process(rehearsing=False)
    return as_process


def test_real_workers_leave_rehearsals_alone_and_their_worker_everything_else(
    shop, draft, production, valkey
):
    valkey.set(ALIVE_KEY, 1)
    Health.objects.create(tenant=shop.tenant, channel=shop.whatsapp, tier="TIER_2K", reach=2000, due_at=LATER)
    rehearsal = rehearse(draft, shop.sales, Scenario())
    production(rehearsing=True)
    assert not due_channels(99)
    prepare_campaigns()
    theirs = {tenant for tenant, _channel in due_channels(99)}
    assert theirs == {team_of(shop).pk}
    with pytest.raises(NotServedHere):
        shop.line.credentials()
    production(rehearsing=False)
    assert not due_channels(99)
    with tenant_scope(team_of(shop)):
        for channel in Channel.objects.all():
            with pytest.raises(NotServedHere):
                channel.credentials()
        Health.objects.update(due_at=timezone.now())
    assert (
        channels_to_check() == []
    )  # whoever asks there how a number is asks nobody else's worker to stumble
    assert shop.line.credentials().access_token == shop.line.access_token
    production(rehearsing=True)
    send_campaign(draft, shop.sales)
    while work():
        pass
    assert Campaign.objects.get().status == "preparing"
    with tenant_scope(team_of(shop)):
        assert Campaign.objects.get(number=rehearsal.copy).status == "completed"


def test_a_channel_outside_its_teams_scope_hands_out_nothing(shop, other_tenant):
    with tenant_scope(other_tenant), pytest.raises(LookupError):
        shop.line.credentials()


@pytest.mark.parametrize(
    "address",
    ["https://127.0.0.1:8443", "http://8.8.8.8:80", "http://1.1.1.1", ""],
)
def test_the_worker_refuses_an_address_that_could_be_anybodys(settings, address):
    settings.REHEARSING, settings.REHEARSAL_URL = True, address
    settings.PROVIDER_URLS = dict.fromkeys(REAL, address)
    with pytest.raises(Unsafe):
        require_safe()


def test_the_worker_takes_loopback_and_what_it_is_told_to_take(settings):
    settings.REHEARSING, settings.REHEARSAL_URL = True, "http://127.0.0.1:8001"
    settings.PROVIDER_URLS = dict.fromkeys(REAL, settings.REHEARSAL_URL)
    require_safe()
    settings.REHEARSING = False
    with pytest.raises(Unsafe):
        require_safe()
    settings.REHEARSING, settings.REHEARSAL_ANYWHERE = True, True
    settings.REHEARSAL_URL = "http://8.8.8.8"
    settings.PROVIDER_URLS = dict.fromkeys(REAL, settings.REHEARSAL_URL)
    require_safe()


# --- what is in the way ---------------------------------------------------------------------------------------------


def test_without_a_sandbox_or_its_worker_nothing_is_begun(shop, draft, settings, valkey):
    settings.PROVIDER_URLS = REAL
    with pytest.raises(NoRehearsals):
        rehearse(draft, shop.sales, Scenario())
    settings.REHEARSAL_URL = shop.providers.base
    with pytest.raises(RehearsalsAway):
        rehearse(draft, shop.sales, Scenario())
    settings.REHEARSAL_URL = "http://127.0.0.1:9"
    valkey.set(ALIVE_KEY, 1)
    with pytest.raises(RehearsalsAway):
        rehearse(draft, shop.sales, Scenario())
    assert not Tenant.objects.filter(rehearses=shop.tenant).exists()
    assert not Rehearsal.objects.exists()


# --- people ---------------------------------------------------------------------------------------------------------


def test_rights_there_are_those_of_the_real_team(shop, draft, owner):
    rehearse(draft, shop.sales, Scenario())
    mine = [(membership.slug, membership.rehearses) for membership in memberships_of(owner.user_id)]
    assert mine == [("wing-on", None), ("wing-on-rehearsal", shop.tenant.pk)]
    shop.sales.roles = ["sales_manager"]
    shop.sales.save()
    follow(shop.sales)
    with tenant_scope(team_of(shop)):
        assert Member.objects.get(user=shop.sales.user).roles == ["sales_manager"]
    Member.objects.filter(pk=owner.pk).update(active=False)
    assert memberships_of(owner.user_id) == []


def test_tokens_of_programs_are_of_real_teams_only(shop, draft):
    rehearse(draft, shop.sales, Scenario())
    with tenant_scope(team_of(shop)):
        token, _secret = create_api_token(Member.objects.get(user=shop.sales.user), name="x")
    assert tenant_of_api_token(token.hash) is None


# --- the end --------------------------------------------------------------------------------------------------------


def test_after_a_week_names_and_addresses_go_and_the_result_stays(shop, draft):
    rehearsal = rehearse(draft, shop.sales, Scenario())
    played(shop, rehearsal)
    before = result_of(rehearsal)
    assert clear_rehearsals() == 0
    assert clear_rehearsals(timedelta(0)) == 1
    with tenant_scope(team_of(shop)):
        for model in (Channel, Contact, Customer, Conversation, Campaign, Recipient, Media, WhatsAppAccount):
            assert not model.objects.exists(), model
    rehearsal.refresh_from_db()
    assert result_of(rehearsal) == before
    with Media.objects.get().file.open() as file:
        assert file.read() == PNG
    assert clear_rehearsals(timedelta(0)) == 0


# --- values ---------------------------------------------------------------------------------------------------------


def test_a_scenario_is_of_the_account_alone_and_of_its_share():
    people = [f"+99910000{n:03}" for n in range(40)]
    plain = Scenario().behaviour(ChannelKind.WHATSAPP, people)
    assert plain == {"magic_numbers": False, "recipients": {}}
    bad = Scenario(unreachable=20, throttled=True, late=True, outage=True)
    told = bad.behaviour(ChannelKind.WHATSAPP, people, marketing=True)
    assert len(told["recipients"]) == 8
    assert set(told["recipients"].values()) == {"undeliverable", "limited", "opted_out"}
    assert (told["throttle_rate"], told["webhook_duplicates"], told["outage_after"]) == (0.2, 1, 10)
    assert bad.behaviour(ChannelKind.LINE, people)["outage_after"] == 0
    assert Scenario.read(bad.to_dict()) == bad


@pytest.mark.parametrize(
    "value", [None, [], {"unreachable": 7}, {"unreachable": True}, {"late": "yes"}, {"earthquake": True}]
)
def test_what_is_no_scenario_is_refused(value):
    with pytest.raises(Invalid):
        Scenario.read(value)


# --- for programs and on the page -----------------------------------------------------------------------------------


@pytest.fixture
def post(client, shop):
    _token, secret = create_api_token(shop.sales, name="x")
    bearer = {"HTTP_AUTHORIZATION": f"Bearer {secret}"}

    def go(path, body):
        return client.post(f"/api/v1/{path}", json.dumps(body), content_type="application/json", **bearer)

    go.bearer = bearer
    return go


def test_programs_rehearse_and_ask_how_it_came_out(client, post, shop, draft):
    path = f"campaigns/{draft.number}/rehearse"
    answer = post(path, {"scenario": {"unreachable": 5}})
    assert answer.status_code == 202
    made = answer.json()
    assert (made["number"], made["people"], made["left_out"]) == (1, 7, 0)
    assert made["scenario"] == {"unreachable": 5, "throttled": False, "late": False, "outage": False}
    assert made["url"].endswith(f"/campaigns/{draft.number}/rehearse/")
    played(shop, Rehearsal.objects.get())
    (found,) = client.get(f"/api/v1/campaigns/{draft.number}/rehearsals", **post.bearer).json()["results"]
    assert (found["result"]["status"], found["result"]["total"]) == ("completed", 7)
    assert post(path, {"scenario": {"unreachable": 7}}).status_code == 400
    assert post("campaigns/99/rehearse", {}).status_code == 404


def test_the_page_says_what_is_missing_and_asks_nothing(sign_in, shop, draft, settings):
    address = f"/campaigns/{draft.number}/rehearse/"
    assert "Start the rehearsal" in sign_in(shop.sales).get(address).content.decode()
    settings.PROVIDER_URLS = REAL
    page = sign_in(shop.sales).get(address).content.decode()
    assert "no sandbox for rehearsals" in page
    assert "Start the rehearsal" not in page


def test_what_could_change_something_real_is_nobodys_right_there(client, shop, draft):
    shop.sales.roles = ["owner", "salesperson"]
    shop.sales.save()
    rehearsal = rehearse(draft, shop.sales, Scenario())
    client.force_login(shop.sales.user)
    opened = client.post(f"/campaigns/rehearsals/{rehearsal.number}/open/", follow=True)
    assert opened.status_code == 200
    assert "nobody receives anything" in opened.content.decode()
    for address in ("/credit/top-up/", "/settings/members", "/settings/team", "/settings/tokens"):
        assert client.get(address).status_code == 403, address
    assert client.get("/credit/").status_code == 200
