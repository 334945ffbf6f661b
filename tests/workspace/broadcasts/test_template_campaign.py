"""A template broadcast afterwards: what was said, why it stopped, where a template is used."""

import html
from datetime import timedelta

import pytest
from django.utils import timezone

from campaigns.models import Campaign
from templates_app.wording import Wording
from tenants.models import Tenant
from tenants.roles import Role
from tests.factories import CampaignFactory, PartFactory, TemplateFactory


def shown(answer):
    return html.unescape(answer.content.decode())


@pytest.fixture
def template(whatsapp):
    """Approved: “Hello {{first_name}}, your order is ready.”"""
    return TemplateFactory(account=whatsapp.whatsapp_account, name="order_ready")


@pytest.fixture
def sent(sales, template):
    """`sent("paused", "template_unavailable")`: a broadcast of the template in this state."""

    def make(status, reason="", by=sales):
        started = timezone.now() - timedelta(hours=1)
        campaign = CampaignFactory(
            kind="template", status=status, reason=reason, created_by=by, started_at=started
        )
        PartFactory(
            campaign=campaign,
            position=0,
            kind="template",
            template=template,
            values={"first_name": "dear {{ name|friend }}"},
            wording=Wording.of(template).as_json(),
            text="Hello dear {{ name|friend }}, your order is ready.",
        )
        return campaign

    return make


def test_the_page_shows_the_template_as_it_was_sent(browser, sent, template):
    campaign = sent("completed")
    template.components = [{"type": "BODY", "text": "Other words by now."}]
    template.save()
    page = shown(browser.get(f"/campaigns/{campaign.number}/"))
    assert "your order is ready." in page
    assert '<span class="variable ">dear Customer\'s name</span>' in page
    assert "Other words" not in page
    assert f'href="/templates/{template.pk}/"' in page


@pytest.mark.requirement("S3-24")
def test_the_list_says_that_it_is_a_whatsapp_template(browser, sent, past_campaign, whatsapp):
    sent("completed")
    past_campaign(whatsapp)
    rows = browser.get("/campaigns/").context["rows"]
    assert {(row.type, row.message) for row in rows} == {
        ("WhatsApp template", "order_ready"),
        ("Message", "New arrivals for you"),
    }
    assert "<th" in shown(browser.get("/campaigns/")).split("Type</th>")[0][-40:]


def test_halted_because_of_its_template_it_says_why_and_resumes_once_it_is_approved(browser, sent, template):
    campaign = sent("paused", "template_unavailable")
    template.status = "paused"
    template.save()
    page = shown(browser.get(f"/campaigns/{campaign.number}/"))
    assert "Paused: WhatsApp does not take the template at present." in page
    assert f'href="/templates/{template.pk}/"' in page
    assert f'action="/campaigns/{campaign.number}/resume/"' not in page
    template.status = "approved"
    template.save()
    page = shown(browser.get(f"/campaigns/{campaign.number}/"))
    assert f'action="/campaigns/{campaign.number}/resume/"' in page
    browser.post(f"/campaigns/{campaign.number}/resume/")
    assert Campaign.objects.get().status == "running"


def test_the_templates_page_names_the_broadcasts_one_may_see(browser, sent, manager, template):
    mine, of_another = sent("completed"), sent("running", by=manager)
    page = browser.get(f"/templates/{template.pk}/")
    assert [use.number for use in page.context["used"]] == [mine.number]
    assert f'href="/campaigns/{mine.number}/"' in shown(page)
    assert f'href="/campaigns/{of_another.number}/"' not in shown(page)


@pytest.mark.requirement("S0-13")
def test_a_template_is_broadcast_from_its_page(browser, template):
    entry = f"select=template-{template.pk}"
    assert entry in shown(browser.get(f"/templates/{template.pk}/"))
    template.status = "paused"
    template.save()
    assert entry not in shown(browser.get(f"/templates/{template.pk}/"))


def test_whoever_may_not_broadcast_has_no_such_button(sign_in, admin, template, tenant, browser, sales):
    assert "select=template-" not in shown(sign_in(admin).get(f"/templates/{template.pk}/"))
    Tenant.objects.filter(pk=tenant.pk).update(plan="starter")
    assert "select=template-" not in shown(sign_in(sales).get(f"/templates/{template.pk}/"))


@pytest.mark.requirement("S0-12")
def test_the_status_page_leads_to_where_templates_are_built(browser, sales):
    assert "/templates/new/" not in shown(browser.get("/campaigns/"))
    sales.roles = [Role.SALESPERSON.value, Role.ADMIN.value]
    sales.save()
    assert 'href="/templates/new/"' in shown(browser.get("/campaigns/"))
