"""The template screens: list, one template, the builder with its checks, and what each role may do."""

from __future__ import annotations

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from channels.models import Media
from templates_app.content import Content
from templates_app.models import AccountSync, Template
from templates_app.services import create_draft
from tenants.scopes import tenant_scope
from tests.factories import PNG, ChannelFactory, TemplateFactory

HTMX = {"HX-Request": "true"}
FORM = {
    "name": "order_ready",
    "category": "UTILITY",
    "header_kind": "",
    "shown_header": "",
    "header_text": "",
    "body": "Hello {{first_name}}, your order is ready.",
    "footer": "",
}


@pytest.fixture
def account(tenant):
    with tenant_scope(tenant):
        return ChannelFactory(kind="whatsapp").whatsapp_account


@pytest.fixture
def browser(sign_in, admin):
    return sign_in(admin)


@pytest.fixture
def draft(tenant, account, admin):
    with tenant_scope(tenant):
        return create_draft(account, by=admin, name="order_ready", language="en", category="UTILITY")


def reread(template):
    with tenant_scope(template.tenant):
        return Template.objects.get(pk=template.pk)


@pytest.fixture
def some(tenant, account):
    with tenant_scope(tenant):
        return [
            TemplateFactory(account=account, name="order_ready", language="en"),
            TemplateFactory(account=account, name="order_ready", language="zh_HK", status="pending"),
            TemplateFactory(account=account, name="sale", category="MARKETING", quality="low"),
            TemplateFactory(name="sale", language="th", status="paused"),
            TemplateFactory(account=account, name="old", status="deleted"),
        ]


def listed(response):
    return [(row.name, [one.name for one in row.languages]) for row in response.context["rows"]]


def test_one_row_a_name_and_account_with_its_languages(browser, some):
    assert listed(browser.get("/templates/")) == [
        ("order_ready", ["English", "繁體中文（香港）"]),
        ("sale", ["English"]),
        ("sale", ["ไทย"]),
    ]


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("q=order_r", ["order_ready"]),
        ("q=YOUR+order", ["order_ready", "sale", "sale"]),
        ("q=nothing", []),
        ("status=paused", ["sale"]),
        ("category=MARKETING", ["sale"]),
        ("language=zh_HK", ["order_ready"]),
        ("quality=low", ["sale"]),
        ("status=invented", []),
        ("account=x", []),
    ],
)
def test_the_list_is_narrowed(browser, some, query, names):
    assert [name for name, _languages in listed(browser.get(f"/templates/?{query}"))] == names


def test_the_list_is_read_page_by_page(browser, tenant, account):
    with tenant_scope(tenant):
        for number in range(30):
            TemplateFactory(account=account, name=f"name_{number:02}")
    first = browser.get("/templates/")
    second = browser.get(first.context["next"])
    names = [name for name, _languages in listed(first) + listed(second)]
    assert names == [f"name_{number:02}" for number in range(30)]
    assert second.context["next"] == ""


def test_an_empty_list_says_what_to_do(browser, account):
    answer = browser.get("/templates/")
    assert "No templates yet" in answer.content.decode()


def test_salespeople_see_templates_and_change_none(sign_in, sales, some):
    browser = sign_in(sales)
    assert "templates/new" not in browser.get("/templates/").content.decode()
    page = browser.get(f"/templates/{some[0].pk}/").content.decode()
    assert f"/templates/{some[0].pk}/edit/" not in page
    assert browser.get(f"/templates/{some[0].pk}/edit/").status_code == 403
    assert browser.post("/templates/sync/").status_code == 403


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"status": "rejected", "reason": "INCORRECT_CATEGORY", "explanation": "It sells."}, "It sells."),
        ({"status": "paused", "reason": "FIRST_PAUSE"}, "3 hours"),
        ({"status": "disabled"}, "for good"),
        ({"next_category": "MARKETING"}, "Meta will count it as Marketing soon"),
        ({"components": [{"type": "CAROUSEL"}]}, "CAROUSEL"),
    ],
)
def test_the_page_says_why_and_what_helps(browser, tenant, account, fields, words):
    with tenant_scope(tenant):
        template = TemplateFactory(account=account, **fields)
    assert words in browser.get(f"/templates/{template.pk}/").content.decode()


def test_a_new_template_opens_in_the_builder(browser, account):
    form = {"account": account.pk, "name": "order_ready", "language": "zh_HK", "category": "UTILITY"}
    answer = browser.post("/templates/new/", form)
    assert answer.status_code == 302
    assert browser.get(answer.headers["Location"]).context["template"].language == "zh_HK"


@pytest.mark.parametrize("name", ["Order Ready", "order_ready"])
def test_a_name_that_cannot_be_is_said_beside_it(browser, account, draft, name):
    form = {"account": account.pk, "name": name, "language": "en", "category": "UTILITY"}
    answer = browser.post("/templates/new/", form)
    assert answer.status_code == 422
    assert answer.context["form"].errors["name"]


def test_a_template_is_duplicated_into_another_language(browser, tenant, account, some):
    form = {"account": account.pk, "name": "order_ready", "language": "th"}
    answer = browser.post(f"/templates/new/?from={some[0].pk}", form)
    made = browser.get(answer.headers["Location"]).context["template"]
    assert (made.language, made.written.body, made.status) == ("th", some[0].content.body, "draft")


# --- The builder ----------------------------------------------------------------------------------------------


@pytest.fixture
def save(browser, draft):
    def send(to="save", **fields):
        return browser.post(f"/templates/{draft.pk}/{to}/", FORM | fields, headers=HTMX)

    return send


def test_what_is_typed_is_kept_and_shown(save, draft):
    answer = save(**{"example.body.first_name": "Mei", "footer": "Bye"})
    assert reread(draft).written == Content(
        body=FORM["body"], body_examples={"first_name": "Mei"}, footer="Bye"
    )
    shown = answer.context["preview"]
    assert [(span.text, span.variable) for span in shown.body] == [
        ("Hello ", ""),
        ("Mei", "first_name"),
        (", your order is ready.", ""),
    ]
    assert answer.context["faults"].problems == []


def test_a_new_variable_brings_a_field_for_its_example(save):
    answer = save()
    assert answer.context["with_examples"]
    assert 'name="example.body.first_name"' in answer.content.decode()
    assert not save(**{"example.body.first_name": ""}).context["with_examples"]


def test_what_is_wrong_is_said_at_once_and_what_is_missing_when_submitting(save):
    answer = save(body="{{first_name}}, hello and welcome to the shop")
    assert answer.context["slots"]["body"].text
    assert answer.context["examples"][0].slot.text == ""
    assert save(tried="1").context["examples"][0].slot.text


def test_buttons_come_move_and_go(save, draft):
    save(do="add:URL")
    one = {"button.0.kind": "URL", "button.0.text": "Shop", "button.0.url": "https://shop.example"}
    save(do="add:QUICK_REPLY", **one)
    assert [one.kind for one in reread(draft).written.buttons] == ["URL", "QUICK_REPLY"]
    two = one | {"button.1.kind": "QUICK_REPLY", "button.1.text": "Yes"}
    save(do="up:1", **two)
    assert [one.text for one in reread(draft).written.buttons] == ["Yes", "Shop"]
    save(do="remove:0", **two)
    assert [one.text for one in reread(draft).written.buttons] == ["Yes"]


def test_a_draft_is_renamed_and_a_bad_name_is_refused_beside_it(save, draft):
    save(name="order_here")
    assert reread(draft).name == "order_here"
    assert save(name="Order Here").context["slots"]["name"].text
    assert reread(draft).name == "order_here"


def test_the_example_of_a_picture_is_taken(save, draft, tenant):
    save(header_kind="IMAGE")
    file = SimpleUploadedFile("lamp.png", PNG, "image/png")
    answer = save("example", header_kind="IMAGE", file=file)
    assert answer.context["preview"].picture
    assert reread(draft).example_file.mime in ("image/png", "image/jpeg")
    save(header_kind="TEXT", header_text="Hello")
    assert reread(draft).header_media_id is None
    with tenant_scope(tenant):
        assert Media.objects.count() == 1


def test_a_file_of_another_kind_is_refused_in_words(save, draft):
    save(header_kind="IMAGE")
    answer = save(
        "example", header_kind="IMAGE", file=SimpleUploadedFile("a.png", b"MZ no picture", "image/png")
    )
    assert answer.context["refused"]
    assert reread(draft).header_media_id is None


def test_submitting_what_is_incomplete_shows_everything(browser, draft):
    answer = browser.post(f"/templates/{draft.pk}/submit/", FORM)
    assert answer.status_code == 400
    assert answer.context["examples"][0].slot.text
    assert reread(draft).status == "draft"
    assert reread(draft).written.body == FORM["body"]


def test_a_draft_is_thrown_away(browser, draft, tenant):
    browser.post(f"/templates/{draft.pk}/discard/")
    with tenant_scope(tenant):
        assert not Template.objects.exists()


def test_syncing_shows_how_far_it_is(browser, account, tenant):
    answer = browser.post("/templates/sync/", headers=HTMX)
    assert account.name in answer.content.decode()
    with tenant_scope(tenant):
        assert AccountSync.objects.get().running


@pytest.mark.requirement("S0-12")
def test_the_status_page_leads_administrators_to_the_builder(sign_in, admin, sales):
    assert "/templates/new/" in sign_in(admin).get("/campaigns/").content.decode()
    assert "/templates/new/" not in sign_in(sales).get("/campaigns/").content.decode()
