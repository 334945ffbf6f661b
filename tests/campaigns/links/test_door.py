"""`GET /l/<code>`: led on to what was stored, whoever comes; only people count."""

import json

import pytest
from django.db import OperationalError, connection

from campaigns.links.codes import code_of
from campaigns.models import Click, Recipient
from campaigns.reports import counts_of
from tests.campaigns.links.conftest import BROWSER, links, people

pytestmark = pytest.mark.django_db(transaction=True)

# As the programs name themselves.
ROBOTS = [
    "",
    "facebookexternalhit/1.1 (+http://www.facebook.com/externalhit_uatext.php)",
    "facebookexternalhit/1.1;line-poker/1.0",
    "WhatsApp/2.23.20.0 A",
    "Mozilla/5.0 (compatible; Linespider/1.1; +https://lin.ee/4dwXkTH)",
    "Twitterbot/1.0",
    "TelegramBot (like TwitterBot)",
    "Slackbot-LinkExpanding 1.0 (+https://api.slack.com/robots)",
    "Mozilla/5.0 (compatible; Discordbot/2.0; +https://discordapp.com)",
    "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
    "Mozilla/5.0 (compatible; bingbot/2.0; +http://www.bing.com/bingbot.htm)",
    "Mozilla/5.0 (Macintosh) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/17.4 Safari/605.1.15 (Applebot/0.1)",
    "curl/8.5.0",
    "python-requests/2.34.0",
]
PEOPLE = [
    BROWSER,
    "Mozilla/5.0 (Linux; Android 14; CUBOT X70) AppleWebKit/537.36 Chrome/126.0 Mobile Safari/537.36",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) AppleWebKit/605.1.15 [FBAN/FBIOS;FBAV/480.0]",
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) HeadlessChrome/140.0.0.0 Safari/537.36",
]


@pytest.fixture
def sent(shop):
    """A broadcast to one person on WhatsApp, and the text it brought."""
    shop.chats(shop.whatsapp, 1)
    campaign = shop.send(shop.launch("See https://商店.example/sale?a=1&b=%E4%BD%A0"))
    (person,) = people(campaign)
    return campaign, person, shop.arrived(person.address)[-1]


def test_whoever_taps_is_led_to_the_stored_address(sent, tap):
    campaign, _person, text = sent
    answer = tap(text)
    assert answer.status_code == 302
    host = "商店.example".encode("idna").decode()
    assert answer["Location"] == f"https://{host}/sale?a=1&b=%E4%BD%A0"
    assert (answer["Cache-Control"], answer["Referrer-Policy"]) == ("no-store", "no-referrer")
    assert counts_of(campaign).clicked == 1
    assert "csrf" not in json.dumps(dict(answer.cookies))


@pytest.mark.parametrize("agent", ROBOTS)
def test_programs_that_look_ahead_are_led_on_and_are_not_people(sent, tap, agent):
    campaign, _person, text = sent
    assert tap(text, HTTP_USER_AGENT=agent).status_code == 302
    assert counts_of(campaign).clicked == counts_of(campaign).interacted == 0
    click = Click.objects.get()
    assert (click.times, click.robots, click.first_at) == (0, 1, None)


@pytest.mark.parametrize("agent", PEOPLE)
def test_browsers_of_people_are_people(sent, tap, agent):
    campaign, _person, text = sent
    tap(text, HTTP_USER_AGENT=agent)
    assert counts_of(campaign).clicked == 1


@pytest.mark.parametrize(
    "ahead",
    [{"HTTP_SEC_PURPOSE": "prefetch;prerender"}, {"HTTP_PURPOSE": "prefetch"}, {"HTTP_X_MOZ": "prefetch"}],
)
def test_a_page_fetched_ahead_is_no_tap(sent, tap, ahead):
    campaign, _person, text = sent
    assert tap(text, **ahead).status_code == 302
    assert counts_of(campaign).clicked == 0
    assert Click.objects.get().robots == 1


def test_head_is_answered_and_is_no_tap(sent, client):
    campaign, person, _text = sent
    answer = client.head(f"/l/{code_of(person.pk, 0)}", HTTP_USER_AGENT=BROWSER)
    assert (answer.status_code, counts_of(campaign).clicked, Click.objects.get().robots) == (302, 0, 1)
    assert client.post(f"/l/{code_of(person.pk, 0)}").status_code == 405


def test_a_member_who_tries_the_link_in_a_chat_is_no_customer(sent, tap):
    campaign, _person, text = sent
    assert tap(text, HTTP_SEC_FETCH_SITE="same-origin").status_code == 302
    assert not Click.objects.exists()
    tap(text, HTTP_SEC_FETCH_SITE="same-site")
    assert counts_of(campaign).clicked == 1


@pytest.mark.parametrize(
    ("language", "said"),
    [("en", "This link leads nowhere"), ("zh-TW", "這個連結沒有內容"), ("zh-CN", "这个链接没有内容")],
)
def test_an_unknown_code_is_told_in_the_readers_language(sent, client, language, said):
    _campaign, person, _text = sent
    for code in ("x" * 20, "nothing", code_of(person.pk, 1), code_of(2**47, 0)):
        answer = client.get(f"/l/{code}?to=https://evil.example/", HTTP_ACCEPT_LANGUAGE=language)
        assert answer.status_code == 404
        assert said in answer.content.decode()
        assert answer["Cache-Control"] == "no-store"


def test_no_parameter_says_where_to(sent, client):
    _campaign, person, _text = sent
    answer = client.get(f"/l/{code_of(person.pk, 0)}?url=https://evil.example/&next=//evil.example")
    assert answer["Location"].endswith(".example/sale?a=1&b=%E4%BD%A0")


def test_while_the_database_is_away_people_are_told_to_try_again(sent, client):
    _campaign, person, _text = sent

    def away(execute, sql, params, many, context):
        raise OperationalError("the server is away")

    with connection.execute_wrapper(away):
        answer = client.get(f"/l/{code_of(person.pk, 0)}", HTTP_USER_AGENT=BROWSER)
    assert (answer.status_code, answer["Retry-After"], answer["Cache-Control"]) == (503, "60", "no-store")
    assert "again in a minute" in answer.content.decode()
    assert client.get(f"/l/{code_of(person.pk, 0)}", HTTP_USER_AGENT=BROWSER).status_code == 302


def test_what_cannot_be_noted_keeps_nobody_from_getting_there(sent, client):
    """A standby that answers and takes nothing, or a lock that is not to be had."""
    campaign, person, _text = sent

    def read_only(execute, sql, params, many, context):
        if "INSERT" in sql:
            raise OperationalError("cannot execute INSERT in a read-only transaction")
        return execute(sql, params, many, context)

    with connection.execute_wrapper(read_only):
        answer = client.get(f"/l/{code_of(person.pk, 0)}", HTTP_USER_AGENT=BROWSER)
    assert answer.status_code == 302
    assert counts_of(campaign).clicked == 0


def test_a_link_of_another_team_is_entered_in_its_own_scope(sent, tap, other_tenant):
    """The door is nobody's: the recipient says whose the link is."""
    _campaign, person, text = sent
    assert tap(text).status_code == 302
    assert {click.tenant_id for click in Click.objects.all()} == {person.tenant_id} != {other_tenant.pk}
    assert Recipient.objects.get(pk=person.pk).clicked_at is not None
    assert len(links(person.campaign)) == 1
