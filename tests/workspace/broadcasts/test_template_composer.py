"""Picking a template and filling it in: what can be sent, what is wrong at which field, when Send opens."""

import html
import re
from datetime import timedelta

import pytest
from django.utils import timezone

from campaigns.drafts import draft_of
from campaigns.models import Campaign
from conversations.models import Message
from tenants.roles import Role
from tenants.scopes import tenant_scope
from tests.factories import ChannelFactory, MediaFactory, TemplateFactory
from tests.fixtures_tenants import hire

HTMX = {"HX-Request": "true"}
PICTURE = [
    {"type": "HEADER", "format": "IMAGE", "example": {"header_handle": ["4::abc"]}},
    {"type": "BODY", "text": "It is here, look."},
]
PLACE = [{"type": "HEADER", "format": "LOCATION"}, {"type": "BODY", "text": "Come and see us."}]
NUMBERED = [
    {
        "type": "BODY",
        "text": "Your order {{1}} is ready, and *{{2}}* off the next.",
        "example": {"body_text": [["A1", "10%"]]},
    },
    {
        "type": "BUTTONS",
        "buttons": [
            {
                "type": "URL",
                "text": "Look",
                "url": "https://shop.test/{{1}}",
                "example": ["https://shop.test/a"],
            }
        ],
    },
]


def shown(answer):
    return html.unescape(answer.content.decode())


def said_at(answer, field):
    """What is wrong with a field, as the answer says beside it."""
    return re.search(rf'id="fault-{field}"[^>]*>.*?<span>([^<]*)</span>', shown(answer), re.DOTALL)[1]


@pytest.fixture
def account(whatsapp):
    return whatsapp.whatsapp_account


@pytest.fixture
def template(account):
    """Approved: “Hello {{first_name}}, your order is ready.”"""
    return TemplateFactory(account=account, name="order_ready")


@pytest.fixture
def picking(browser, chats, whatsapp):
    """A draft for Mei and Bob without a template; its number."""
    both = chats(whatsapp, 1, name="Mei") + chats(whatsapp, 1, name="Bob")
    numbers = ",".join(str(chat.number) for chat in both)
    answer = browser.post("/campaigns/new/", {"mode": "template", "conversations": numbers})
    return int(answer.url.split("/")[2])


@pytest.fixture
def pick(browser, picking):
    """`pick(template)`: the number of the draft with it."""

    def post(template):
        browser.post(f"/campaigns/{picking}/template/", {"template": template.pk})
        return picking

    return post


@pytest.fixture
def fill(browser):
    """`fill(number, template, {"first_name": "Mei"})`: what the composer's form posts."""

    def post(number, template, values, to="save", **more):
        form = {"template": template.pk, **{f"value.{name}": text for name, text in values.items()}, **more}
        headers = HTMX if to == "save" else {}
        return browser.post(f"/campaigns/{number}/{to}/", form, headers=headers)

    return post


@pytest.mark.requirement("S2-34")
def test_only_what_can_be_sent_can_be_picked_and_the_rest_says_why_not(browser, picking, account, template):
    TemplateFactory(account=account, name="order_ready", language="zh_HK")
    TemplateFactory(account=account, name="order_ready", language="th", status="pending")
    rejected = TemplateFactory(account=account, name="sale", status="rejected", reason="PROMOTIONAL")
    TemplateFactory(account=account, name="gone", status="deleted")
    elsewhere = TemplateFactory(name="of_another_account")
    page = shown(browser.get(f"/campaigns/{picking}/template/"))
    assert re.findall(r'name="template" value="\d+" aria-label="([^"]+)"', page) == [
        "order_ready, English",
        "order_ready, 繁體中文（香港）",
    ]
    assert "It promotes something" in page
    assert f'href="/templates/{rejected.pk}/"' in page
    assert "gone" not in page
    assert elsewhere.name not in page
    for other in (rejected, elsewhere):
        answer = browser.post(f"/campaigns/{picking}/template/", {"template": other.pk})
        assert answer.url == f"/campaigns/{picking}/template/"
    assert draft_of(Campaign.objects.get()).template is None


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("q=ORDER_R", ["order_ready"]),
        ("q=nothing", []),
        ("category=MARKETING", ["launch"]),
        ("language=zh_HK", ["launch"]),
        ("quality=low", ["launch"]),
    ],
)
def test_the_picker_searches_and_filters(browser, picking, account, template, query, found):
    TemplateFactory(account=account, name="launch", category="MARKETING", language="zh_HK", quality="low")
    answer = browser.get(f"/campaigns/{picking}/template/?{query}", headers=HTMX | {"HX-Target": "choices"})
    assert [card.name for card in answer.context["cards"]] == found
    assert "<html" not in shown(answer)


def test_without_templates_the_picker_says_where_they_come_from(browser, picking, sales):
    assert "Ask an administrator" in shown(browser.get(f"/campaigns/{picking}/template/"))
    sales.roles = [Role.SALESPERSON.value, Role.ADMIN.value]
    sales.save()
    assert 'href="/templates/new/"' in shown(browser.get(f"/campaigns/{picking}/template/"))


@pytest.mark.requirement("S2-33", "S2-59")
def test_send_opens_once_the_content_is_complete(browser, pick, fill, template):
    number = pick(template)
    page = shown(browser.get(f"/campaigns/{number}/edit/"))
    assert re.search(r'id="send"[^>]*disabled', page)
    assert "First name: This value is empty." in page
    saved = fill(number, template, {"first_name": "{{ name|there }}"})
    assert not re.search(r'id="send"[^>]*disabled', shown(saved))
    assert "Send to 2 people" in shown(saved)
    assert draft_of(Campaign.objects.get()).template.values == {"first_name": "{{ name|there }}"}
    answer = fill(number, template, {"first_name": "{{ name|there }}"}, to="send")
    assert answer.url == f"/campaigns/{number}/"
    assert Campaign.objects.get().status == "preparing"


def test_the_phones_show_the_first_people_with_their_own_values(pick, fill, template):
    saved = fill(pick(template), template, {"first_name": "dear {{ name|there }}"})
    phones = {
        phone.person: "".join(span.text for span in phone.preview.body) for phone in saved.context["phones"]
    }
    assert phones == {
        "Mei": "Hello dear Mei, your order is ready.",
        "Bob": "Hello dear Bob, your order is ready.",
    }


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ("", "This value is empty."),
        ("a\tb", "A value takes no line breaks"),
        ("{{ surname }}", "There is no variable"),
    ],
)
def test_what_is_wrong_stands_at_its_field_and_send_stays_closed(pick, fill, template, value, words):
    saved = fill(pick(template), template, {"first_name": value})
    assert words in said_at(saved, "value-first_name")
    assert re.search(r'id="send"[^>]*disabled', shown(saved))


def test_fields_are_named_by_meaning_beside_the_words_they_stand_in(browser, pick, account):
    numbered = TemplateFactory(account=account, named=False, components=NUMBERED)
    form = browser.get(f"/campaigns/{pick(numbered)}/edit/").context["form"]
    assert [(field.label, field.before, field.after) for field in form.fields] == [
        ("Value 1", "Your order", "is ready, and … off the…"),
        ("Value 2", "Your order … is ready, and", "off the next."),
        ("End of the address behind “Look”", "https://shop.test/", ""),
    ]


def test_a_picture_at_the_top_is_asked_for_and_shown(pick, fill, account):
    template = TemplateFactory(account=account, components=PICTURE)
    number = pick(template)
    assert "Choose the file for the header." in said_at(fill(number, template, {}), "header")
    media = MediaFactory(mime="image/jpeg", extension=".jpg")
    saved = fill(number, template, {}, header_media=media.key)
    assert said_at(saved, "header") == ""
    assert saved.context["phones"][0].preview.picture.startswith("/m/")
    document = MediaFactory(kind="file", mime="application/pdf", extension=".pdf")
    assert said_at(fill(number, template, {}, header_media=document.key), "header")


def test_a_place_at_the_top_is_kept_while_it_is_half_typed(browser, pick, fill, account):
    template = TemplateFactory(account=account, components=PLACE)
    number = pick(template)
    half = {"place.name": "Shop", "place.latitude": "22."}
    assert said_at(fill(number, template, {}, **half), "header")
    assert 'value="22."' in shown(browser.get(f"/campaigns/{number}/edit/"))
    whole = {
        "place.name": "Shop",
        "place.address": "1 Road",
        "place.latitude": "22.3",
        "place.longitude": "114.1",
    }
    saved = fill(number, template, {}, **whole)
    assert said_at(saved, "header") == ""
    assert saved.context["phones"][0].preview.header_name == "Shop"


def test_another_language_keeps_what_was_filled_in(browser, pick, fill, account, template):
    number = pick(template)
    fill(number, template, {"first_name": "Mei"})
    chinese = TemplateFactory(account=account, name="order_ready", language="zh_HK")
    page = shown(browser.get(f"/campaigns/{number}/edit/"))
    assert f'name="template" value="{chinese.pk}"' in page
    browser.post(f"/campaigns/{number}/template/", {"template": chinese.pk})
    said = draft_of(Campaign.objects.get()).template
    assert (said.template, dict(said.values)) == (chinese.pk, {"first_name": "Mei"})
    stale = fill(number, template, {"first_name": "Typed on the old page"})
    assert stale["HX-Redirect"] == f"/campaigns/{number}/edit/"
    assert draft_of(Campaign.objects.get()).template.template == chinese.pk


def test_a_template_paused_meanwhile_closes_send_and_says_so(pick, fill, template):
    number = pick(template)
    template.status = "paused"
    template.save()
    saved = fill(number, template, {"first_name": "Mei"})
    assert re.search(r'id="send"[^>]*disabled', shown(saved))
    assert "cannot be sent now" in shown(saved)


def test_it_can_be_scheduled(browser, pick, fill, template):
    number = pick(template)
    start = (timezone.localtime() + timedelta(days=1)).strftime("%Y-%m-%dT09:00")
    answer = fill(number, template, {"first_name": "Mei"}, to="schedule", start=start)
    assert answer.url == f"/campaigns/{number}/"
    assert Campaign.objects.get().status == "scheduled"


@pytest.mark.requirement("D-6")
def test_those_outside_their_window_get_a_template_instead_exactly_they(
    browser, chats, whatsapp, line, write, draft
):
    open_ones = chats(whatsapp, 2) + chats(line, 1)
    closed = chats(whatsapp, 2, window_closes_at=timezone.now() - timedelta(hours=1))
    number = draft(open_ones + closed)
    typed = [{"kind": "text", "text": "Hello"}]
    saved = write(number, typed)
    assert f'formaction="/campaigns/{number}/instead/"' in shown(saved)
    assert "Send these 2 a template" in shown(saved)
    answer = write(number, typed, to="instead")
    message, of_template = Campaign.objects.order_by("number")
    assert message.parts.get().text == "Hello"
    assert of_template.kind == "template"
    assert of_template.audience == {"conversations": sorted(chat.number for chat in closed)}
    assert answer.url == f"/campaigns/{of_template.number}/edit/"


def test_a_draft_of_messages_has_no_template_page(browser, draft, chats, line):
    number = draft(chats(line, 1))
    assert browser.get(f"/campaigns/{number}/template/").url == f"/campaigns/{number}/edit/"


def test_templates_of_other_tenants_cannot_be_picked(browser, picking, other_tenant):
    with tenant_scope(other_tenant):
        foreign = TemplateFactory()
    browser.post(f"/campaigns/{picking}/template/", {"template": foreign.pk})
    assert draft_of(Campaign.objects.get()).template is None


def test_another_sellers_draft_is_not_found(sign_in, tenant, picking):
    other = hire(tenant, Role.SALES_MANAGER, "Mandy")
    assert sign_in(other).get(f"/campaigns/{picking}/template/").status_code == 404


def test_a_test_goes_to_a_chat_of_ones_choice_and_counts_for_nobody(
    browser, pick, fill, chats, whatsapp, template
):
    number = pick(template)
    mine = chats(whatsapp, 1, name="Sam's own phone")[0]
    of_another_account = chats(ChannelFactory(kind="whatsapp"), 1)[0]
    offered = shown(browser.get(f"/campaigns/{number}/test/?q=own+phone"))
    assert re.findall(r'{"chat": "(\d+)"}', offered) == [str(mine.number)]
    assert f'"{of_another_account.number}"' not in shown(browser.get(f"/campaigns/{number}/test/"))
    answer = fill(number, template, {"first_name": "{{ name|there }}"}, to="test", chat=mine.number)
    assert answer["HX-Retarget"] == "#toasts"
    message = Message.objects.get()
    assert (message.conversation, message.test) == (mine, True)
    assert message.text == "Hello Sam's own phone, your order is ready."
    assert Campaign.objects.get().status == "draft"
    thread = shown(browser.get(f"/inbox/{mine.number}/"))
    assert "Test</span>" in thread
    refused = fill(number, template, {"first_name": "x"}, to="test", chat=of_another_account.number)
    assert refused.status_code == 404
