"""Check this campaign: our account beside the sandbox's journal, on real sends to the real sandbox."""

from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from campaigns.checking import NotCheckable, Verdict, check_campaign, may_be_checked, verdict_on
from campaigns.models import Campaign, PartState, Recipient, State
from channels.sandbox import Entry

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def sent(shop):
    """Two texts to three people on LINE and four on WhatsApp, one of whom WhatsApp takes and reports as failed."""
    shop.chats(shop.line, 3, name=lambda n: f"Person {n}")
    shop.chats(shop.whatsapp, 3)
    shop.chats(shop.whatsapp, 1, start=26)
    return shop.send(shop.launch("Hi {{ name|there }}", "And again"))


def test_a_campaign_agrees_with_what_arrived(sent):
    found = check_campaign(sent)
    assert (found.people, len(found.lines)) == (7, 14)
    assert found.counts[Verdict.AGREED] == 14
    assert found.agrees


def test_what_did_not_arrive_is_missing_and_what_we_deny_is_extra(sent, shop):
    gone = Recipient.objects.filter(channel=shop.line).first()
    Recipient.objects.filter(pk=gone.pk).update(address="U" + "f" * 32)
    denied = Recipient.objects.filter(channel=shop.whatsapp).first()
    Recipient.objects.filter(pk=denied.pk).update(part_states=[PartState.ACCEPTED, PartState.FAILED])
    found = check_campaign(sent)
    assert found.counts[Verdict.MISSING] == 2
    assert found.counts[Verdict.EXTRA] == 1
    assert not found.agrees


@pytest.mark.parametrize("channel", ["line", "whatsapp"])
def test_a_copy_that_bears_no_name_of_ours_is_found(sent, shop, channel):
    """Somebody sends the same words to the same person once more, past the engine."""
    account = getattr(shop, channel)
    person = Recipient.objects.filter(channel=account).first()
    plain = person.address.removeprefix("+")
    if channel == "line":
        body = {"to": plain, "messages": [{"type": "text", "text": "And again"}]}
        shop.providers.post("/v2/bot/message/push", body, token=account.access_token)
    else:
        body = {"messaging_product": "whatsapp", "to": plain, "type": "text", "text": {"body": "And again"}}
        shop.providers.post(f"/v25.0/{account.account_id}/messages", body, token=account.access_token)
    assert shop.arrived(person.address)[-1] == "And again"
    found = check_campaign(sent)
    assert found.counts[Verdict.DOUBLED] == 1


def test_a_part_that_was_left_out_does_not_shift_the_others(shop):
    chats = shop.chats(shop.line, 2)
    campaign = shop.launch("One", "Two", "Three", chats=chats)
    Recipient.objects.update(part_states=[PartState.WAITING, PartState.DROPPED, PartState.WAITING])
    assert check_campaign(shop.send(campaign)).counts[Verdict.AGREED] == 6


def test_whoever_is_in_doubt_is_neither_right_nor_wrong(sent):
    Recipient.objects.filter(pk=Recipient.objects.first().pk).update(
        state=State.UNCONFIRMED, part_states=[PartState.UNCONFIRMED] * 2
    )
    found = check_campaign(sent)
    assert found.counts[Verdict.OPEN] == 2
    assert found.agrees


@pytest.mark.parametrize(
    ("ours", "journal", "verdict"),
    [
        (PartState.ACCEPTED, ["read"], Verdict.AGREED),
        (PartState.ACCEPTED, ["dropped"], Verdict.AGREED),
        (PartState.ACCEPTED, [], Verdict.MISSING),
        (PartState.ACCEPTED, ["sent", "read"], Verdict.DOUBLED),
        (PartState.FAILED, ["failed"], Verdict.AGREED),
        (PartState.FAILED, [], Verdict.AGREED),
        (PartState.FAILED, ["delivered"], Verdict.EXTRA),
        (PartState.WAITING, [], Verdict.AGREED),
        (PartState.WAITING, ["sent"], Verdict.EXTRA),
        (PartState.UNCONFIRMED, ["sent"], Verdict.OPEN),
        (PartState.UNCONFIRMED, ["sent", "sent"], Verdict.DOUBLED),
    ],
)
def test_verdicts(ours, journal, verdict):
    assert verdict_on(ours, [Entry(1, timezone.now(), "x", "", 0, state, {}) for state in journal]) == verdict


def test_what_is_older_than_the_journal_cannot_be_checked(sent):
    Campaign.objects.filter(pk=sent.pk).update(started_at=timezone.now() - timedelta(days=9))
    sent.refresh_from_db()
    with pytest.raises(NotCheckable, match="journal"):
        check_campaign(sent)


def test_nothing_is_checked_while_it_runs_or_where_providers_are_real(sent, shop, settings):
    running = shop.launch("Not yet")
    assert not may_be_checked(running)
    with pytest.raises(NotCheckable):
        check_campaign(running)
    settings.PROVIDER_URLS = settings.PROVIDER_URLS | {"line": "https://api.line.me"}
    assert not may_be_checked(sent)
    with pytest.raises(NotCheckable, match="stands in"):
        check_campaign(sent)


def test_the_command_tells_and_ends_with_a_code(sent, shop, tmp_path, capsys):
    slug = shop.tenant.slug
    call_command("check_campaign", sent.number, tenant=slug, csv=str(tmp_path / "parts.csv"))
    assert "7 people, 14 messages: 14 agreed, 0 open, 0 missing" in capsys.readouterr().out
    assert len((tmp_path / "parts.csv").read_text().splitlines()) == 15
    gone = Recipient.objects.filter(channel=shop.line).first()
    Recipient.objects.filter(pk=gone.pk).update(address="U" + "f" * 32)
    with pytest.raises(SystemExit) as ended:
        call_command("check_campaign", sent.number, tenant=slug)
    assert ended.value.code == 1
    assert "missing: " in capsys.readouterr().out
    with pytest.raises(CommandError) as refused:
        call_command("check_campaign", 999, tenant=slug)
    assert refused.value.returncode == 2
